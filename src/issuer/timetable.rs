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
    /// The sighting of the key at another host than the broker. `None` if no host served it when the broker last looked.
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
    /// keeps the key before it published for as long. Only if the host served an older key at the last look, so that this
    /// one can sign meanwhile. Returns whether something changed.
    pub fn put_off(&mut self, issuer_url: &str, now: Timestamp, timetable: Timetable) -> bool {
        let Some((newest, older)) = self.keys.split_last_mut() else { return false };
        if !older.iter().any(|key| key.counts_at(Some(issuer_url))) {
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
#[path = "timetable_tests.rs"]
mod tests;
