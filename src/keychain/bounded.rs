//! A store with time limits. Calls run on a separate thread, one at a time on this machine.

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
use crate::system::keychain::KeychainError;
use crate::system::line;

/// Time limits for calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For a read, from this process's turn on.
    pub(super) read: Duration,
    /// For a write or removal, from this process's turn on.
    pub(super) write: Duration,
    /// For waiting behind other processes. A long queue does not mean that the store hangs.
    pub(super) line: Duration,
}

impl Limits {
    /// For a probe, which shows whether a store answers at all.
    pub(super) const PROBE: Self =
        Self { read: Duration::from_secs(2), write: Duration::from_secs(2), line: Duration::from_secs(10) };
    /// Nobody is there to answer an unlock prompt. The store may still show one, which cannot be prevented. SDKs give
    /// `jit credentials` a minute.
    const UNATTENDED: Self =
        Self { read: Duration::from_secs(2), write: Duration::from_secs(10), line: Duration::from_secs(30) };
    /// A person may be typing the keyring's password into a dialogue.
    const ATTENDED: Self =
        Self { read: Duration::from_secs(60), write: Duration::from_secs(60), line: Duration::from_secs(90) };

    /// The limits for a run with or without a terminal.
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
    /// Whether a call that timed out is still running.
    stuck: Arc<AtomicBool>,
}

impl Bounded {
    /// Adds time limits to a store. Fast clients in parallel have brought down real keyring daemons, so processes take
    /// turns with a lock on this file, in order of arrival.
    pub(super) fn new(inner: Arc<dyn Keychain>, limits: Limits, lock: PathBuf) -> Self {
        Self { inner, limits, lock, turn: Mutex::default(), stuck: Arc::default() }
    }

    /// Runs one call on the inner store, within the limit, once it is this process's turn. Retries once after a failure
    /// to answer, because a keyring daemon sometimes drops a call.
    pub(super) fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl Fn(&dyn Keychain) -> Result<T, KeychainError> + Send + 'static,
    ) -> Result<T, KeychainError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let late = KeychainError::TimeOut(limit.as_secs());
        // The call that timed out still occupies the store. Another thread would only wait behind it.
        if self.stuck.load(Ordering::SeqCst) {
            return Err(late);
        }
        let line = line::wait_for(&self.lock, self.limits.line)
            .map_err(|error| KeychainError::Failed(format!("its lock file cannot be used: {error}")))?;
        // Held here and not by the thread below, so that a store that hangs for this process does not block the others.
        let Some(_held) = line else { return Err(KeychainError::Busy(self.limits.line.as_secs())) };
        self.stuck.store(true, Ordering::SeqCst);
        let (inner, stuck) = (Arc::clone(&self.inner), Arc::clone(&self.stuck));
        let (report, answer) = mpsc::channel();
        std::thread::spawn(move || {
            let result = match work(inner.as_ref()) {
                Err(KeychainError::Failed(_)) => work(inner.as_ref()),
                other => other,
            };
            stuck.store(false, Ordering::SeqCst);
            // After the limit nobody receives this.
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
    use crate::system::files::Lock;
    use crate::system::keychain::MemoryKeychain;

    /// A store whose reads wait for the test, and whose writes fail as scripted.
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
        let limits = Limits {
            read: Duration::from_millis(50),
            write: Duration::from_secs(5),
            line: Duration::from_millis(50),
        };
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
        // The abandoned call ends at some time. Only another call shows when.
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
        assert_eq!(bounded.get("item"), Err(KeychainError::Busy(0)));
        drop(held);
        assert_eq!(bounded.get("item"), Ok(None), "the store itself was never asked in vain");
    }

    /// A store that delays every read.
    struct Slow(Duration);

    impl Keychain for Slow {
        fn name(&self) -> &'static str {
            "slow"
        }

        fn get(&self, _: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
            let (_open, never) = mpsc::channel::<()>();
            let _ = never.recv_timeout(self.0);
            Ok(None)
        }

        fn set(&self, _: &str, _: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
            Ok(())
        }

        fn delete(&self, _: &str) -> Result<(), KeychainError> {
            Ok(())
        }
    }

    /// The store's limit does not include the wait in the queue.
    #[test]
    fn a_long_line_before_a_store_that_answers_fails_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let lock = folder.path().join("lock");
        // Together they take twice the limit of one call.
        let one = Duration::from_millis(800);
        let limits = Limits { read: one, write: one, line: Duration::from_secs(60) };
        let processes: Vec<_> = (0..80)
            .map(|_| {
                let store = Bounded::new(Arc::new(Slow(Duration::from_millis(20))), limits, lock.clone());
                std::thread::spawn(move || store.get("item"))
            })
            .collect();
        for process in processes {
            assert_eq!(process.join().unwrap(), Ok(None));
        }
    }

    /// A process whose call hangs does not block the others.
    #[test]
    fn a_store_that_is_stuck_for_one_process_is_free_for_the_next() {
        let (folder, _store, _open, bounded) = scripted(Vec::new());
        assert_eq!(bounded.get("item"), Err(KeychainError::TimeOut(0)));
        let other = Bounded::new(Arc::new(Slow(Duration::ZERO)), bounded.limits, folder.path().join("lock"));
        assert_eq!(other.get("item"), Ok(None));
    }
}
