//! The one way into the log: a single task takes appends, commits them in groups, advances the index, makes the head
//! durable, and only then answers.

#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use crate::audit::ChainError;
use crate::audit::Event;
use crate::audit::Head;
use crate::audit::HeadFile;
use crate::audit::Index;
use crate::audit::Link;
use crate::audit::LogKey;
use crate::audit::Subject;
use crate::audit::index::Admission;
use crate::audit::index::IndexError;
use crate::audit::index::replay;
use crate::broker::store::Store;
use crate::broker::store::StoreError;
use crate::broker::watchers::Watchers;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::request::StateError;
use writer::Writer;

/// How many events a start reads at a time.
const PAGE: u32 = 1_000;

/// Why something did not get into the log. Nothing has changed then, unless a variant says so.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The request changed meanwhile: read it again and decide again.
    #[error("the request changed meanwhile")]
    Conflict,
    /// The new request is not taken.
    #[error(transparent)]
    Admission(#[from] Admission),
    /// The change is not possible.
    #[error(transparent)]
    State(#[from] StateError),
    /// The database could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database could not be written: a full disk, or a lock that somebody else holds.
    #[error("{0}")]
    Unwritten(String),
    /// The head could not be made durable. The events are in the log, and must not be answered for yet.
    #[error("the head of the log cannot be written: {0}")]
    Head(#[from] std::io::Error),
    /// The log is not what this broker wrote.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The log says something impossible.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The writer is gone.
    #[error("the log is closed")]
    Closed,
}

/// What must still be true when the events are written.
#[derive(Debug)]
pub enum Expects {
    /// Nothing: the events are about no request.
    Nothing,
    /// The request is new, and may be taken.
    New,
    /// The request is new, and may be taken; this other one is at this version.
    NewBeside(Digest, u64),
    /// The request is at this version.
    Version(Digest, u64),
    /// These requests are at these versions.
    Versions(Vec<(Digest, u64)>),
}

impl Expects {
    /// The requests that must be at a version, and which.
    pub(super) fn versions(&self) -> Vec<(Digest, u64)> {
        match self {
            Self::Nothing | Self::New => Vec::new(),
            Self::NewBeside(digest, version) | Self::Version(digest, version) => vec![(*digest, *version)],
            Self::Versions(versions) => versions.clone(),
        }
    }
}

/// Events to be appended together, or not at all.
#[derive(Debug)]
pub struct Append {
    /// When it happened, by the broker's clock.
    pub at: Timestamp,
    /// The revision of the policy in force.
    pub policy: Digest,
    /// The address it came from.
    pub source: Option<String>,
    /// What must still be true.
    pub expects: Expects,
    /// What happened, in order.
    pub subjects: Vec<Subject>,
    /// Places to be told: what it is about and the place, with the last event.
    pub notices: Vec<(&'static str, String)>,
}

struct Job {
    append: Append,
    answer: oneshot::Sender<Result<u64, LedgerError>>,
}

/// The log, its index, and the way in.
pub struct Ledger {
    store: Arc<dyn Store>,
    key: Arc<LogKey>,
    index: Arc<RwLock<Index>>,
    jobs: mpsc::Sender<Job>,
    /// Who waits for a request to change.
    pub watchers: Arc<Watchers>,
}

impl Ledger {
    /// Verifies the whole log against the key folder's head, builds the index and starts the writer.
    pub async fn open(store: Arc<dyn Store>, key: LogKey, head: &Path) -> Result<Self, LedgerError> {
        let (mut head_file, kept) = HeadFile::open(head)?;
        let mut index = Index::default();
        read_on(&*store, &key, &mut index, Some(kept)).await?;
        if index.head() != kept {
            // A crash between the commit and the head: the chain vouches for the rest, nobody was answered yet.
            head_file.advance(&index.head())?;
        }
        let (jobs, incoming) = mpsc::channel(1_024);
        let index = Arc::new(RwLock::new(index));
        let key = Arc::new(key);
        let watchers = Arc::new(Watchers::default());
        let writer = Writer {
            store: Arc::clone(&store),
            key: Arc::clone(&key),
            index: Arc::clone(&index),
            watchers: Arc::clone(&watchers),
            head_file: Some(head_file),
            head_behind: false,
            doubtful: false,
        };
        tokio::spawn(writer.run(incoming));
        Ok(Self { store, key, index, jobs, watchers })
    }

    /// The index as it stands. Never hold it across an await.
    pub fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends, durably. Answers the number of the last event.
    pub async fn append(&self, append: Append) -> Result<u64, LedgerError> {
        let (answer, outcome) = oneshot::channel();
        self.jobs.send(Job { append, answer }).await.map_err(|_| LedgerError::Closed)?;
        outcome.await.map_err(|_| LedgerError::Closed)?
    }

    /// The request as the database proves it: every event verified, all of them there, the head in its place.
    pub async fn prove(
        &self,
        id: &RequestId,
    ) -> Result<Option<(Request, Vec<(Timestamp, Change)>)>, LedgerError> {
        let Some(trace) = self.index().trace(id).copied() else { return Ok(None) };
        let links = self.store.events_of(&trace.digest).await?;
        let changes = match replay(&self.key, &trace, &links) {
            Ok(changes) => changes,
            Err(error) => {
                // The request may have moved on between the two reads; only a lasting difference is an attack.
                let newer = self.index().trace(id).copied();
                match newer.filter(|newer| *newer != trace) {
                    Some(newer) => replay(&self.key, &newer, &self.store.events_of(&trace.digest).await?)?,
                    None => return Err(error.into()),
                }
            }
        };
        let request = Request::replay(changes.iter().map(|(at, change)| (*at, change)))?;
        Ok(Some((request, changes)))
    }

    /// Checks that the database still contains the newest event that was answered for.
    pub async fn contains_head(&self) -> Result<(), LedgerError> {
        let head = self.index().head();
        if head.sequence == 0 {
            return Ok(());
        }
        let stored = self.store.event(head.sequence).await?;
        let held = stored.is_some_and(|link| link.head() == head && link.verify(&self.key).is_ok());
        if held { Ok(()) } else { Err(ChainError::Truncated(head.sequence).into()) }
    }

    /// Events after a number, verified one by one.
    pub async fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<(Event, Link)>, LedgerError> {
        let links = self.store.events_after(sequence, limit).await?;
        links.into_iter().map(|link| Ok((link.verify(&self.key)?, link))).collect()
    }

    /// The store, for what is no event.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }
}

/// Reads on from the index's head to the end of the log, verifying each event. `kept` must be passed on the way.
async fn read_on(
    store: &dyn Store,
    key: &LogKey,
    index: &mut Index,
    kept: Option<Head>,
) -> Result<(), LedgerError> {
    let mut passed = kept.is_none_or(|kept| kept.sequence == 0);
    loop {
        let links = store.events_after(index.head().sequence, PAGE).await?;
        if links.is_empty() {
            break;
        }
        for link in &links {
            let event = link.follow(key, &index.head())?;
            index.take(link, &event)?;
            passed |= kept == Some(index.head());
        }
    }
    match kept {
        Some(kept) if !passed => Err(ChainError::Truncated(kept.sequence).into()),
        _ => Ok(()),
    }
}
