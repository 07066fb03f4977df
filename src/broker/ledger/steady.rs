//! How far the clock may be believed: a second one, which nobody sets, says how much time has really passed.
//!
//! An event's time is never taken back, so one that was recorded while the clock stood far ahead would hold everything up until
//! that time comes. The clock is believed again when it has kept its new distance for a while: after a machine has slept, or
//! somebody set a clock that was wrong.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::system::Clock;

/// How far ahead of the estimate an event may be recorded.
const SLACK: SignedDuration = SignedDuration::from_secs(60);
/// How long the clock must keep another distance before it is believed.
const SETTLES: Duration = Duration::from_secs(60);
/// By how much that distance may waver meanwhile.
const WAVERS: SignedDuration = SignedDuration::from_secs(5);

/// See the module's documentation.
pub(super) struct Steady {
    clock: Arc<dyn Clock>,
    basis: Mutex<Basis>,
}

struct Basis {
    /// The clock's time when it was last believed.
    wall: Timestamp,
    /// The uptime at that moment.
    uptime: Duration,
    /// The distance of the clock from the estimate, and the uptime since which it has kept it.
    apart: (SignedDuration, Duration),
}

impl Steady {
    /// Believes the clock as it stands.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let (wall, uptime) = (clock.now(), clock.uptime());
        let basis = Mutex::new(Basis { wall, uptime, apart: (SignedDuration::ZERO, uptime) });
        Self { clock, basis }
    }

    /// The latest time that an event may have.
    pub(super) fn latest(&self) -> Timestamp {
        let (wall, uptime) = (self.clock.now(), self.clock.uptime());
        let mut basis = self.basis.lock().unwrap_or_else(PoisonError::into_inner);
        let passed =
            SignedDuration::try_from(uptime.saturating_sub(basis.uptime)).unwrap_or(SignedDuration::MAX);
        let estimate = basis.wall.checked_add(passed).unwrap_or(Timestamp::MAX);
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

    /// Issue 9, attack 5.
    #[test]
    fn a_clock_that_jumps_is_believed_when_it_stays() {
        let clock = FakeClock::at("2026-11-23T12:00:00Z");
        let noon = clock.now();
        let steady = Steady::new(Arc::new(clock.clone()));
        let after = |seconds| noon + SignedDuration::from_secs(seconds);
        assert_eq!(steady.latest(), after(60));
        clock.advance(Duration::from_secs(100));
        assert_eq!(steady.latest(), after(160));
        // Two seconds ahead by ten minutes, and back.
        clock.set(after(700));
        assert_eq!(steady.latest(), after(160));
        clock.advance(Duration::from_secs(2));
        assert_eq!(steady.latest(), after(162));
        clock.set(after(102));
        assert_eq!(steady.latest(), after(162));
        // An hour ahead to stay.
        clock.set(after(3_700));
        assert_eq!(steady.latest(), after(162));
        clock.advance(Duration::from_secs(59));
        assert_eq!(steady.latest(), after(221));
        clock.advance(Duration::from_secs(2));
        assert_eq!(steady.latest(), after(3_761 + 60));
    }
}
