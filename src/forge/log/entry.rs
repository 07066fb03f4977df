//! One event of the log, and the link that ties it to the one before.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::JournalKey;
use super::LogError;
use super::key;
use crate::grant::Change;
use crate::grant::Digest;

/// Separates these signatures and hashes from all others.
const DOMAIN: &[u8] = b"jit.forge.event.v1\0";

/// What a run was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Credentials: the first ones, or fresh ones.
    Mint,
    /// Somebody said no.
    Deny,
    /// The requester is done.
    End,
    /// Somebody took it away.
    Revoke,
    /// More time for a grant.
    Extend,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::Mint, Self::Deny, Self::End, Self::Revoke, Self::Extend];

    /// Whether it takes something away, and can give nothing.
    pub fn only_stops(self) -> bool {
        matches!(self, Self::Deny | Self::End | Self::Revoke)
    }

    /// The word in the workflow's input.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mint => "mint",
            Self::Deny => "deny",
            Self::End => "end",
            Self::Revoke => "revoke",
            Self::Extend => "extend",
        }
    }
}

/// A review that GitHub vouches for, as it was when it counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewNote {
    /// Its id at GitHub.
    pub id: u64,
    /// The numeric id of who gave it.
    pub user: u64,
    /// `APPROVED`, `CHANGES_REQUESTED`, …
    pub state: String,
    /// The commit that was looked at.
    pub commit: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

/// One change of a request, with the time that it counts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When: GitHub's own time for what happened there, the run's for what it did.
    pub at: Timestamp,
    /// What.
    pub change: Change,
}

/// What one run did. Its canonical bytes (RFC 8785) are what the chain holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalEntry {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When the run decided; never earlier than the event before.
    pub at: Timestamp,
    /// Which repository's log this is: `github:<id>`.
    pub authority: String,
    /// The revision of the policy in force.
    pub policy: Digest,
    /// The run.
    pub run: u64,
    /// The pull request.
    pub pull: u64,
    /// The numeric id of who dispatched the run.
    pub actor: u64,
    /// What it was for.
    pub action: Action,
    /// The request.
    pub request: Digest,
    /// What happened to it.
    pub steps: Vec<Step>,
    /// The reviews that were looked at.
    pub reviews: Vec<ReviewNote>,
}

/// An event as it is stored: one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalLink {
    /// The hash of the event before; zeros for the first.
    pub previous: Digest,
    /// The event's canonical bytes.
    pub body: String,
    /// Ed25519 over the domain and the hash, base64url.
    pub signature: String,
}

impl JournalLink {
    /// Links an event to the one before, and signs it.
    pub fn forge(key: &JournalKey, previous: Digest, entry: &JournalEntry) -> Option<Self> {
        let body = String::from_utf8(serde_json_canonicalizer::to_vec(entry).ok()?).ok()?;
        let hash = hash(&previous, &body);
        Some(Self { previous, body, signature: key.sign(DOMAIN, hash.bytes()) })
    }

    /// The hash that the next event names, and that is signed.
    pub fn hash(&self) -> Digest {
        hash(&self.previous, &self.body)
    }

    /// Verifies signature, shape and authority.
    pub fn verify(&self, keys: &[[u8; 32]], authority: &str) -> Result<JournalEntry, LogError> {
        let entry: Option<JournalEntry> = serde_json::from_str(&self.body).ok();
        let Some(entry) = entry else { return Err(LogError::Forged(0)) };
        let forged = LogError::Forged(entry.sequence);
        let canonical = serde_json_canonicalizer::to_vec(&entry).map_err(|_| forged.clone())?;
        let holds = canonical == self.body.as_bytes()
            && entry.authority == authority
            && key::verify(keys, DOMAIN, self.hash().bytes(), &self.signature);
        if holds { Ok(entry) } else { Err(forged) }
    }
}

/// Goes on with the running hash over the events of one request.
pub(super) fn extend(trace: &Digest, event: &Digest) -> Digest {
    Digest::of(&[DOMAIN, trace.bytes().as_slice(), event.bytes().as_slice()].concat())
}

/// What comes before the first event, and before the first of a request.
pub(super) fn zeros() -> Digest {
    // The digest of nothing at all would be a digest of something; this one is of a domain that nothing else has.
    Digest::of(b"jit.forge.genesis.v1\0")
}

fn hash(previous: &Digest, body: &str) -> Digest {
    Digest::of(&[DOMAIN, previous.bytes().as_slice(), body.as_bytes()].concat())
}
