//! When to fetch the next credentials.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

/// Credentials are renewed when less than this is left, or less than a quarter of their life if that is more.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// The first pause after a failure. It doubles up to [`LONGEST_PAUSE`].
pub const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(5);
/// The longest pause after a failure.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest sleep. Timers stop while a laptop sleeps, so a long one would end too late. An extension of the grant
/// must also be noticed.
pub const LONGEST_SLEEP: Duration = Duration::from_secs(20);

/// When to renew credentials that were obtained and expire at these times, if fetching may take as long as `patience`.
/// `None` if they last as long as the grant.
///
/// Half of their life is always used. Otherwise credentials shorter than the usual margin would be renewed without end.
pub fn due(
    obtained: Timestamp,
    expires: Timestamp,
    until: Timestamp,
    patience: Duration,
) -> Option<Timestamp> {
    if expires >= until {
        return None;
    }
    let life = expires.duration_since(obtained).max(SignedDuration::ZERO);
    let ahead = AHEAD.max(SignedDuration::try_from(patience).unwrap_or(AHEAD));
    let margin = (life / 4).max(ahead).min(life / 2);
    Some(expires - margin)
}

/// The pause after this many failures in a row.
pub fn pause(failures: u32) -> SignedDuration {
    let doubled = FIRST_PAUSE.as_secs().saturating_mul(1_i64 << failures.saturating_sub(1).min(16));
    SignedDuration::from_secs(doubled).min(LONGEST_PAUSE)
}

/// How long to sleep until `then`.
pub fn sleep_until(now: Timestamp, then: Option<Timestamp>) -> Duration {
    let wait = then
        .map_or(LONGEST_SLEEP, |then| Duration::try_from(then.duration_since(now)).unwrap_or(Duration::ZERO));
    // At least 50 ms, so that a clock that does not move is not polled in a tight loop.
    wait.clamp(Duration::from_millis(50), LONGEST_SLEEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    fn minutes_before_the_end(life: i64) -> i64 {
        let start: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let expires = start + SignedDuration::from_mins(life);
        let until = start + SignedDuration::from_hours(24);
        expires.duration_since(due(start, expires, until, PATIENCE).unwrap()).as_mins()
    }

    #[test]
    fn renews_a_quarter_ahead_or_five_minutes_but_never_in_the_first_half() {
        assert_eq!(minutes_before_the_end(60), 15);
        assert_eq!(minutes_before_the_end(15), 5);
        assert_eq!(minutes_before_the_end(8), 4);
        assert_eq!(minutes_before_the_end(2), 1);
        assert_eq!(minutes_before_the_end(0), 0);
    }

    #[test]
    fn what_takes_long_is_begun_earlier() {
        let start: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let minutes = |life: i64| {
            let expires = start + SignedDuration::from_mins(life);
            let due = due(start, expires, expires + SignedDuration::from_hours(1), Duration::from_secs(480));
            expires.duration_since(due.unwrap()).as_mins()
        };
        assert_eq!((minutes(60), minutes(20), minutes(15)), (15, 8, 7));
    }

    #[test]
    fn credentials_that_last_as_long_as_the_grant_are_never_renewed() {
        let end: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        assert_eq!(due(end - SignedDuration::from_mins(15), end, end, PATIENCE), None);
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<i64> = [1, 2, 3, 4, 5, 90].map(|failures| pause(failures).as_secs()).to_vec();
        assert_eq!(pauses, [5, 10, 20, 40, 60, 60]);
    }
}
