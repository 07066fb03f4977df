//! The only task that writes: it collects the appends that pass against the index, commits them, advances the head, and
//! answers.

use std::collections::HashMap;
use std::collections::HashSet;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::PoisonError;
use std::sync::RwLock;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::sync::oneshot;

use super::Append;
use super::Job;
use super::LedgerError;
use super::PAGE;
use crate::audit::ChainError;
use crate::audit::EVENTS;
use crate::audit::Event;
use crate::audit::Head;
use crate::audit::HeadFile;
use crate::audit::Index;
use crate::audit::Link;
use crate::audit::LogKey;
use crate::audit::Subject;
use crate::broker::metrics::Metrics;
use crate::broker::store::Notice;
use crate::broker::store::Outcome;
use crate::broker::store::Row;
use crate::broker::store::Store;
use crate::broker::watchers::Watchers;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::extension::check_pair;
use crate::grant::statement::Received;
use crate::grant::statement::Way;
use crate::judgement::budget;
use crate::judgement::docket;
use crate::judgement::household::check_agents;
use crate::judgement::refusal::Refusal;

/// The most appends in one commit.
const GROUP: usize = 256;

pub(super) struct Writer {
    pub(super) store: Arc<dyn Store>,
    pub(super) key: Arc<LogKey>,
    pub(super) index: Arc<RwLock<Index>>,
    pub(super) watchers: Arc<Watchers>,
    pub(super) metrics: Arc<Metrics>,
    /// `None` only while another thread syncs it.
    pub(super) head_file: Option<HeadFile>,
    /// Whether the head file does not name the newest event yet.
    pub(super) head_behind: bool,
    /// Whether a commit failed, so that the database must be read before the next one.
    pub(super) doubtful: bool,
}

/// An append that waits, with its answer's channel.
struct Waiting {
    append: Append,
    answer: oneshot::Sender<Result<u64, LedgerError>>,
}

/// The contents of one commit.
#[derive(Default)]
struct Group {
    rows: Vec<Row>,
    /// The event of each row, and the statement of the request that it opens.
    events: Vec<(Event, Option<Arc<Received>>)>,
    notices: Vec<Notice>,
    answers: Vec<(u64, oneshot::Sender<Result<u64, LedgerError>>)>,
}

impl Writer {
    pub(super) async fn run(mut self, mut incoming: mpsc::Receiver<Job>) {
        let mut waiting = VecDeque::new();
        let mut fresh = Vec::with_capacity(GROUP);
        loop {
            if waiting.is_empty() && incoming.recv_many(&mut fresh, GROUP).await == 0 {
                return;
            }
            let mut caught_up = Vec::new();
            for job in fresh.drain(..) {
                match job {
                    Job::Append(append, answer) => waiting.push_back(Waiting { append, answer }),
                    Job::CatchUp(answer) => caught_up.push(answer),
                }
            }
            if self.doubtful
                && let Err(error) = self.settle_doubt().await
            {
                tracing::error!(%error, "the log cannot be read back after a failed write");
                // Callers that wait for the index are not answered either: their channel closes.
                for job in waiting.drain(..) {
                    let _ = job.answer.send(Err(LedgerError::Closed));
                }
                continue;
            }
            // Between two commits the index has every event of the database.
            for answer in caught_up {
                let _ = answer.send(());
            }
            let group = self.gather(&mut waiting);
            self.commit(group).await;
        }
    }

    /// Takes as many appends as can be checked against the current index: one per request, and one new request per
    /// person or per all agents of one owner.
    fn gather(&self, waiting: &mut VecDeque<Waiting>) -> Group {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut group = Group::default();
        let mut head = index.head();
        let mut newest = index.newest();
        let mut touched: HashSet<Digest> = HashSet::new();
        let mut people: HashSet<Name> = HashSet::new();
        let mut later = VecDeque::new();
        while let Some(job) = waiting.pop_front() {
            let requests = involved(&job.append);
            if requests.iter().any(|request| touched.contains(request)) {
                later.push_back(job);
                continue;
            }
            let at = newest.map_or(job.append.at, |newest| newest.max(job.append.at));
            match check(&index, &job.append, at) {
                Ok(askers) if askers.iter().any(|asker| people.contains(asker)) => {
                    later.push_back(job);
                    continue;
                }
                Ok(askers) => people.extend(askers),
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
            let received = append.expects.received().filter(|_| events.is_empty());
            events.push((event, received.cloned()));
        }
        if let Some(matter) = append.subjects.iter().find_map(Subject::matter) {
            group.notices.extend(append.notices.iter().map(|(about, place)| Notice {
                matter,
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
            for (row, (event, received)) in group.rows.iter().zip(&group.events) {
                if let Err(error) = index.take_read(&row.link, event, received.as_deref()) {
                    // The event passed the check a moment ago, so this is a bug. The next start reads the whole log
                    // again.
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
                for (event, received) in &group.events {
                    tell(event, received.as_deref());
                    self.metrics.recorded(event);
                }
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

    /// Syncs the index's head to the key folder.
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

    /// Resolves a failed commit: if it reached the disk after all, the index takes its events now.
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

/// Logs an event that is durably recorded.
fn tell(event: &Event, received: Option<&Received>) {
    let request = event.subject.request().map(|digest| tracing::field::display(digest.request_id()));
    let from = event.source.as_deref();
    let what = event.subject.describe_read(received.and_then(Received::asked));
    tracing::info!(target: EVENTS, request, from, "{what}");
}

/// Every request that an append changes or depends on.
fn involved(append: &Append) -> Vec<Digest> {
    let relied_on = append.expects.versions().into_iter().map(|(digest, _)| digest);
    let subjects = append.subjects.iter().filter_map(|subject| match subject {
        // Two enrolments of a key are checked one after the other.
        Subject::Enrolled { key, .. } => Some(Digest::of(key.as_bytes())),
        other => other.request().copied(),
    });
    subjects.chain(relied_on).collect()
}

/// Checks an append against the index. Returns those whose limits a new request counts against. Empty without a new request.
fn check(index: &Index, append: &Append, at: Timestamp) -> Result<Vec<Name>, LedgerError> {
    let mut requests: HashMap<Digest, Request> = HashMap::new();
    for (digest, version) in append.expects.versions() {
        let open =
            index.changeable(&digest).filter(|open| open.version == version).ok_or(LedgerError::Conflict)?;
        requests.insert(digest, Request::clone(open));
    }
    let received = append.expects.received();
    let mut askers = Vec::new();
    for subject in &append.subjects {
        if index.has_enrolled(subject) {
            return Err(LedgerError::Enrolled);
        }
        let Subject::Request { request: digest, change } = subject else { continue };
        if let Some(received) = received.filter(|_| askers.is_empty()) {
            let request = Request::begin_read(at, change, received)?;
            if request.digest != *digest {
                return Err(LedgerError::Conflict);
            }
            let first = request.extends().and_then(|first| index.open(&first));
            check_agents(index, &append.agents, digest, at)?;
            docket::admit(index, digest, &request.statement, first.map(AsRef::as_ref), at)?;
            check_budget(index, append, &request, at)?;
            askers.push(request.requester().clone());
            askers.extend(append.agents.iter().cloned());
            requests.insert(*digest, request);
            continue;
        }
        check_pair(digest, change, |other| requests.get(other))?;
        requests.get_mut(digest).ok_or(LedgerError::Conflict)?.apply(at, change)?;
    }
    if received.is_some() && askers.is_empty() { Err(LedgerError::Conflict) } else { Ok(askers) }
}

/// Checks a new request that asks reviewers against those of the last hour. A request that is approved as it comes in asks nobody,
/// break-glass is never refused by this, and each job of a workload asks for itself.
fn check_budget(index: &Index, append: &Append, request: &Request, at: Timestamp) -> Result<(), Refusal> {
    let asked = &request.statement;
    if append.subjects.len() > 1 || asked.way == Way::BreakGlass || asked.is_of_a_workload() {
        return Ok(());
    }
    match append.agents.as_slice() {
        [] => budget::check(index.asked_by(request.requester()), false, at),
        agents => budget::check(agents.iter().flat_map(|agent| index.asked_by(agent)), true, at),
    }
}
