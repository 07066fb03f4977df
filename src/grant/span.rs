//! Durations and instants, as people write them and as statements carry them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::Serialize;

/// The text is not a duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration: write it like 30m, 1h, 1h30m or 2d, at most 31 days")]
pub struct SpanError(pub String);

/// A duration in whole seconds, from one second to 31 days. People write `90s`, `30m`, `1h30m`, `2d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(u64);

impl Span {
    const MAX_SECONDS: u64 = 31 * 86_400;

    /// A duration of this many seconds. `None` unless it is between 1 second and 31 days.
    pub fn of_seconds(seconds: u64) -> Option<Self> {
        (1..=Self::MAX_SECONDS).contains(&seconds).then_some(Self(seconds))
    }

    /// A duration of this many minutes, clamped to between 1 minute and 31 days. For constants.
    pub const fn of_minutes(minutes: u64) -> Self {
        let seconds = minutes * 60;
        Self(if seconds == 0 {
            60
        } else if seconds > Self::MAX_SECONDS {
            Self::MAX_SECONDS
        } else {
            seconds
        })
    }

    /// The duration in seconds.
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// The duration as a `std` [`Duration`].
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }

    /// The instant this long after `start`, capped at the last representable instant.
    pub fn after(self, start: Timestamp) -> Timestamp {
        let signed = SignedDuration::from_secs(i64::try_from(self.0).unwrap_or(i64::MAX));
        start.saturating_add(signed).unwrap_or(Timestamp::MAX)
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let refuse =
            || SpanError(text.chars().filter(|character| !character.is_control()).take(32).collect());
        let mut total: u64 = 0;
        let mut number: Option<u64> = None;
        let mut last_unit = u64::MAX;
        for character in text.chars() {
            if let Some(digit) = character.to_digit(10) {
                let value =
                    number.unwrap_or(0).checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit)));
                number = Some(value.ok_or_else(refuse)?);
                continue;
            }
            let unit = match character {
                'd' => 86_400,
                'h' => 3_600,
                'm' => 60,
                's' => 1,
                _ => return Err(refuse()),
            };
            let count = number.take().ok_or_else(refuse)?;
            if unit >= last_unit {
                return Err(refuse());
            }
            last_unit = unit;
            total =
                count.checked_mul(unit).and_then(|seconds| total.checked_add(seconds)).ok_or_else(refuse)?;
        }
        if number.is_some() {
            return Err(refuse());
        }
        Self::of_seconds(total).ok_or_else(refuse)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut text = String::new();
        for (unit, letter) in [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')] {
            if rest >= unit {
                text.push_str(&format!("{}{letter}", rest / unit));
                rest %= unit;
            }
        }
        formatter.pad(&text)
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

/// The instant truncated to whole seconds, which is what statements and JWTs carry.
pub fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

/// An instant in this time zone, to the minute: `2026-11-24 09:30 CET`.
pub fn local(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// An instant in this time zone, to the second, for a log.
pub fn local_seconds(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// The time until `end`, for people: `1h 4m`, `12m`, `40s`; `now` once it has passed.
pub fn time_left(now: Timestamp, end: Timestamp) -> String {
    let seconds = end.as_second() - now.as_second();
    match seconds {
        ..=0 => "now".to_owned(),
        1..=59 => format!("{seconds}s"),
        60..=3_599 => format!("{}m", seconds / 60),
        3_600..=86_399 if seconds % 3_600 < 60 => format!("{}h", seconds / 3_600),
        3_600..=86_399 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ if seconds % 86_400 < 3_600 => format!("{}d", seconds / 86_400),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// The time since `then`, for people: `5m ago`, or `just now`.
pub fn time_since(then: Timestamp, now: Timestamp) -> String {
    if now.as_second() <= then.as_second() {
        "just now".to_owned()
    } else {
        format!("{} ago", time_left(then, now))
    }
}

#[cfg(test)]
mod tests {
    use super::Span;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_write() {
        for (text, seconds) in [("90s", 90), ("30m", 1_800), ("1h30m", 5_400), ("2d", 172_800)] {
            assert_eq!(text.parse::<Span>().unwrap().seconds(), seconds);
        }
        for bad in ["", "1", "h", "1h1h", "30m1h", "-1h", "1.5h", "0s", "32d", "99999999999999999999h", "1 h"]
        {
            assert!(bad.parse::<Span>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn people_read_whole_minutes_in_their_own_zone() {
        let instant: jiff::Timestamp = "2026-11-24T08:30:59.415019Z".parse().unwrap();
        let read = |zone: &str| super::local(instant, &jiff::tz::TimeZone::get(zone).unwrap());
        assert_eq!(read("UTC"), "2026-11-24 08:30 UTC");
        assert_eq!(read("Europe/Berlin"), "2026-11-24 09:30 CET");
        assert_eq!(read("Asia/Kathmandu"), "2026-11-24 14:15 +0545");
        let summer: jiff::Timestamp = "2026-07-01T23:30:00Z".parse().unwrap();
        let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(super::local_seconds(summer, &berlin), "2026-07-02 01:30:00 CEST");
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(seconds in 1_u64..31 * 86_400) {
            let span = Span::of_seconds(seconds).unwrap();
            prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
    }
}
