//! What time it is, and waiting.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// A wall clock. Expiry is always wall time: monotonic timers stop while a laptop sleeps.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current instant, to whole seconds or finer.
    fn now(&self) -> Timestamp;

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
