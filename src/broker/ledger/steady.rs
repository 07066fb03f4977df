//! Decides how far the clock is trusted. A second, monotonic clock measures how much time has really passed.
//!
//! Event times never go back, so an event recorded while the clock is far ahead would block the log until that time. A
//! clock that differs is trusted again after it has kept the new distance for a while, as after a sleep of the machine
//! or a correction of a wrong clock.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::system::Clock;

/// How far ahead of the estimate an event may be recorded.
const SLACK: SignedDuration = SignedDuration::from_secs(60);
/// How long the clock must keep a new distance before it is trusted.
const SETTLES: Duration = Duration::from_secs(60);
/// How much that distance may vary meanwhile.
const WAVERS: SignedDuration = SignedDuration::from_secs(5);

/// The clock, and how far it is trusted.
pub(super) struct Steady {
    clock: Arc<dyn Clock>,
    basis: Mutex<Basis>,
}

struct Basis {
    /// The clock's time when it was last trusted.
    wall: Timestamp,
    /// The uptime at that moment.
    uptime: Duration,
    /// The distance of the clock from the estimate, and the uptime since which it has kept it.
    apart: (SignedDuration, Duration),
}

impl Basis {
    /// The time by the second clock.
    fn estimate(&self, uptime: Duration) -> Timestamp {
        let passed =
            SignedDuration::try_from(uptime.saturating_sub(self.uptime)).unwrap_or(SignedDuration::MAX);
        self.wall.checked_add(passed).unwrap_or(Timestamp::MAX)
    }
}

impl Steady {
    /// Trusts the clock's current time.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let (wall, uptime) = (clock.now(), clock.uptime());
        let basis = Mutex::new(Basis { wall, uptime, apart: (SignedDuration::ZERO, uptime) });
        Self { clock, basis }
    }

    /// How far the clock is ahead of the estimate.
    pub(super) fn ahead(&self) -> SignedDuration {
        let (wall, uptime) = (self.clock.now(), self.clock.uptime());
        let basis = self.basis.lock().unwrap_or_else(PoisonError::into_inner);
        wall.duration_since(basis.estimate(uptime))
    }

    /// The latest time that an event may have.
    pub(super) fn latest(&self) -> Timestamp {
        let (wall, uptime) = (self.clock.now(), self.clock.uptime());
        let mut basis = self.basis.lock().unwrap_or_else(PoisonError::into_inner);
        let estimate = basis.estimate(uptime);
        let apart = wall.duration_since(estimate);
        if (apart - basis.apart.0).abs() > WAVERS {
            basis.apart = (apart, uptime);
        } else if uptime.saturating_sub(basis.apart.1) >= SETTLES {
            *basis = Basis { wall, uptime, apart: (SignedDuration::ZERO, uptime) };
            return wall.saturating_add(SLACK).unwrap_or(Timestamp::MAX);
        }
        estimate.saturating_add(SLACK).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::fake::FakeClock;

    #[test]
    fn a_clock_that_jumps_is_believed_when_it_stays() {
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        let noon = clock.now();
        let steady = Steady::new(Arc::new(clock.clone()));
        let after = |seconds| noon + SignedDuration::from_secs(seconds);
        assert_eq!(steady.latest(), after(60));
        clock.advance(Duration::from_secs(100));
        assert_eq!(steady.latest(), after(160));
        // Two seconds at ten minutes ahead, and back.
        clock.set(after(700));
        assert_eq!(steady.latest(), after(160));
        clock.advance(Duration::from_secs(2));
        assert_eq!(steady.latest(), after(162));
        clock.set(after(102));
        assert_eq!(steady.latest(), after(162));
        // One hour ahead, permanently.
        clock.set(after(3_700));
        assert_eq!(steady.latest(), after(162));
        clock.advance(Duration::from_secs(59));
        assert_eq!(steady.latest(), after(221));
        clock.advance(Duration::from_secs(2));
        assert_eq!(steady.latest(), after(3_761 + 60));
    }
}
