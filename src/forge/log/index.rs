//! The signed index: the end of the log, and the state of every request that can still be used.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::JournalEntry;
use super::JournalError;
use super::JournalKey;
use super::JournalLink;
use super::entry::extend;
use super::entry::zeros;
use super::key;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;

/// Domain separator: keeps these signatures apart from those of events.
const DOMAIN: &[u8] = b"jit.forge.index.v1\0";
/// How many event hashes the index keeps, so that clients can find the event that they have seen.
const RECENT: usize = 256;
/// The hash of each event whose number is a multiple of this stays for ever.
const MARKED: u64 = 256;
/// How far the clock may be behind the newest event: the clocks of two hosted runners may differ.
const BEHIND: SignedDuration = SignedDuration::from_secs(30);

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalHead {
    /// The number of the newest event.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

/// The index's record of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The request's digest.
    pub digest: Digest,
    /// The requester.
    pub who: Name,
    /// The role.
    pub role: Name,
    /// The scope. `None` for the whole role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Name>,
    /// The request whose grant it extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Digest>,
    /// The pull request.
    pub pull: u64,
    /// Its state by its events.
    pub state: State,
    /// When its grant ends. `None` if the grant has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_until: Option<Timestamp>,
    /// When it can no longer be used, and the index forgets it.
    pub not_after: Timestamp,
    /// The number of its events.
    pub count: u64,
    /// The running hash over them.
    pub trace: Digest,
    /// When it was denied, if it was. Kept for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Timestamp>,
}

/// The index: the end of the log, and every request that can still be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalIndex {
    /// The repository that owns the log.
    pub authority: String,
    /// The number of the newest event. 0 before the first event.
    pub sequence: u64,
    /// The hash of the newest event.
    pub head: Digest,
    /// The hashes of the newest events, oldest first. The last one is `head`.
    pub recent: Vec<Digest>,
    /// The hash of every 256th event by its number, for ever: a client that saw the log long ago finds the last of them that
    /// it knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<u64, Digest>,
    /// The time of the newest event.
    pub at: Timestamp,
    /// Every request that can still be used, in order of arrival.
    pub requests: Vec<Known>,
}

/// The index as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    body: String,
    signature: String,
}

/// The proved history of one request.
#[derive(Debug, Clone)]
pub struct History {
    /// The request in the state that its events lead to.
    pub request: Request,
    /// The events, oldest first.
    pub entries: Vec<JournalEntry>,
    /// When the grant began, and when it was due to end then.
    pub began: Option<(Timestamp, Timestamp)>,
}

impl JournalIndex {
    /// The index of a log without events.
    pub fn empty(authority: String, at: Timestamp) -> Self {
        Self {
            authority,
            sequence: 0,
            head: zeros(),
            recent: Vec::new(),
            marks: BTreeMap::new(),
            at,
            requests: Vec::new(),
        }
    }

    /// The end of the log.
    pub fn position(&self) -> JournalHead {
        JournalHead { sequence: self.sequence, hash: self.head }
    }

    /// The newest event whose hash stays for ever. `None` if there is none yet.
    pub fn mark(&self) -> Option<JournalHead> {
        self.marks.last_key_value().map(|(sequence, hash)| JournalHead { sequence: *sequence, hash: *hash })
    }

    /// The index as signed text.
    pub fn seal(&self, key: &JournalKey) -> Option<String> {
        let body = String::from_utf8(serde_json_canonicalizer::to_vec(self).ok()?).ok()?;
        let signature = key.sign(DOMAIN, body.as_bytes());
        serde_json::to_string(&Sealed { body, signature }).ok().map(|text| format!("{text}\n"))
    }

    /// Opens an index. It must be signed for this repository with one of these keys, and the clock must not be behind
    /// it.
    pub fn open(
        text: &[u8],
        keys: &[[u8; 32]],
        authority: &str,
        now: Timestamp,
    ) -> Result<Self, JournalError> {
        let sealed: Sealed = serde_json::from_slice(text).map_err(|_| JournalError::Index)?;
        if !key::verify(keys, DOMAIN, sealed.body.as_bytes(), &sealed.signature) {
            return Err(JournalError::Index);
        }
        let index: Self = serde_json::from_str(&sealed.body).map_err(|_| JournalError::Index)?;
        if index.authority != authority {
            return Err(JournalError::Index);
        }
        if index.at.duration_since(now) > BEHIND {
            return Err(JournalError::Clock);
        }
        Ok(index)
    }

    /// Whether the log may contain an event that a client has seen: it does not end before that event, and the recent
    /// hashes have no other event in its place. Of older events only every 256th can be checked. The others pass, so a
    /// client asks for the newest mark that it saw, too.
    pub fn contains(&self, seen: &JournalHead) -> bool {
        let Some(after) = self.sequence.checked_sub(seen.sequence) else { return false };
        if self.marks.get(&seen.sequence).is_some_and(|mark| *mark != seen.hash) {
            return false;
        }
        let place = usize::try_from(after).ok().and_then(|after| self.recent.len().checked_sub(after + 1));
        seen.sequence == 0 || place.is_none_or(|place| self.recent.get(place) == Some(&seen.hash))
    }

    /// The same for a mark that a client saw: it stays for ever, so a log without it is another log.
    pub fn contains_mark(&self, seen: &JournalHead) -> bool {
        self.marks.get(&seen.sequence) == Some(&seen.hash)
    }

    /// The entry of a request.
    pub fn known(&self, digest: &Digest) -> Option<&Known> {
        self.requests.iter().find(|known| known.digest == *digest)
    }

    /// The extensions of a request's grant, pending or past.
    pub fn extensions_of(&self, first: &Digest) -> impl Iterator<Item = &Known> {
        self.requests.iter().filter(move |known| known.extends == Some(*first))
    }

    /// Adds an event: the link to store, and the index as it is then. The index forgets a request after its end, but keeps
    /// a denial as long as `denial_counts` says of its time and the event's time.
    pub fn append(
        &self,
        key: &JournalKey,
        entry: &JournalEntry,
        after: &Request,
        denial_counts: impl Fn(Timestamp, Timestamp) -> bool,
    ) -> Option<(Self, JournalLink)> {
        let link = JournalLink::forge(key, self.head, entry)?;
        let hash = link.hash();
        let mut next = self.clone();
        next.sequence = entry.sequence;
        next.head = hash;
        next.recent.push(hash);
        let surplus = next.recent.len().saturating_sub(RECENT);
        next.recent.drain(..surplus);
        if entry.sequence.is_multiple_of(MARKED) {
            next.marks.insert(entry.sequence, hash);
        }
        next.at = entry.at;
        let lives = |known: &Known| known.not_after > entry.at;
        let living: Vec<Digest> =
            next.requests.iter().filter(|known| lives(known)).map(|known| known.digest).collect();
        next.requests.retain(|known| {
            lives(known)
                || known.denied.is_some_and(|at| denial_counts(at, entry.at))
                // Later extensions move a grant past the end of earlier ones, which still count.
                || known.extends.is_some_and(|first| living.contains(&first))
        });
        let (count, trace) = match self.known(&entry.request) {
            Some(known) => (known.count, known.trace),
            None => (0, zeros()),
        };
        next.requests.retain(|known| known.digest != entry.request);
        let denied = entry.steps.iter().find(|step| matches!(step.change, Change::Denied { .. }));
        let statement = &after.statement;
        next.requests.push(Known {
            digest: entry.request,
            who: statement.header.who.clone(),
            role: statement.role.clone(),
            scope: statement.scope.as_ref().map(|scope| scope.name.clone()),
            extends: after.extends(),
            pull: entry.pull,
            state: after.state,
            active_until: after.active_until,
            // An extension may have moved the end past the request's own `not_after`.
            not_after: after.active_until.map_or(statement.not_after, |end| end.max(statement.not_after)),
            count: count + 1,
            trace: extend(&trace, &hash),
            denied: denied.map(|step| step.at),
        });
        Some((next, link))
    }

    /// Checks the stored events of a request against the index, and replays them.
    pub fn prove(
        &self,
        keys: &[[u8; 32]],
        known: &Known,
        links: &[JournalLink],
    ) -> Result<History, JournalError> {
        let mut trace = zeros();
        let mut entries = Vec::with_capacity(links.len());
        for link in links {
            let entry = link.verify(keys, &self.authority)?;
            if entry.request != known.digest || entry.sequence > self.sequence {
                return Err(JournalError::Incomplete);
            }
            trace = extend(&trace, &link.hash());
            entries.push(entry);
        }
        if links.len() as u64 != known.count || trace != known.trace {
            return Err(JournalError::Incomplete);
        }
        let steps: Vec<_> = entries.iter().flat_map(|entry| &entry.steps).collect();
        let request = Request::replay(steps.iter().map(|step| (step.at, &step.change)))
            .map_err(|error| JournalError::Impossible(error.to_string()))?;
        if request.digest != known.digest {
            return Err(JournalError::Incomplete);
        }
        let began = steps.iter().find_map(|step| match step.change {
            Change::Activated { until } => Some((step.at, until)),
            _ => None,
        });
        Ok(History { request, entries, began })
    }
}
