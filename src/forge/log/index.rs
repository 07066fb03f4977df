//! The signed index: where the log ends, and what it knows of every request that could still be used.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::JournalEntry;
use super::JournalKey;
use super::JournalLink;
use super::LogError;
use super::entry::extend;
use super::entry::zeros;
use super::key;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::judgement::clocks;

/// Separates these signatures from those of events.
const DOMAIN: &[u8] = b"jit.forge.index.v1\0";
/// How many hashes of events the index keeps, by which clients recognise what they have seen.
const RECENT: usize = 256;
/// How far the clock may run behind the newest event: two hosted runners need not agree to the second.
const BEHIND: SignedDuration = SignedDuration::from_secs(30);

/// Where the log ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalHead {
    /// The number of the newest event.
    pub sequence: u64,
    /// Its hash.
    pub hash: Digest,
}

/// What the index knows of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The request.
    pub digest: Digest,
    /// Who asked.
    pub who: Name,
    /// For what.
    pub role: Name,
    /// For which piece of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Name>,
    /// The request whose grant this one asks more time for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Digest>,
    /// The pull request.
    pub pull: u64,
    /// Where it stands by its events.
    pub state: State,
    /// When its grant ends, where it has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_until: Option<Timestamp>,
    /// After this nothing can come of it, and the index forgets it.
    pub not_after: Timestamp,
    /// How many events it has.
    pub count: u64,
    /// The running hash over them.
    pub trace: Digest,
    /// Who denied it and when, where somebody did; kept for a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<Timestamp>,
}

/// See the module's documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalIndex {
    /// Which repository's log this is.
    pub authority: String,
    /// The number of the newest event; 0 before the first.
    pub sequence: u64,
    /// The hash of the newest event.
    pub head: Digest,
    /// The hashes of the newest events, the oldest first; the last one is `head`.
    pub recent: Vec<Digest>,
    /// The time of the newest event.
    pub at: Timestamp,
    /// Every request that could still be used, in the order they came.
    pub requests: Vec<Known>,
}

/// The index as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    body: String,
    signature: String,
}

/// What the log proves about one request.
#[derive(Debug, Clone)]
pub struct History {
    /// The request as its events made it.
    pub request: Request,
    /// The events, the oldest first.
    pub entries: Vec<JournalEntry>,
    /// When the grant began, and when it was to end then.
    pub began: Option<(Timestamp, Timestamp)>,
}

impl JournalIndex {
    /// The index of a log without events.
    pub fn empty(authority: String, at: Timestamp) -> Self {
        Self { authority, sequence: 0, head: zeros(), recent: Vec::new(), at, requests: Vec::new() }
    }

    /// Where the log ends.
    pub fn position(&self) -> JournalHead {
        JournalHead { sequence: self.sequence, hash: self.head }
    }

    /// The index as text, signed.
    pub fn seal(&self, key: &JournalKey) -> Option<String> {
        let body = String::from_utf8(serde_json_canonicalizer::to_vec(self).ok()?).ok()?;
        let signature = key.sign(DOMAIN, body.as_bytes());
        serde_json::to_string(&Sealed { body, signature }).ok().map(|text| format!("{text}\n"))
    }

    /// Reads an index that one of these keys signed for this repository, and that the clock is not behind.
    pub fn open(text: &[u8], keys: &[[u8; 32]], authority: &str, now: Timestamp) -> Result<Self, LogError> {
        let sealed: Sealed = serde_json::from_slice(text).map_err(|_| LogError::Index)?;
        if !key::verify(keys, DOMAIN, sealed.body.as_bytes(), &sealed.signature) {
            return Err(LogError::Index);
        }
        let index: Self = serde_json::from_str(&sealed.body).map_err(|_| LogError::Index)?;
        if index.authority != authority {
            return Err(LogError::Index);
        }
        if index.at.duration_since(now) > BEHIND {
            return Err(LogError::Clock);
        }
        Ok(index)
    }

    /// Whether the log may contain an event that somebody has seen: it does not end before it, and has no other event in
    /// its place, as far as it remembers. A client that was away for more than [`RECENT`] events is believed.
    pub fn contains(&self, seen: &JournalHead) -> bool {
        let Some(after) = self.sequence.checked_sub(seen.sequence) else { return false };
        let place = usize::try_from(after).ok().and_then(|after| self.recent.len().checked_sub(after + 1));
        seen.sequence == 0 || place.is_none_or(|place| self.recent.get(place) == Some(&seen.hash))
    }

    /// What is known of a request.
    pub fn known(&self, digest: &Digest) -> Option<&Known> {
        self.requests.iter().find(|known| known.digest == *digest)
    }

    /// What asks or asked more time for a request's grant.
    pub fn extensions_of(&self, first: &Digest) -> impl Iterator<Item = &Known> {
        self.requests.iter().filter(move |known| known.extends == Some(*first))
    }

    /// Adds an event: the link to store, and the index as it is then.
    pub fn append(
        &self,
        key: &JournalKey,
        entry: &JournalEntry,
        after: &Request,
    ) -> Option<(Self, JournalLink)> {
        let link = JournalLink::forge(key, self.head, entry)?;
        let hash = link.hash();
        let mut next = self.clone();
        next.sequence = entry.sequence;
        next.head = hash;
        next.recent.push(hash);
        let surplus = next.recent.len().saturating_sub(RECENT);
        next.recent.drain(..surplus);
        next.at = entry.at;
        let lives = |known: &Known| known.not_after > entry.at;
        let living: Vec<Digest> =
            next.requests.iter().filter(|known| lives(known)).map(|known| known.digest).collect();
        next.requests.retain(|known| {
            lives(known)
                || known.denied.is_some_and(|at| clocks::denial_counts(at, entry.at))
                // Later ones move a grant past the end of earlier ones, which still count.
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
            // More time may have moved the end past what the request itself says.
            not_after: after.active_until.map_or(statement.not_after, |end| end.max(statement.not_after)),
            count: count + 1,
            trace: extend(&trace, &hash),
            denied: denied.map(|step| step.at),
        });
        Some((next, link))
    }

    /// Holds the stored events of a request against what the index counts, and replays them.
    pub fn prove(
        &self,
        keys: &[[u8; 32]],
        known: &Known,
        links: &[JournalLink],
    ) -> Result<History, LogError> {
        let mut trace = zeros();
        let mut entries = Vec::with_capacity(links.len());
        for link in links {
            let entry = link.verify(keys, &self.authority)?;
            if entry.request != known.digest || entry.sequence > self.sequence {
                return Err(LogError::Incomplete);
            }
            trace = extend(&trace, &link.hash());
            entries.push(entry);
        }
        if links.len() as u64 != known.count || trace != known.trace {
            return Err(LogError::Incomplete);
        }
        let steps: Vec<_> = entries.iter().flat_map(|entry| &entry.steps).collect();
        let request = Request::replay(steps.iter().map(|step| (step.at, &step.change)))
            .map_err(|error| LogError::Impossible(error.to_string()))?;
        if request.digest != known.digest {
            return Err(LogError::Incomplete);
        }
        let began = steps.iter().find_map(|step| match step.change {
            Change::Activated { until } => Some((step.at, until)),
            _ => None,
        });
        Ok(History { request, entries, began })
    }
}
