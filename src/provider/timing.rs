//! Clocks and pauses of calls to a cloud.

use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::system::Entropy;

/// The largest accepted difference between the cloud's clock and ours, in seconds.
pub const MAX_SKEW: i64 = 60;

/// The pause: between half and all of 200 ms, 400 ms, 800 ms …
pub fn pause(entropy: &dyn Entropy, repeats: u32) -> Duration {
    let whole = 200_u64 << repeats.min(8);
    let mut chance = [0; 8];
    entropy.fill(&mut chance);
    Duration::from_millis(whole / 2 + u64::from_le_bytes(chance) % (whole / 2 + 1))
}

/// Parses an HTTP date (RFC 9110 §5.6.7).
pub fn read_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()
}

/// How many seconds, rounded up, the cloud's time is outside the period between call and answer.
pub fn skew(date: Timestamp, sent: Timestamp, received: Timestamp) -> i64 {
    let ahead = date.duration_since(received);
    let behind = sent.duration_since(date);
    let span = ahead.max(behind).max(SignedDuration::ZERO);
    span.as_secs() + i64::from(span.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_compared_with_the_span_of_the_exchange() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let date = read_date("Mon, 23 Nov 2026 13:15:00 GMT").unwrap();
        assert_eq!(date, at("2026-11-23T13:15:00Z"));
        assert_eq!(skew(date, at("2026-11-23T13:14:50Z"), at("2026-11-23T13:15:10Z")), 0);
        assert_eq!(skew(date, at("2026-11-23T13:16:00Z"), at("2026-11-23T13:16:10Z")), 60);
        assert_eq!(skew(date, at("2026-11-23T13:16:00.5Z"), at("2026-11-23T13:16:10Z")), 61);
        assert_eq!(skew(date, at("2026-11-23T13:13:50Z"), at("2026-11-23T13:13:59Z")), 61);
        for bad in ["", "yesterday", "2026-11-23T13:15:00Z"] {
            assert!(read_date(bad).is_none(), "{bad}");
        }
    }
}
