//! Clocks that tests move: libfaketime's for programs, and one for code in the test's own process.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use jit::system::Clock;

use super::script::run;

/// How often `faketime` is asked for its library.
const ATTEMPTS: usize = 20;

/// The library that `faketime` preloads, according to `faketime`. The program names a semaphore by its process number and fails
/// where a killed program of the same number left one, so it is asked again: with another number.
static LIBRARY: LazyLock<String> = LazyLock::new(|| {
    let ask = || run(Command::new("faketime").args(["-f", "+0s", "printenv", "LD_PRELOAD"]), b"");
    let mut answer = ask();
    for _ in 1..ATTEMPTS {
        if !answer.stderr.contains("sem_open: File exists") {
            break;
        }
        answer = ask();
    }
    answer.ok().trim().to_owned()
});

/// The variables that set a program's clock from this file's content, also while the program runs.
pub fn variables(file: &Path) -> [(&'static str, String); 4] {
    [
        ("LD_PRELOAD", LIBRARY.clone()),
        ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap().to_owned()),
        ("FAKETIME_NO_CACHE", "1".to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ]
}

/// The clock of the machine, moved by so many seconds.
#[derive(Default, Clone)]
pub struct MovedClock(pub Arc<AtomicI64>);

impl MovedClock {
    /// Sets its difference from the machine's clock, in seconds.
    pub fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn uptime(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        // Simulates faster time, not a clock that was set.
        START.elapsed() + Duration::from_secs(u64::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
