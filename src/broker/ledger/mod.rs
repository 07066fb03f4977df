//! The only way into the log: one task takes appends, commits them in groups, advances the index, syncs the head, and
//! only then answers.

mod gap;
mod steady;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use jiff::SignedDuration;
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
use crate::audit::index::IndexError;
use crate::audit::index::replay;
use crate::broker::metrics::Metrics;
use crate::broker::store::Store;
use crate::broker::store::StoreError;
use crate::broker::watchers::Watchers;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::request::StateError;
use crate::grant::span::whole_seconds;
use crate::grant::statement::Received;
use crate::judgement::refusal::Refusal;
use crate::system::Clock;
use crate::system::files;
use gap::Gap;
use steady::Steady;
use writer::Writer;

/// How many events a start reads per page.
const PAGE: u32 = 1_000;

/// Why the ledger did not record an append. Nothing has changed, unless a variant says so.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The request changed meanwhile: the caller must read it and decide again.
    #[error("the request changed meanwhile")]
    Conflict,
    /// The key was enrolled by this token before.
    #[error("the key is enrolled already")]
    Enrolled,
    /// The ledger does not accept the new request.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The request cannot change in this way.
    #[error(transparent)]
    State(#[from] StateError),
    /// The database cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The database cannot be written: a full disk, or a lock of another process.
    #[error("{0}")]
    Unwritten(String),
    /// The head cannot be synced. The events are in the log, and must not be acknowledged yet.
    #[error("the head of the log cannot be written: {0}")]
    Head(#[from] std::io::Error),
    /// The log is not what this broker wrote.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The log contradicts itself.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The database ends before the newest acknowledged event.
    #[error("the database is older than the key folder: it ends with event {}, and {}", ends.sequence, after(lost.as_ref()))]
    Gap {
        /// The head at which the database ends.
        ends: Head,
        /// The newest acknowledged event. `None` if the key folder does not know it.
        lost: Option<Head>,
    },
    /// The operator accepted a gap, and there is none.
    #[error("the database has every acknowledged event")]
    NoGap,
    /// The clock jumped ahead. Only events that take access away are recorded until it is trusted again.
    #[error("the clock jumped ahead: it says {now}, and by the time that has passed it is about {estimate}")]
    Ahead {
        /// The clock's time.
        now: Timestamp,
        /// The latest trusted time.
        estimate: Timestamp,
    },
    /// The writer has stopped.
    #[error("the log is closed")]
    Closed,
}

fn after(lost: Option<&Head>) -> String {
    lost.map_or_else(
        || "the newest acknowledged event is not known".to_owned(),
        |lost| format!("event {} was acknowledged", lost.sequence),
    )
}

/// The parameters of a ledger, beside its store and key.
pub struct Opening<'a> {
    /// The head file, in the key folder.
    pub head: &'a Path,
    /// Whether the head file must exist, because the database has events.
    pub expected: bool,
    /// The end of a database that the operator accepts although later events were acknowledged.
    pub accepted: Option<Head>,
    /// The machine's clock.
    pub clock: Arc<dyn Clock>,
    /// Counts the events.
    pub metrics: Arc<Metrics>,
}

/// The precondition that must still hold when the events are written.
#[derive(Debug)]
pub enum Expects {
    /// None: the events are about no request.
    Nothing,
    /// The request is new, and may be accepted. It is parsed already.
    New(Arc<Received>),
    /// The request is new and may be accepted, and this other request is at this version.
    NewBeside(Arc<Received>, Digest, u64),
    /// The request is at this version.
    Version(Digest, u64),
    /// These requests are at these versions.
    Versions(Vec<(Digest, u64)>),
}

impl Expects {
    /// The new request. `None` if the events are about known requests.
    pub fn received(&self) -> Option<&Arc<Received>> {
        match self {
            Self::New(received) | Self::NewBeside(received, ..) => Some(received),
            Self::Nothing | Self::Version(..) | Self::Versions(_) => None,
        }
    }

    /// The requests whose versions are checked, with those versions.
    pub(super) fn versions(&self) -> Vec<(Digest, u64)> {
        match self {
            Self::Nothing | Self::New(_) => Vec::new(),
            Self::NewBeside(_, digest, version) | Self::Version(digest, version) => {
                vec![(*digest, *version)]
            }
            Self::Versions(versions) => versions.clone(),
        }
    }
}

/// Events to append together, or not at all.
#[derive(Debug)]
pub struct Append {
    /// When they happened, by the broker's clock.
    pub at: Timestamp,
    /// The policy revision in force.
    pub policy: Digest,
    /// The source address.
    pub source: Option<String>,
    /// The precondition.
    pub expects: Expects,
    /// The agents whose pending requests count together with a new request; see [`household::agents_beside`].
    ///
    /// [`household::agents_beside`]: crate::judgement::household::agents_beside
    pub agents: Vec<Name>,
    /// The events' subjects, in order.
    pub subjects: Vec<Subject>,
    /// The notices to send, stored with the last event: each the kind of notice and its place.
    pub notices: Vec<(&'static str, String)>,
}

impl Append {
    /// Whether every event only takes access away or changes the policy. Such appends do not wait for a trusted clock.
    fn only_stops(&self) -> bool {
        self.subjects.iter().all(|subject| match subject {
            Subject::Request { change, .. } => change.only_stops(),
            Subject::LoggedIn { .. }
            | Subject::Enrolled { .. }
            | Subject::Entered { .. }
            | Subject::Proved { .. }
            | Subject::Confirmed { .. }
            | Subject::PageOpened { .. } => false,
            Subject::LoggedOut { .. }
            | Subject::KeyDropped { .. }
            | Subject::Left { .. }
            | Subject::Policy { .. }
            | Subject::PolicyRefused { .. }
            | Subject::GapAccepted { .. } => true,
        })
    }
}

enum Job {
    /// Events to write.
    Append(Append, oneshot::Sender<Result<u64, LedgerError>>),
    /// Answered when the index has every event that was committed before.
    CatchUp(oneshot::Sender<()>),
}

/// The log, its index, and the channel to its writer.
pub struct Ledger {
    store: Arc<dyn Store>,
    key: Arc<LogKey>,
    index: Arc<RwLock<Index>>,
    jobs: mpsc::Sender<Job>,
    steady: Steady,
    /// The callers that wait for a request to change.
    pub watchers: Arc<Watchers>,
}

impl Ledger {
    /// Verifies the whole log against the key folder's head, builds the index and starts the writer.
    ///
    /// # Errors
    /// The log does not contain the head, or does not verify.
    pub async fn open(store: Arc<dyn Store>, key: LogKey, opening: Opening<'_>) -> Result<Self, LedgerError> {
        let Opening { head, expected, accepted, clock, metrics } = opening;
        let is_known = !expected || files::read(head)?.is_some();
        let mut index = Index::default();
        let kept = if is_known { Some(HeadFile::open(head)?) } else { None };
        let newest = kept.as_ref().map(|(_, newest)| *newest);
        let passed = read_on(&*store, &key, &mut index, newest).await?;
        let ends = index.head();
        let head_file = match (kept, accepted) {
            (Some((mut file, kept)), None) if passed => {
                if ends != kept {
                    // After a crash between the commit and the head, the chain proves the remaining events. Nobody has
                    // received an answer about them yet.
                    file.advance(&ends)?;
                }
                file
            }
            (Some(_), Some(_)) if passed => return Err(LedgerError::NoGap),
            (_, Some(accepted)) if accepted == ends => {
                tracing::warn!(%ends, "going on without the events after this one");
                let gap = Gap { index: &mut index, lost: newest, now: whole_seconds(clock.now()) };
                gap.accept(&*store, &key, head).await?
            }
            _ => return Err(LedgerError::Gap { ends, lost: newest }),
        };
        let (jobs, incoming) = mpsc::channel(1_024);
        let index = Arc::new(RwLock::new(index));
        let key = Arc::new(key);
        let watchers = Arc::new(Watchers::default());
        let writer = Writer {
            store: Arc::clone(&store),
            key: Arc::clone(&key),
            index: Arc::clone(&index),
            watchers: Arc::clone(&watchers),
            metrics,
            head_file: Some(head_file),
            head_behind: false,
            doubtful: false,
        };
        tokio::spawn(writer.run(incoming));
        Ok(Self { store, key, index, jobs, steady: Steady::new(clock), watchers })
    }

    /// The current index. Never hold it across an await.
    pub fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends events durably. Returns the number of the last one.
    ///
    /// # Errors
    /// See [`LedgerError`]. Nothing has changed, unless a variant says so.
    pub async fn append(&self, mut append: Append) -> Result<u64, LedgerError> {
        let latest = self.latest();
        if append.at > latest {
            if !append.only_stops() {
                return Err(LedgerError::Ahead { now: append.at, estimate: latest });
            }
            append.at = latest;
        }
        let (answer, outcome) = oneshot::channel();
        self.jobs.send(Job::Append(append, answer)).await.map_err(|_| LedgerError::Closed)?;
        outcome.await.map_err(|_| LedgerError::Closed)?
    }

    /// The latest time that an event may have now: the newest event's time, or one minute after the estimate of a
    /// second clock.
    pub fn latest(&self) -> Timestamp {
        let latest = self.steady.latest();
        self.index().newest().map_or(latest, |newest| newest.max(latest))
    }

    /// How far the clock is ahead of a second one, which nobody sets. Negative if it was set back.
    pub fn clock_ahead(&self) -> SignedDuration {
        self.steady.ahead()
    }

    /// The request, proved from the database: every event is verified, none is missing, and the head is in its place.
    ///
    /// # Errors
    /// The database lacks events, or contains others than this broker wrote.
    pub async fn prove(
        &self,
        id: &RequestId,
    ) -> Result<Option<(Request, Vec<(Timestamp, Change)>)>, LedgerError> {
        let changes = loop {
            let Some(trace) = self.index().trace(id).copied() else { return Ok(None) };
            let links = self.store.events_of(&trace.digest).await?;
            match replay(&self.key, &trace, &links) {
                Ok(changes) => break changes,
                // The database has more events than the index: a commit whose events are not in the index yet.
                Err(error) if links.len() as u64 > trace.count => {
                    self.catch_up().await?;
                    let newer = self.index().trace(id).copied().filter(|newer| *newer != trace);
                    let Some(newer) = newer else { return Err(error.into()) };
                    if (links.len() as u64) < newer.count {
                        // The request changed again since the database was read.
                        continue;
                    }
                    break replay(&self.key, &newer, &links)?;
                }
                Err(error) => return Err(error.into()),
            }
        };
        let request = Request::replay(changes.iter().map(|(at, change)| (*at, change)))?;
        Ok(Some((request, changes)))
    }

    /// Waits until the index has every event that was committed before.
    async fn catch_up(&self) -> Result<(), LedgerError> {
        let (answer, outcome) = oneshot::channel();
        self.jobs.send(Job::CatchUp(answer)).await.map_err(|_| LedgerError::Closed)?;
        outcome.await.map_err(|_| LedgerError::Closed)
    }

    /// Checks that the database still contains the newest acknowledged event.
    pub async fn contains_head(&self) -> Result<(), LedgerError> {
        let head = self.index().head();
        if head.sequence == 0 {
            return Ok(());
        }
        let stored = self.store.event(head.sequence).await?;
        let held = stored.is_some_and(|link| link.head() == head && link.verify(&self.key).is_ok());
        if held { Ok(()) } else { Err(ChainError::Truncated(head.sequence).into()) }
    }

    /// One event, verified. `None` if there is no such event.
    pub async fn event(&self, sequence: u64) -> Result<Option<Event>, LedgerError> {
        let link = self.store.event(sequence).await?;
        Ok(link.map(|link| link.verify(&self.key)).transpose()?)
    }

    /// The events after a number, each verified.
    pub async fn events_after(&self, sequence: u64, limit: u32) -> Result<Vec<(Event, Link)>, LedgerError> {
        let links = self.store.events_after(sequence, limit).await?;
        links.into_iter().map(|link| Ok((link.verify(&self.key)?, link))).collect()
    }

    /// The store, for data that is not an event.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }
}

/// Reads from the index's head to the end of the log and verifies each event. Returns whether it passed `kept`, and
/// false if `kept` is unknown.
async fn read_on(
    store: &dyn Store,
    key: &LogKey,
    index: &mut Index,
    kept: Option<Head>,
) -> Result<bool, LedgerError> {
    let mut passed = kept.is_some_and(|kept| kept.sequence == 0);
    loop {
        let links = store.events_after(index.head().sequence, PAGE).await?;
        if links.is_empty() {
            return Ok(passed);
        }
        for link in &links {
            let event = link.follow(key, &index.head())?;
            index.take(link, &event)?;
            passed |= kept == Some(index.head());
        }
    }
}
