//! The one way into the log: a single task takes appends, commits them in groups, moves the head on, and only then
//! advances the index and answers.

use std::collections::HashSet;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;
use std::sync::RwLockReadGuard;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::store::Notice;
use super::store::Outcome;
use super::store::Row;
use super::store::Store;
use super::store::StoreError;
use super::watchers::Watchers;
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
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::request::StateError;

/// How many appends one commit may carry.
const GROUP: usize = 256;
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
    /// The request is at this version.
    Version(Digest, u64),
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

struct Writer {
    store: Arc<dyn Store>,
    key: Arc<LogKey>,
    index: Arc<RwLock<Index>>,
    watchers: Arc<Watchers>,
    /// Away only while another thread syncs it.
    head_file: Option<HeadFile>,
    /// The head file does not name the newest event yet.
    head_behind: bool,
    /// A commit failed: what is in the database has to be looked at before the next one.
    doubtful: bool,
}

/// What one group will write.
#[derive(Default)]
struct Group {
    rows: Vec<Row>,
    events: Vec<Event>,
    notices: Vec<Notice>,
    answers: Vec<(u64, oneshot::Sender<Result<u64, LedgerError>>)>,
}

impl Writer {
    async fn run(mut self, mut incoming: mpsc::Receiver<Job>) {
        let mut waiting = VecDeque::new();
        let mut fresh = Vec::with_capacity(GROUP);
        loop {
            if waiting.is_empty() && incoming.recv_many(&mut fresh, GROUP).await == 0 {
                return;
            }
            waiting.extend(fresh.drain(..));
            if self.doubtful
                && let Err(error) = self.settle_doubt().await
            {
                tracing::error!(%error, "the log cannot be read back after a failed write");
                for job in waiting.drain(..) {
                    let _ = job.answer.send(Err(LedgerError::Closed));
                }
                continue;
            }
            let group = self.gather(&mut waiting);
            self.commit(group).await;
        }
    }

    /// Takes as many jobs as can be checked against the index as it stands: one a request, one new request a person.
    fn gather(&self, waiting: &mut VecDeque<Job>) -> Group {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut group = Group::default();
        let mut head = index.head();
        let mut newest = index.newest();
        let mut touched: HashSet<Digest> = HashSet::new();
        let mut people: HashSet<Name> = HashSet::new();
        let mut later = VecDeque::new();
        while let Some(job) = waiting.pop_front() {
            let requests = job.append.subjects.iter().filter_map(Subject::request);
            if requests.clone().any(|request| touched.contains(request)) {
                later.push_back(job);
                continue;
            }
            let at = newest.map_or(job.append.at, |newest| newest.max(job.append.at));
            match check(&index, &job.append, at) {
                Ok(Some(person)) if !people.insert(person.clone()) => {
                    later.push_back(job);
                    continue;
                }
                Ok(_) => {}
                Err(error) => {
                    let _ = job.answer.send(Err(error));
                    continue;
                }
            }
            touched.extend(requests);
            match self.link(&mut group, &mut head, &job.append, at) {
                Ok(()) => {
                    newest = Some(at);
                    group.answers.push((head.sequence, job.answer));
                }
                Err(error) => {
                    let _ = job.answer.send(Err(error));
                }
            }
        }
        *waiting = later;
        group
    }

    fn link(
        &self,
        group: &mut Group,
        head: &mut Head,
        append: &Append,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tip = *head;
        let mut rows = Vec::new();
        let mut events = Vec::new();
        for subject in &append.subjects {
            let event = Event {
                sequence: tip.sequence + 1,
                at,
                policy: append.policy,
                source: append.source.clone(),
                subject: subject.clone(),
            };
            let link = Link::forge(&self.key, &tip, &event)
                .map_err(|_| LedgerError::Chain(ChainError::Damaged(event.sequence)))?;
            tip = link.head();
            rows.push(Row { link, request: subject.request().copied() });
            events.push(event);
        }
        if let Some(request) = append.subjects.iter().find_map(Subject::request) {
            group.notices.extend(append.notices.iter().map(|(about, place)| Notice {
                request: *request,
                event: tip.sequence,
                about: (*about).to_owned(),
                place: place.clone(),
                outcome: Outcome::Waiting,
                problem: None,
            }));
        }
        group.rows.append(&mut rows);
        group.events.append(&mut events);
        *head = tip;
        Ok(())
    }

    async fn commit(&mut self, group: Group) {
        if group.rows.is_empty() {
            return;
        }
        if let Err(error) = self.store.append(&group.rows, &group.notices).await {
            tracing::error!(%error, "events could not be written");
            self.doubtful = true;
            for (_, answer) in group.answers {
                let _ = answer.send(Err(LedgerError::Unwritten(error.to_string())));
            }
            return;
        }
        let mut touched = HashSet::new();
        {
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            for (row, event) in group.rows.iter().zip(&group.events) {
                if let Err(error) = index.take(&row.link, event) {
                    // Checked a moment ago, so this is a defect; the next start reads the log afresh.
                    tracing::error!(%error, "the index did not take an event that was written");
                    self.doubtful = true;
                    break;
                }
                touched.extend(row.request);
            }
            self.head_behind = true;
        }
        match self.sync_head().await {
            Ok(()) => {
                for (sequence, answer) in group.answers {
                    let _ = answer.send(Ok(sequence));
                }
            }
            Err(error) => {
                tracing::error!(%error, "the head of the log could not be written");
                for (_, answer) in group.answers {
                    let again = std::io::Error::new(error.kind(), error.to_string());
                    let _ = answer.send(Err(LedgerError::Head(again)));
                }
            }
        }
        for request in touched {
            self.watchers.wake(&request);
        }
    }

    /// Makes the index's head durable in the key folder.
    async fn sync_head(&mut self) -> Result<(), std::io::Error> {
        if !self.head_behind {
            return Ok(());
        }
        let head = self.index.read().unwrap_or_else(PoisonError::into_inner).head();
        let Some(mut file) = self.head_file.take() else {
            return Err(std::io::Error::other("the head file was lost"));
        };
        let (file, outcome) = tokio::task::spawn_blocking(move || {
            let outcome = file.advance(&head);
            (file, outcome)
        })
        .await
        .map_err(std::io::Error::other)?;
        self.head_file = Some(file);
        outcome?;
        self.head_behind = false;
        Ok(())
    }

    /// After a failed commit: if it reached the disk after all, the index takes it now.
    async fn settle_doubt(&mut self) -> Result<(), LedgerError> {
        loop {
            let head = self.index.read().unwrap_or_else(PoisonError::into_inner).head();
            let links = self.store.events_after(head.sequence, PAGE).await?;
            if links.is_empty() {
                break;
            }
            let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
            for link in &links {
                let event = link.follow(&self.key, &index.head())?;
                index.take(link, &event)?;
            }
            self.head_behind = true;
        }
        self.sync_head().await?;
        self.doubtful = false;
        Ok(())
    }
}

/// Checks an append against the index. Answers the person of a new request.
fn check<'a>(index: &Index, append: &'a Append, at: Timestamp) -> Result<Option<Name>, LedgerError> {
    let changes: Vec<&'a Change> = append
        .subjects
        .iter()
        .filter_map(|subject| match subject {
            Subject::Request { change, .. } => Some(change),
            _ => None,
        })
        .collect();
    match &append.expects {
        Expects::Nothing => Ok(None),
        Expects::New => {
            let (first, rest) = changes.split_first().ok_or(LedgerError::Conflict)?;
            let mut request = Request::begin(at, first)?;
            index.admit(&request.digest, &request.statement, at)?;
            for change in rest {
                request.apply(at, change)?;
            }
            Ok(Some(request.requester().clone()))
        }
        Expects::Version(digest, version) => {
            let open = index.open(digest).ok_or(LedgerError::Conflict)?;
            if open.version != *version {
                return Err(LedgerError::Conflict);
            }
            let mut request = Request::clone(open);
            for change in changes {
                request.apply(at, change)?;
            }
            Ok(None)
        }
    }
}
