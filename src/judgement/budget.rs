//! How often a person, or all agents of one person, may ask reviewers for something.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::clocks::MAX_ASKED;
use super::clocks::MAX_ASKED_OF_AGENTS;
use super::refusal::Refusal;

/// The time in which the requests count: one hour.
const WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Refuses a request that waits for reviews, if there were as many within the last hour as may be. `asked` are the times of earlier ones:
/// of all agents of one person, or of a person alone. The two do not count together, so that agents cannot keep their owner from asking.
///
/// # Errors
/// [`Refusal::AskedOften`].
pub fn check(asked: impl Iterator<Item = Timestamp>, by_agents: bool, now: Timestamp) -> Result<(), Refusal> {
    let most = if by_agents { MAX_ASKED_OF_AGENTS } else { MAX_ASKED };
    let mut waits: Vec<i64> = asked
        .map(|time| WITHIN.as_secs() - now.as_second().saturating_sub(time.as_second()))
        .filter(|seconds| *seconds > 0)
        .collect();
    waits.sort_unstable();
    // When so many have left the hour that one fewer than `most` remain.
    match waits.len().checked_sub(most).and_then(|over| waits.get(over)) {
        Some(seconds) => {
            let seconds = u64::try_from(*seconds).unwrap_or(1);
            Err(Refusal::AskedOften { most, by_agents, seconds })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noon() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    /// One request each minute until noon.
    fn each_minute(count: i64) -> impl Iterator<Item = Timestamp> {
        (0..count).rev().map(|minutes| noon() - SignedDuration::from_mins(minutes))
    }

    #[test]
    fn an_hour_has_room_for_so_many() {
        let seconds = |count: i64, by_agents| match check(each_minute(count), by_agents, noon()) {
            Err(Refusal::AskedOften { seconds, .. }) => Some(seconds),
            other => other.map(|()| None).unwrap(),
        };
        assert_eq!((seconds(59, false), seconds(29, true)), (None, None));
        // The sixtieth last was 59 minutes ago, the thirtieth last 29.
        assert_eq!((seconds(60, false), seconds(30, true)), (Some(60), Some(31 * 60)));
        assert_eq!((seconds(100, false), seconds(100, true)), (Some(60), Some(31 * 60)));
        let after = noon() + SignedDuration::from_mins(1);
        assert_eq!(check(each_minute(60), false, after), Ok(()), "the oldest is an hour old");
        let before = noon() - SignedDuration::from_secs(1);
        assert!(check(each_minute(60), false, before).is_err(), "a clock that was set back gives nothing");
    }
}
