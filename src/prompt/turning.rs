//! When the prompt's content changes by itself, and which warnings are due.

use jiff::Timestamp;

use crate::grant::span::time_left;
use crate::state::index::Entry;

/// From this many seconds before the end, a grant is shown as ending soon and its holder is warned.
pub const SOON: i64 = 15 * 60;
/// From this many seconds before the end, a grant is shown as about to end and its holder is warned again.
pub const ENDING: i64 = 5 * 60;

/// How near the end of a grant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// At most [`ENDING`] seconds are left.
    Ending,
    /// At most [`SOON`] seconds are left.
    Soon,
    /// More is left.
    Calm,
}

impl Nearness {
    pub(super) fn of(seconds_left: i64) -> Self {
        if seconds_left <= ENDING {
            Self::Ending
        } else if seconds_left <= SOON {
            Self::Soon
        } else {
            Self::Calm
        }
    }
}

/// The warning that became due in the seconds after `since`, up to `second`. Of several, only one is given.
pub(super) fn notice(entry: &Entry, since: i64, second: i64) -> Option<String> {
    let end = entry.until.as_second();
    let due = |before: i64| end - before > since && end - before <= second;
    if !due(SOON) && !due(ENDING) {
        return None;
    }
    let now = Timestamp::from_second(second).ok()?;
    let left = time_left(now, entry.until);
    let role = &entry.role;
    // A session of a direct role is never extended, nor is an emergency.
    Some(if entry.is_direct() || entry.emergency {
        format!("{role} ends in {left}")
    } else {
        format!("{role} ends in {left}; for more time: jit extend {role}")
    })
}

/// The first whole second at which no time is left.
pub(super) fn end_second(until: Timestamp) -> i64 {
    until.as_second() + i64::from(until.subsec_nanosecond() > 0)
}

/// The next whole second at which the text or the colour of a grant changes: see [`time_left`].
pub(super) fn next_change(until: Timestamp, second: i64) -> i64 {
    let left = until.as_second() - second;
    let unit = match left {
        ..=59 => 1,
        60..=86_399 => 60,
        _ => 3_600,
    };
    // The text changes when less than another whole unit is left. Under a minute it changes every second.
    let turn = second + if unit == 1 { 1 } else { left % unit + 1 };
    let colour = [SOON, ENDING].into_iter().map(|before| until.as_second() - before);
    colour.chain([turn, end_second(until)]).filter(|change| *change > second).min().unwrap_or(second + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::report::Asking;
    use crate::prompt::report::Report;
    use crate::prompt::report::report;
    use crate::prompt::segment::Shell;
    use crate::state::index::example;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn seconds(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn make(entries: &[Entry], now: Timestamp, since: Option<i64>) -> Report {
        report(entries, &Asking { since, ..Asking::at(now) })
    }

    #[test]
    fn warns_once_at_each_threshold() {
        let end = at("2026-11-23T11:00:00Z");
        let mut direct = example("own", "2026-11-23T11:00:00Z");
        direct.id = None;
        direct.authority = None;
        let entries = [example("prod", "2026-11-23T11:00:00Z"), direct];
        let end = end.as_second();
        let notices = |since: i64, now: i64| make(&entries, seconds(now), Some(since)).notices;
        assert!(notices(end - 2_000, end - 901).is_empty());
        assert_eq!(
            notices(end - 901, end - 899),
            ["own ends in 14m", "prod ends in 14m; for more time: jit extend prod"]
        );
        assert!(notices(end - 900, end - 301).is_empty());
        assert_eq!(notices(end - 301, end - 300).len(), 2);
        assert!(notices(end - 300, end - 1).is_empty());
        // A laptop that slept through both gives one warning, and none after the end.
        assert_eq!(notices(end - 5_000, end - 60)[0], "own ends in 1m");
        assert!(notices(end - 5_000, end).is_empty());
        assert!(make(&entries, seconds(end - 60), None).notices.is_empty());
    }

    #[test]
    fn no_more_time_is_offered_for_an_emergency() {
        let end = at("2026-11-23T11:00:00Z");
        let mut emergency = example("prod", "2026-11-23T11:00:00Z");
        emergency.emergency = true;
        let now = end.as_second() - 300;
        assert_eq!(make(&[emergency], seconds(now), Some(now - 1)).notices, ["prod ends in 5m"]);
    }

    proptest! {
        #[test]
        fn nothing_changes_before_the_next_change(left in 1_i64..200_000, other in 1_i64..200_000, at in 0.0..1.0) {
            let now = 1_795_000_000_i64;
            let entries = [
                example("a", &seconds(now + left).to_string()),
                example("b", &seconds(now + other).to_string()),
            ];
            let text = |second: i64| make(&entries, seconds(second), None).segment(Shell::Plain, true);
            let next = make(&entries, seconds(now), None).next.unwrap();
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a point between the two")]
            let between = now + ((next - now) as f64 * at) as i64;
            prop_assert_eq!(text(now), text(between));
            prop_assert_eq!(text(now), text(next - 1));
            prop_assert_ne!(text(now), text(next));
        }

        #[test]
        fn each_threshold_is_announced_exactly_once(end in 1_000_i64..3_000, steps in proptest::collection::vec(1_i64..400, 1..40)) {
            let start = 1_795_000_000_i64;
            let entries = [example("a", &seconds(start + end).to_string())];
            let mut now = start;
            let mut count = 0;
            let mut skipped = 0;
            for step in steps {
                let since = now;
                now += step;
                count += make(&entries, seconds(now), Some(since)).notices.len();
                let both = now >= start + end - ENDING && since < start + end - SOON;
                skipped += usize::from(both || (now >= start + end && since < start + end - ENDING));
            }
            let due = usize::from(now >= start + end - SOON) + usize::from(now >= start + end - ENDING);
            prop_assert!(count <= due && count + 2 * skipped >= due, "{count} of {due}, {skipped}");
        }
    }
}
