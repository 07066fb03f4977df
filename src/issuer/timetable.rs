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
    /// Where another host than the broker serves it. `None` if no host did when the broker last looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Sighting>,
}

impl KeyRecord {
    fn new(kid: &str, created: Timestamp, use_from: Timestamp) -> Self {
        Self { kid: kid.to_owned(), created, use_from, retired: None, seen: None }
    }

    /// Since when the host of this issuer has served the key. `None` if it does not.
    fn seen_at(&self, issuer_url: &str) -> Option<Timestamp> {
        self.seen.as_ref().filter(|seen| seen.at == issuer_url).map(|seen| seen.since)
    }

    /// Whether this issuer's clouds can find the key. An issuer that is the broker itself (`None`) serves all its keys.
    fn counts_at(&self, issuer_url: Option<&str>) -> bool {
        issuer_url.is_none_or(|url| self.seen_at(url).is_some())
    }

    fn is_published(&self, now: Timestamp) -> bool {
        self.retired.is_none_or(|retired| now < retired)
    }
}

/// The host of an issuer that serves a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// The issuer's URL.
    pub at: String,
    /// When the broker first saw the key there. Every later look that the host answered found it too.
    pub since: Timestamp,
}

/// How many ids of removed keys are kept.
const MOST_REMOVED: usize = 16;

/// All keys of an issuer, oldest first. There is always at least one.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    keys: Vec<KeyRecord>,
    /// The ids of keys that were removed, oldest first.
    removed: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    keys: Vec<KeyRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<String>,
}

impl Schedule {
    /// A schedule with one key, which signs at once because there is no other.
    pub fn beginning(kid: &str, now: Timestamp) -> Self {
        Self { keys: vec![KeyRecord::new(kid, now, now)], removed: Vec::new() }
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
            Ok(Self { keys: stored.keys, removed: stored.removed })
        }
    }

    /// The schedule as JSON, for its file. It holds no secret.
    pub fn to_json(&self) -> String {
        let stored = Stored { version: 1, keys: self.keys.clone(), removed: self.removed.clone() };
        serde_json::to_string_pretty(&stored).unwrap_or_default()
    }

    /// All records, oldest first.
    pub fn records(&self) -> &[KeyRecord] {
        &self.keys
    }

    /// The ids of the keys that were removed last, oldest first.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }

    /// Adds a key that is published from now and signs after the publishing span. The previous key retires after that.
    pub fn add(&mut self, kid: &str, now: Timestamp, timetable: Timetable) {
        let after_the_last = self.keys.last().map_or(now, |last| last.use_from.max(now));
        let use_from = after_the_last.saturating_add_span(timetable.publish_before_use);
        if let Some(last) = self.keys.last_mut() {
            last.retired = Some(use_from.saturating_add_span(timetable.keep_after_use));
        }
        self.keys.push(KeyRecord::new(kid, now, use_from));
    }

    /// When the waiting key begins to sign. `None` if no key is waiting.
    pub fn waiting(&self, now: Timestamp) -> Option<Timestamp> {
        self.keys.last().map(|last| last.use_from).filter(|from| *from > now)
    }

    /// The key that signs now: the newest whose time has come, of those that the clouds of this issuer can find (see
    /// [`KeyRecord::counts_at`]). If the clock is before all times (it was set back), the oldest, which has been
    /// published the longest. `None` if the clouds can find none of them.
    pub fn signing(&self, now: Timestamp, issuer_url: Option<&str>) -> Option<&str> {
        let is_early = self.keys.iter().all(|key| key.use_from > now);
        let mut counting = self.keys.iter().filter(|key| key.counts_at(issuer_url));
        let found = if is_early { counting.next() } else { counting.rfind(|key| key.use_from <= now) };
        found.map(|key| key.kid.as_str())
    }

    /// The key that would sign now if every host served every key.
    pub fn due(&self, now: Timestamp) -> Option<&str> {
        self.signing(now, None)
    }

    /// Whether the key set contains this key now.
    pub fn is_published(&self, kid: &str, now: Timestamp) -> bool {
        self.keys.iter().any(|key| key.kid == kid && key.is_published(now))
    }

    /// Records which keys the host of an issuer serves now. Returns whether something changed.
    pub fn saw(&mut self, issuer_url: &str, served: &[String], now: Timestamp) -> bool {
        let mut changed = false;
        for key in &mut self.keys {
            let is_served = served.contains(&key.kid);
            if is_served != key.seen_at(issuer_url).is_some() {
                key.seen = is_served.then(|| Sighting { at: issuer_url.to_owned(), since: now });
                changed = true;
            }
        }
        changed
    }

    /// Puts off the first use of the newest key until the host of this issuer has served it for the publishing span, and
    /// keeps the key before it published for as long. Only if an older key can sign meanwhile. Returns whether
    /// something changed.
    pub fn put_off(&mut self, issuer_url: &str, now: Timestamp, timetable: Timetable) -> bool {
        let Some((newest, older)) = self.keys.split_last_mut() else { return false };
        if !older.iter().any(|key| key.is_published(now) && key.counts_at(Some(issuer_url))) {
            return false;
        }
        let since = newest.seen_at(issuer_url);
        let use_from = since.unwrap_or(now).saturating_add_span(timetable.publish_before_use);
        // A key that no cloud can find is put off when its time comes, not at each look.
        let is_late = if since.is_some() { use_from > newest.use_from } else { newest.use_from <= now };
        if !is_late {
            return false;
        }
        newest.use_from = use_from;
        if let Some(before) = older.last_mut() {
            before.retired = Some(use_from.saturating_add_span(timetable.keep_after_use));
        }
        true
    }

    /// Drops the keys that are no longer published, and returns their ids.
    pub fn forget_retired(&mut self, now: Timestamp) -> Vec<String> {
        let (kept, gone): (Vec<KeyRecord>, Vec<KeyRecord>) =
            self.keys.drain(..).partition(|key| key.is_published(now));
        self.keys = kept;
        gone.into_iter().map(|key| key.kid).collect()
    }

    /// Remembers keys that were removed: another host may serve them for longer.
    pub fn remember(&mut self, gone: &[String]) {
        self.removed.extend_from_slice(gone);
        self.removed.drain(..self.removed.len().saturating_sub(MOST_REMOVED));
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
                let signing = schedule.signing(now, None).unwrap().to_owned();
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
        assert_eq!(schedule.signing("2025-01-01T00:00:00Z".parse().unwrap(), None), Some("old"));
        assert_eq!(schedule.signing("2026-01-01T23:59:59Z".parse().unwrap(), None), Some("old"));
        assert_eq!(schedule.signing("2026-01-02T00:00:00Z".parse().unwrap(), None), Some("new"));
        assert!(schedule.is_published("old", "2026-01-02T23:59:59Z".parse().unwrap()));
        assert!(!schedule.is_published("old", "2026-01-03T00:00:00Z".parse().unwrap()));
    }

    /// A broker that is its own issuer writes the form that every version reads.
    #[test]
    fn the_form_of_older_versions_stays_while_the_issuer_is_the_broker() {
        let old = r#"{"version":1,"keys":[{"kid":"0000000000000000000000000000000000000000000","created":"2026-01-01T00:00:00Z","use_from":"2026-01-01T00:00:00Z","retired":null}]}"#;
        let schedule = Schedule::from_json(old.as_bytes()).unwrap();
        let again: serde_json::Value = serde_json::from_str(&schedule.to_json()).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(old).unwrap());
    }

    const URL: &str = "https://jit-issuer.example.com";

    fn at(hours: i64) -> Timestamp {
        "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hours)
    }

    /// One look at a host that serves these keys, and the key that signs after it.
    fn look<'a>(schedule: &'a mut Schedule, hours: i64, served: &[&str]) -> Option<&'a str> {
        let served: Vec<String> = served.iter().map(|kid| (*kid).to_owned()).collect();
        schedule.saw(URL, &served, at(hours));
        schedule.put_off(URL, at(hours), Timetable::default());
        schedule.signing(at(hours), Some(URL))
    }

    #[test]
    fn a_key_that_arrives_late_signs_a_day_after_it_arrived() {
        let mut schedule = Schedule::beginning("old", at(0));
        assert_eq!(schedule.signing(at(0), Some(URL)), None, "no host serves it");
        assert_eq!(schedule.due(at(0)), Some("old"));
        assert_eq!(look(&mut schedule, 1, &["old"]), Some("old"), "the first key need not wait");
        schedule.add("new", at(100), Timetable::default());
        for hours in [101, 123, 124, 125, 150, 170] {
            assert_eq!(look(&mut schedule, hours, &["old"]), Some("old"), "{hours}");
            assert!(schedule.is_published("old", at(hours)) && schedule.is_published("new", at(hours)));
        }
        assert_eq!(look(&mut schedule, 180, &["old", "new"]), Some("old"));
        assert_eq!(look(&mut schedule, 203, &["old", "new"]), Some("old"));
        assert_eq!(look(&mut schedule, 204, &["old", "new"]), Some("new"));
        assert!(schedule.is_published("old", at(227)) && !schedule.is_published("old", at(228)));
        let gone = schedule.forget_retired(at(228));
        assert_eq!(gone, ["old"]);
        for _ in 0..30 {
            schedule.remember(&gone);
        }
        assert_eq!(schedule.removed(), ["old"; MOST_REMOVED]);
    }

    #[test]
    fn a_key_that_the_host_loses_does_not_sign_and_no_key_signs_before_its_time() {
        let mut schedule = Schedule::beginning("old", at(0));
        look(&mut schedule, 0, &["old"]);
        assert_eq!(look(&mut schedule, 1, &[]), None);
        schedule.add("new", at(10), Timetable::default());
        assert_eq!(look(&mut schedule, 11, &["new"]), None, "it has not been published for a day");
        assert_eq!(look(&mut schedule, 34, &["new"]), Some("new"), "and the other one is gone");
        assert_eq!(look(&mut schedule, 35, &["old"]), Some("old"), "the host shows an older copy");
        assert_eq!(look(&mut schedule, 36, &["old", "new"]), Some("old"), "a day anew for the new one");
        assert_eq!(look(&mut schedule, 60, &["old", "new"]), Some("new"));
        // Where the keys were seen at another address, nobody has seen them here.
        assert_eq!(schedule.signing(at(61), Some("https://other.example.com")), None);
        assert_eq!(schedule.signing(at(61), None), Some("new"));
    }

    proptest! {
        /// Whatever a host serves at whatever time: the signing key is one that it served at the last look, it is in the key
        /// set, and where an older key could sign too it has been served for a day without a break.
        #[test]
        fn only_what_the_host_serves_signs(
            steps in prop::collection::vec((0_i64..40, prop::bool::ANY, 0_u8..8), 1..80),
        ) {
            let mut schedule = Schedule::beginning("key-0", at(0));
            let mut kids = vec!["key-0".to_owned()];
            let mut since = std::collections::BTreeMap::<String, i64>::new();
            let mut hours = 0;
            for (passed, rotates, mask) in steps {
                hours += passed;
                if rotates && schedule.waiting(at(hours)).is_none() {
                    let kid = format!("key-{}", kids.len());
                    schedule.add(&kid, at(hours), Timetable::default());
                    schedule.forget_retired(at(hours));
                    kids.push(kid);
                }
                let recent = kids.iter().rev().take(3).enumerate();
                let served: Vec<&str> =
                    recent.filter(|(place, _)| mask & (1 << place) != 0).map(|(_, kid)| kid.as_str()).collect();
                since.retain(|kid, _| served.contains(&kid.as_str()));
                for kid in &served {
                    since.entry((*kid).to_owned()).or_insert(hours);
                }
                let before: Vec<String> = schedule.records().iter().map(|key| key.kid.clone()).collect();
                let Some(signing) = look(&mut schedule, hours, &served).map(str::to_owned) else { continue };
                prop_assert!(served.contains(&signing.as_str()));
                let place = before.iter().position(|kid| *kid == signing).unwrap();
                let newest = place + 1 == before.len();
                let others = before[..place].iter().any(|kid| {
                    served.contains(&kid.as_str()) && schedule.is_published(kid, at(hours))
                });
                prop_assert!(!newest || !others || hours - since[&signing] >= 24);
                let ordered = schedule.records().windows(2).all(|two| two[0].use_from <= two[1].use_from);
                prop_assert!(ordered && Schedule::from_json(schedule.to_json().as_bytes()).is_ok());
            }
        }
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
