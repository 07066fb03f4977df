//! A store that answers in time or not at all: calls run on a thread of their own, one at a time on this machine.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::Duration;

use crate::secret::Secret;
use crate::system::Keychain;
use crate::system::files::Lock;
use crate::system::keychain::KeychainError;

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For reading.
    pub(super) read: Duration,
    /// For writing and removing.
    pub(super) write: Duration,
}

impl Limits {
    /// A probe, which shows whether a store answers at all.
    pub(super) const PROBE: Self = Self { read: Duration::from_secs(2), write: Duration::from_secs(2) };
    /// Nobody is there to answer an unlock prompt. The store may still raise one: it cannot be told not to.
    const UNATTENDED: Self = Self { read: Duration::from_secs(2), write: Duration::from_secs(10) };
    /// Somebody may be typing the keyring's password into a dialogue.
    const ATTENDED: Self = Self { read: Duration::from_secs(60), write: Duration::from_secs(60) };

    /// The limits for a run on a terminal, or without one.
    pub(super) fn of(interactive: bool) -> Self {
        if interactive { Self::ATTENDED } else { Self::UNATTENDED }
    }
}

/// Wraps a store whose calls may block for ever.
pub(super) struct Bounded {
    inner: Arc<dyn Keychain>,
    limits: Limits,
    lock: PathBuf,
    turn: Mutex<()>,
    /// A call that was given up is still running.
    stuck: Arc<AtomicBool>,
}

impl Bounded {
    /// Bounds the store inside. Fast clients running side by side have brought down real keyring daemons, so processes
    /// take turns by a lock on this file.
    pub(super) fn new(inner: Arc<dyn Keychain>, limits: Limits, lock: PathBuf) -> Self {
        Self { inner, limits, lock, turn: Mutex::default(), stuck: Arc::default() }
    }

    /// Runs one piece of work on the store inside, within the limit. A failure that is not an answer is tried again once:
    /// a keyring daemon now and then drops a call.
    pub(super) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Fn(&dyn Keychain) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let late = KeychainError::TimeOut(limit.as_secs());
        // The call that was given up still occupies the store; another thread would only wait behind it.
        if self.stuck.swap(true, Ordering::SeqCst) {
            return Err(late);
        }
        let (inner, lock, stuck) = (Arc::clone(&self.inner), self.lock.clone(), Arc::clone(&self.stuck));
        let (report, answer) = mpsc::channel();
        std::thread::spawn(move || {
            let result = match Lock::take_within(&lock, limit) {
                Ok(Some(_held)) => match work(inner.as_ref()) {
                    Err(KeychainError::Failed(_)) => work(inner.as_ref()),
                    other => other,
                },
                Ok(None) => Err(KeychainError::TimeOut(limit.as_secs())),
                Err(error) => Err(KeychainError::Failed(format!("its lock file cannot be used: {error}"))),
            };
            stuck.store(false, Ordering::SeqCst);
            // Nobody listens any more when the limit has passed.
            let _ = report.send(result);
        });
        match answer.recv_timeout(limit) {
            Ok(result) => result,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(late),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                self.stuck.store(false, Ordering::SeqCst);
                Err(KeychainError::Failed("the call did not finish".to_owned()))
            }
        }
    }
}

impl Keychain for Bounded {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        let item = item.to_owned();
        self.run(self.limits.read, move |store| store.get(&item))
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        let (item, value) = (item.to_owned(), value.clone());
        self.run(self.limits.write, move |store| store.set(&item, &value))
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        let item = item.to_owned();
        self.run(self.limits.write, move |store| store.delete(&item))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc::Receiver;
    use std::sync::mpsc::Sender;

    use super::*;
    use crate::system::keychain::MemoryKeychain;

    /// A store whose reads wait until the test lets go, and whose writes fail as scripted.
    struct Scripted {
        memory: MemoryKeychain,
        gate: Mutex<Option<Receiver<()>>>,
        failures: Mutex<Vec<KeychainError>>,
        calls: AtomicUsize,
    }

    impl Keychain for Scripted {
        fn name(&self) -> &'static str {
            "scripted"
        }

        fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
            if let Some(gate) = self.gate.lock().unwrap().take() {
                let _ = gate.recv();
            }
            self.memory.get(item)
        }

        fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            match self.failures.lock().unwrap().pop() {
                Some(error) => Err(error),
                None => self.memory.set(item, value),
            }
        }

        fn delete(&self, item: &str) -> Result<(), KeychainError> {
            self.memory.delete(item)
        }
    }

    fn scripted(failures: Vec<KeychainError>) -> (tempfile::TempDir, Arc<Scripted>, Sender<()>, Bounded) {
        let folder = tempfile::tempdir().unwrap();
        let (open, gate) = mpsc::channel();
        let store = Arc::new(Scripted {
            memory: MemoryKeychain::default(),
            gate: Mutex::new(Some(gate)),
            failures: Mutex::new(failures),
            calls: AtomicUsize::default(),
        });
        let limits = Limits { read: Duration::from_millis(50), write: Duration::from_secs(5) };
        let bounded =
            Bounded::new(Arc::clone(&store) as Arc<dyn Keychain>, limits, folder.path().join("lock"));
        (folder, store, open, bounded)
    }

    #[test]
    fn a_store_that_never_answers_is_given_up_and_left_alone() {
        let (_folder, _store, open, bounded) = scripted(Vec::new());
        assert_eq!(bounded.get("item"), Err(KeychainError::TimeOut(0)));
        assert_eq!(bounded.set("item", &Secret::new(vec![1])), Err(KeychainError::TimeOut(5)), "at once");
        open.send(()).unwrap();
        // The abandoned call ends in its own time; asking is the only way to know.
        while bounded.set("item", &Secret::new(vec![1])).is_err() {}
        assert_eq!(bounded.get("item").unwrap().unwrap().expose(), &[1]);
    }

    #[test]
    fn failures_are_tried_once_more_but_answers_are_not() {
        let failed = || KeychainError::Failed("dropped".to_owned());
        let (_folder, store, _open, bounded) = scripted(vec![failed()]);
        bounded.set("item", &Secret::new(vec![1])).unwrap();
        assert_eq!(store.calls.load(Ordering::SeqCst), 2);
        let (_folder, store, _open, bounded) = scripted(vec![failed(), failed()]);
        assert_eq!(bounded.set("item", &Secret::new(vec![1])), Err(failed()));
        assert_eq!(store.calls.load(Ordering::SeqCst), 2);
        let (_folder, store, _open, bounded) = scripted(vec![KeychainError::Locked]);
        assert_eq!(bounded.set("item", &Secret::new(vec![1])), Err(KeychainError::Locked));
        assert_eq!(store.calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn another_process_holding_the_lock_is_waited_for_only_so_long() {
        let (folder, _store, open, bounded) = scripted(Vec::new());
        open.send(()).unwrap();
        let held = Lock::try_take(&folder.path().join("lock")).unwrap().unwrap();
        assert_eq!(bounded.get("item"), Err(KeychainError::TimeOut(0)));
        drop(held);
        while bounded.get("item").is_err() {}
    }
}
