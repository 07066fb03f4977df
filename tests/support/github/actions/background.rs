//! A runner on its own thread, for clients that wait while their run progresses.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

use super::runner::Runner;
use super::shell::Shell;
use crate::support::github::GitHub;

/// A runner that takes jobs as they come. When dropped, it finishes its work and stops.
pub struct Background {
    github: GitHub,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    /// Starts it. Every change of a run wakes it, without polling.
    pub fn start(github: &GitHub, shell: impl Shell + 'static) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (own, stopped) = (github.clone(), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let runner = Runner::new(&own, &shell);
            let mut heard = 0;
            loop {
                let last = stopped.load(Ordering::Acquire);
                runner.run_all();
                if last {
                    break;
                }
                heard = own.listen(heard);
            }
        });
        Self { github: github.clone(), stop, thread: Some(thread) }
    }

    /// Waits until all work is done, and stops.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        self.github.ring();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
