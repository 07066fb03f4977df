//! The time, and waiting.

use std::sync::LazyLock;
use std::time::Duration;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;

/// A wall clock. Expiry is always wall time: monotonic timers stop while a laptop sleeps.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time, to whole seconds or finer.
    fn now(&self) -> Timestamp;

    /// The time since a fixed moment, by a clock that nobody sets. It may stop while the machine sleeps, so nothing
    /// expires by it. It only shows whether [`Clock::now`] jumped.
    fn uptime(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        START.elapsed()
    }

    /// Waits until at least `span` has passed.
    async fn sleep(&self, span: Duration);
}

/// The machine's clock.
pub struct RealClock;

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
