//! The log on the branch `jit-log`: one event per run, chained, signed with the log key, with a signed index over all
//! of it.
//!
//! The branch holds `index.json`, which lists every usable request with the hash over its events, and
//! `requests/XX/ID.jsonl`, the events of one request. An attacker who can write the branch without the key can only
//! restore an older state, which clients notice. An attacker who cannot write it can do nothing.

pub(crate) mod entry;
mod index;
mod key;

pub use entry::Action;
pub use entry::JournalEntry;
pub use entry::JournalLink;
pub use entry::ReviewNote;
pub use entry::Step;
pub use index::History;
pub use index::JournalHead;
pub use index::JournalIndex;
pub use index::Known;
pub use key::JournalKey;

/// Why the log cannot be used. Nothing is minted until a person has looked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The branch does not exist.
    #[error("the branch jit-log is missing, and with it the record of ended access")]
    Missing,
    /// The policy names no key.
    #[error("access.toml names no key for the log")]
    NoKey,
    /// The key is invalid, or differs from the policy's.
    #[error("the log's key is not one that access.toml names")]
    Key,
    /// The index is not signed with a log key, or was changed.
    #[error("the log's index was not written by this repository's workflow, or was changed afterwards")]
    Index,
    /// An event is not signed with a log key, or was changed.
    #[error("event {0} of the log was not written by this repository's workflow, or was changed afterwards")]
    Forged(u64),
    /// The events of a request do not match the index.
    #[error("the log's events of this request are not all there, or there are others")]
    Incomplete,
    /// An event is missing, or another one is in its place.
    #[error("event {0} of the log is missing, or was replaced")]
    Gap(u64),
    /// The events contradict each other.
    #[error("the log says something impossible of this request: {0}")]
    Impossible(String),
    /// The clock is behind the newest event.
    #[error("the clock here runs behind the newest event of the log")]
    Clock,
    /// The log does not contain an event that a client has seen.
    #[error(
        "the log does not contain event {0}, which was seen before: the log was shortened or replaced by an older one"
    )]
    Truncated(u64),
    /// Another writer wrote at the same time.
    #[error("the log moved on meanwhile")]
    Moved,
}

impl JournalError {
    /// How to fix it. `None` if there is no advice.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing | Self::NoKey => Some("`jit ci init` says how the log is set up".to_owned()),
            Self::Key => Some("put the private half into the environment jit-log as JIT_LOG_KEY".to_owned()),
            Self::Clock | Self::Moved => Some("try again".to_owned()),
            _ => {
                Some("an administrator must look at the branch jit-log before access opens again".to_owned())
            }
        }
    }
}
