//! One event of the log, and the link that chains it to the previous one.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::JournalError;
use super::JournalKey;
use super::key;
use crate::grant::Change;
use crate::grant::Digest;

/// Domain separator: keeps these signatures and hashes apart from all others.
const DOMAIN: &[u8] = b"jit.forge.event.v1\0";

/// The purpose of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Mint credentials, the first or new ones.
    Mint,
    /// Record a denial.
    Deny,
    /// End the requester's own grant or request.
    End,
    /// Revoke the access.
    Revoke,
    /// Give a grant more time.
    Extend,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] = [Self::Mint, Self::Deny, Self::End, Self::Revoke, Self::Extend];

    /// Whether a run with this action can only take access away, never give any.
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

/// A review that GitHub attests, as it was when it counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewNote {
    /// Its id on GitHub.
    pub id: u64,
    /// The numeric id of the reviewer's account.
    pub user: u64,
    /// `APPROVED`, `CHANGES_REQUESTED`, …
    pub state: String,
    /// The commit that was reviewed.
    pub commit: Option<String>,
    /// When it was submitted. `None` if GitHub names no time.
    pub at: Option<Timestamp>,
}

/// One change of a request, with its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The time: GitHub's for changes made there, the run's for its own.
    pub at: Timestamp,
    /// The change itself.
    pub change: Change,
}

/// The event of one run. The chain holds its canonical bytes (RFC 8785).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalEntry {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When the run decided. Never earlier than the previous event.
    pub at: Timestamp,
    /// The repository that owns the log: `github:<id>`.
    pub authority: String,
    /// The policy revision in force.
    pub policy: Digest,
    /// The id of the run.
    pub run: u64,
    /// The pull request.
    pub pull: u64,
    /// The numeric id of the account that dispatched the run.
    pub actor: u64,
    /// The run's action.
    pub action: Action,
    /// The request.
    pub request: Digest,
    /// The request's changes.
    pub steps: Vec<Step>,
    /// The reviews that were considered.
    pub reviews: Vec<ReviewNote>,
}

/// An event as it is stored, in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalLink {
    /// The hash of the previous event. For the first event, the hash of a fixed text.
    pub previous: Digest,
    /// The event's canonical bytes.
    pub body: String,
    /// Ed25519 over the domain and the hash, base64url.
    pub signature: String,
}

impl JournalLink {
    /// Chains an event to the previous one, and signs it.
    pub fn forge(key: &JournalKey, previous: Digest, entry: &JournalEntry) -> Option<Self> {
        let body = String::from_utf8(serde_json_canonicalizer::to_vec(entry).ok()?).ok()?;
        let hash = hash(&previous, &body);
        Some(Self { previous, body, signature: key.sign(DOMAIN, hash.bytes()) })
    }

    /// The hash that is signed and that the next event names.
    pub fn hash(&self) -> Digest {
        hash(&self.previous, &self.body)
    }

    /// Verifies the signature, the format and the authority.
    pub fn verify(&self, keys: &[[u8; 32]], authority: &str) -> Result<JournalEntry, JournalError> {
        let entry: Option<JournalEntry> = serde_json::from_str(&self.body).ok();
        let Some(entry) = entry else { return Err(JournalError::Forged(0)) };
        let forged = JournalError::Forged(entry.sequence);
        let canonical = serde_json_canonicalizer::to_vec(&entry).map_err(|_| forged.clone())?;
        let holds = canonical == self.body.as_bytes()
            && entry.authority == authority
            && key::verify(keys, DOMAIN, self.hash().bytes(), &self.signature);
        if holds { Ok(entry) } else { Err(forged) }
    }
}

/// Extends the running hash over the events of one request.
pub(super) fn extend(trace: &Digest, event: &Digest) -> Digest {
    Digest::of(&[DOMAIN, trace.bytes().as_slice(), event.bytes().as_slice()].concat())
}

/// The hash before the first event of the log, and before the first event of a request.
pub(crate) fn zeros() -> Digest {
    // The digest of an empty input would be a digest of something. This one has a domain of its own.
    Digest::of(b"jit.forge.genesis.v1\0")
}

fn hash(previous: &Digest, body: &str) -> Digest {
    Digest::of(&[DOMAIN, previous.bytes().as_slice(), body.as_bytes()].concat())
}
