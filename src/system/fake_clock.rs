//! A clock for tests.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;
use tokio::sync::watch;

use super::Clock;

/// A clock that stops until a test moves it. Clones share the time.
#[derive(Clone)]
pub struct FakeClock {
    now: Arc<watch::Sender<Timestamp>>,
    /// The part of the time that was set instead of passing.
    jumped: Arc<Mutex<SignedDuration>>,
    start: Timestamp,
    advances_itself: bool,
}

impl FakeClock {
    /// A clock at this time. Sleepers wait until a test moves it.
    pub fn at(start: &str) -> Self {
        let start = start.parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let jumped = Arc::default();
        Self { now: Arc::new(watch::channel(start).0), jumped, start, advances_itself: false }
    }

    /// The same time, but sleeping moves it, so that a lone sleeper never hangs.
    #[must_use]
    pub fn advancing(&self) -> Self {
        Self { advances_itself: true, ..self.clone() }
    }

    /// Moves the time forward.
    pub fn advance(&self, span: Duration) {
        self.now.send_modify(|now| *now += SignedDuration::try_from(span).unwrap_or(SignedDuration::ZERO));
    }

    /// Moves the time forward to an instant.
    pub fn advance_to(&self, instant: Timestamp) {
        self.now.send_modify(|now| *now = (*now).max(instant));
    }

    /// Sets the time, also backwards, without time passing.
    pub fn set(&self, instant: Timestamp) {
        let before = self.now.send_replace(instant);
        *self.jumped.lock().unwrap_or_else(PoisonError::into_inner) += instant.duration_since(before);
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn uptime(&self) -> Duration {
        let passed = self.now().duration_since(self.start)
            - *self.jumped.lock().unwrap_or_else(PoisonError::into_inner);
        Duration::try_from(passed).unwrap_or(Duration::ZERO)
    }

    async fn sleep(&self, span: Duration) {
        let until = self.now() + SignedDuration::try_from(span).unwrap_or(SignedDuration::ZERO);
        if self.advances_itself {
            tokio::task::yield_now().await;
            self.now.send_if_modified(|now| {
                let behind = *now < until;
                *now = (*now).max(until);
                behind
            });
        } else {
            let mut time = self.now.subscribe();
            let _ = time.wait_for(|now| *now >= until).await;
        }
    }
}
