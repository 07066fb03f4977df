//! The log on the branch `jit-log`: one event a run, chained, signed with the log key, and a signed index over all of it.
//!
//! The branch holds `index.json`, which names every request that could still be used with the hash over its events, and
//! `requests/XX/ID.jsonl`, the events of one request. Whoever can write the branch without the key can only put back an
//! older state, which clients notice; whoever cannot write it can do nothing.

mod docket;
mod entry;
mod index;
mod key;
mod store;

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
pub use store::Log;
pub use store::genesis;

use super::GitHubError;

/// Why the log cannot be used. Nothing is minted until somebody has looked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// GitHub did not answer as it should.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The branch is not there.
    #[error("the branch jit-log is missing, and with it the memory of what was ended")]
    Missing,
    /// The policy names no key.
    #[error("access.toml names no key for the log")]
    NoKey,
    /// The key is no key, or not the one that the policy names.
    #[error("the log's key is not one that access.toml names")]
    Key,
    /// The index was not written with a log key, or was changed.
    #[error("the log's index was not written by this repository's workflow, or was changed afterwards")]
    Index,
    /// An event was not written with a log key, or was changed.
    #[error("event {0} of the log was not written by this repository's workflow, or was changed afterwards")]
    Forged(u64),
    /// The events of a request are not the ones that the index counts.
    #[error("the log's events of this request are not all there, or there are others")]
    Incomplete,
    /// An event is missing, or another one stands in its place.
    #[error("event {0} of the log is missing, or another one stands in its place")]
    Gap(u64),
    /// The events say something impossible.
    #[error("the log says something impossible of this request: {0}")]
    Impossible(String),
    /// Time runs behind the newest event.
    #[error("the clock here runs behind the newest event of the log")]
    Clock,
    /// The log does not contain an event that somebody has seen.
    #[error("the log does not contain event {0}, which was seen before: it was cut off or put back")]
    Truncated(u64),
    /// Somebody else wrote at the same time.
    #[error("the log moved on meanwhile")]
    Moved,
}

impl LogError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::GitHub(error) => error.hint(),
            Self::Missing | Self::NoKey => Some("`jit ci init` says how the log is set up".to_owned()),
            Self::Key => Some("put the private half into the environment jit-log as JIT_LOG_KEY".to_owned()),
            Self::Clock | Self::Moved => Some("try again".to_owned()),
            _ => {
                Some("an administrator must look at the branch jit-log before access opens again".to_owned())
            }
        }
    }
}
