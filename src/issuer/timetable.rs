//! When each key is published, signs, and is removed. Pure: no files, no clock.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

/// The spans of a rotation.
#[derive(Debug, Clone, Copy)]
pub struct Timetable {
    /// How long a key is published before it signs. AWS does not document how long it caches key sets; the
    /// recommendation is a day.
    pub publish_before_use: SignedDuration,
    /// How long a key stays published after its last use: the longest token lifetime plus the caches' delay.
    pub keep_after_use: SignedDuration,
}

impl Default for Timetable {
    fn default() -> Self {
        Self {
            publish_before_use: SignedDuration::from_hours(24),
            keep_after_use: SignedDuration::from_hours(24),
        }
    }
}

/// One key's times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// The key's RFC 7638 thumbprint.
    pub kid: String,
    /// When it was generated and published.
    pub created: Timestamp,
    /// When it begins to sign.
    pub use_from: Timestamp,
    /// When it is no longer published. `None` while there is no successor.
    pub retired: Option<Timestamp>,
}

/// All keys of an issuer, oldest first. There is always at least one.
#[derive(Debug, Clone, Default)]
pub struct Schedule(Vec<KeyRecord>);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    keys: Vec<KeyRecord>,
}

impl Schedule {
    /// A schedule with one key, which signs at once because there is no other.
    pub fn beginning(kid: &str, now: Timestamp) -> Self {
        Self(vec![KeyRecord { kid: kid.to_owned(), created: now, use_from: now, retired: None }])
    }

    /// Parses the output of [`Schedule::to_json`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, &'static str> {
        let stored: Stored =
            serde_json::from_slice(bytes).map_err(|_| "it is not the JSON that jit writes")?;
        if stored.version != 1 {
            return Err("it was written by another version of jit");
        }
        let names_fit = stored.keys.iter().all(|key| {
            key.kid.len() == 43
                && key.kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        let in_order =
            stored.keys.windows(2).all(|two| two[0].use_from <= two[1].use_from && two[0].kid != two[1].kid);
        if stored.keys.is_empty() {
            Err("it lists no key")
        } else if !names_fit || !in_order {
            Err("its keys are out of order or have impossible names")
        } else {
            Ok(Self(stored.keys))
        }
    }

    /// The schedule as JSON, for its file. It holds no secret.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&Stored { version: 1, keys: self.0.clone() }).unwrap_or_default()
    }

    /// All records, oldest first.
    pub fn records(&self) -> &[KeyRecord] {
        &self.0
    }

    /// Adds a key that is published from now and signs after the publishing span. The previous key retires after that.
    pub fn add(&mut self, kid: &str, now: Timestamp, timetable: Timetable) {
        let after_the_last = self.0.last().map_or(now, |last| last.use_from.max(now));
        let use_from = after_the_last.saturating_add_span(timetable.publish_before_use);
        if let Some(last) = self.0.last_mut() {
            last.retired = Some(use_from.saturating_add_span(timetable.keep_after_use));
        }
        self.0.push(KeyRecord { kid: kid.to_owned(), created: now, use_from, retired: None });
    }

    /// When the waiting key begins to sign. `None` if no key is waiting.
    pub fn waiting(&self, now: Timestamp) -> Option<Timestamp> {
        self.0.last().map(|last| last.use_from).filter(|from| *from > now)
    }

    /// The key that signs now: the newest whose time has come. If the clock is before all times (it was set back), the
    /// oldest, which has been published the longest.
    pub fn signing(&self, now: Timestamp) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|key| key.use_from <= now)
            .or_else(|| self.0.first())
            .map(|key| key.kid.as_str())
    }

    /// Whether the key set contains this key now.
    pub fn is_published(&self, kid: &str, now: Timestamp) -> bool {
        self.0.iter().any(|key| key.kid == kid && key.retired.is_none_or(|retired| now < retired))
    }

    /// Drops the keys that are no longer published, and returns their ids.
    pub fn forget_retired(&mut self, now: Timestamp) -> Vec<String> {
        let (gone, kept) =
            self.0.drain(..).partition(|key: &KeyRecord| key.retired.is_some_and(|retired| retired <= now));
        self.0 = kept;
        gone.into_iter().map(|key: KeyRecord| key.kid).collect()
    }
}

/// Addition that saturates at the end of time instead of failing.
trait SaturatingAdd {
    fn saturating_add_span(self, span: SignedDuration) -> Self;
}

impl SaturatingAdd for Timestamp {
    fn saturating_add_span(self, span: SignedDuration) -> Self {
        self.checked_add(span).unwrap_or(Self::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_signs_only_when_known_and_is_known_while_its_tokens_live(
            steps in prop::collection::vec((0_i64..200_000, prop::bool::ANY), 1..60),
        ) {
            let timetable = Timetable::default();
            let day = SignedDuration::from_hours(24);
            let token_and_tolerance = SignedDuration::from_secs(60 + 300);
            let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
            let mut schedule = Schedule::beginning("key-0", start);
            let mut now = start;
            let mut published_since = vec![("key-0".to_owned(), start)];
            let mut tokens: Vec<(String, Timestamp)> = Vec::new();
            for (index, (seconds, rotate)) in steps.into_iter().enumerate() {
                now += SignedDuration::from_secs(seconds);
                if rotate && schedule.waiting(now).is_none() {
                    let kid = format!("key-{}", index + 1);
                    schedule.add(&kid, now, timetable);
                    published_since.push((kid, now));
                    schedule.forget_retired(now);
                }
                let signing = schedule.signing(now).unwrap().to_owned();
                prop_assert!(schedule.is_published(&signing, now));
                let since = published_since.iter().find(|(kid, _)| *kid == signing).unwrap().1;
                prop_assert!(signing == "key-0" || now.duration_since(since) >= day);
                tokens.push((signing, now));
                for (kid, signed) in &tokens {
                    if now.duration_since(*signed) <= token_and_tolerance {
                        prop_assert!(schedule.is_published(kid, now));
                    }
                }
            }
        }
    }

    #[test]
    fn a_clock_set_back_uses_the_key_known_longest() {
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut schedule = Schedule::beginning("old", start);
        schedule.add("new", start, Timetable::default());
        assert_eq!(schedule.signing("2025-01-01T00:00:00Z".parse().unwrap()), Some("old"));
        assert_eq!(schedule.signing("2026-01-01T23:59:59Z".parse().unwrap()), Some("old"));
        assert_eq!(schedule.signing("2026-01-02T00:00:00Z".parse().unwrap()), Some("new"));
        assert!(schedule.is_published("old", "2026-01-02T23:59:59Z".parse().unwrap()));
        assert!(!schedule.is_published("old", "2026-01-03T00:00:00Z".parse().unwrap()));
    }

    #[test]
    fn refuses_a_file_that_jit_did_not_write() {
        for bad in ["", "{}", r#"{"version":1,"keys":[]}"#, r#"{"version":2,"keys":[]}"#] {
            assert!(Schedule::from_json(bad.as_bytes()).is_err(), "{bad}");
        }
        let path = r#"{"version":1,"keys":[{"kid":"../../etc/passwd","created":"2026-01-01T00:00:00Z","use_from":"2026-01-01T00:00:00Z","retired":null}]}"#;
        assert!(Schedule::from_json(path.as_bytes()).is_err());
    }
}
