//! Tells that work goes on, once it has lasted longer than a person waits without wondering.

use std::sync::mpsc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long work may take before it is shown.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Work that is shown until this is dropped.
#[must_use = "the work is over when this is dropped"]
#[derive(Debug, Default)]
pub struct Working {
    running: Option<(mpsc::Sender<()>, JoinHandle<()>)>,
}

impl Working {
    /// Work that nobody watches.
    pub const fn unseen() -> Self {
        Self { running: None }
    }

    /// Calls `show` if the work lasts longer than `patience`, and then `hide` when it is over.
    pub(super) fn after(
        patience: Duration,
        show: impl FnOnce() + Send + 'static,
        hide: impl FnOnce() + Send + 'static,
    ) -> Self {
        let (over, waits) = mpsc::channel();
        let watch = move || {
            if waits.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                show();
                // Ends when the sender is dropped.
                let _ = waits.recv();
                hide();
            }
        };
        // Without a thread nothing is shown, and the work goes on.
        let running = thread::Builder::new().name("working".to_owned()).spawn(watch).ok();
        Self { running: running.map(|thread| (over, thread)) }
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        if let Some((over, thread)) = self.running.take() {
            drop(over);
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_work_is_never_shown_and_ends_at_once() {
        let (shown, seen) = mpsc::channel();
        let hidden = shown.clone();
        let working = Working::after(
            Duration::from_secs(24 * 3_600),
            move || shown.send("shown").unwrap(),
            move || hidden.send("hidden").unwrap(),
        );
        drop(working);
        assert_eq!(seen.iter().collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn long_work_is_shown_and_then_hidden() {
        let (shown, seen) = mpsc::channel();
        let hidden = shown.clone();
        let working = Working::after(
            Duration::ZERO,
            move || shown.send("shown").unwrap(),
            move || hidden.send("hidden").unwrap(),
        );
        assert_eq!(seen.recv(), Ok("shown"));
        drop(working);
        assert_eq!(seen.iter().collect::<Vec<_>>(), ["hidden"]);
        drop(Working::unseen());
    }
}
