//! What the log amounts to: the head, every request that is still open, the trace of every request, and the sessions.
//!
//! Built from the verified chain at start and advanced event by event after each durable commit; nothing else feeds it.

mod denials;
mod emergencies;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::ChainError;
use super::Event;
use super::Head;
use super::Link;
use super::LogKey;
use super::Subject;
use super::chain::extend_trace;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::extension::check_pair;
use crate::grant::request::StateError;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
pub use denials::Denial;
use denials::denier;

/// How many requests of one person may wait for reviews.
pub const MAX_PENDING: usize = 10;
/// How many sessions one person may have; the oldest gives way.
const MAX_SESSIONS: usize = 20;

/// Why the index could not take an event: the log says something impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// An event is about a request that was never asked, or asks it twice.
    #[error("event {0} does not fit the request it is about")]
    Stray(u64),
    /// The change is not possible.
    #[error("event {sequence} is impossible: {cause}")]
    Impossible {
        /// Which event.
        sequence: u64,
        /// Why.
        cause: StateError,
    },
    /// Time went backwards.
    #[error("event {0} is older than the one before it")]
    Backwards(u64),
}

/// Why a new request is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Admission {
    /// The same bytes were taken before.
    #[error("this request was taken before")]
    Known(RequestId),
    /// Another request has the same id.
    #[error("another request has the id {0}")]
    Collision(RequestId),
    /// The same person has an open request for the same role and scope.
    #[error("request {0} is open for the same role")]
    Open(RequestId),
    /// The same person's last emergency has not been reviewed.
    #[error("the emergency access of request {0} has not been reviewed yet")]
    Unreviewed(RequestId),
    /// The same person's last emergency of this kind was found wrong within the last day.
    #[error("{0} found the last emergency access to this role wrong")]
    FoundWrong(Name),
    /// What the request asks more time for is not there, or not to be extended by it.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
    /// Too many wait already.
    #[error("{MAX_PENDING} requests wait for reviews already")]
    TooManyPending,
}

/// A session as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Whose.
    pub person: Name,
    /// The fingerprint of the key that logged in.
    pub key: String,
    /// When it began.
    pub began: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// What ties the events of one request together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The request's digest.
    pub digest: Digest,
    /// How many events there are.
    pub count: u64,
    /// The running hash over them.
    pub hash: [u8; 32],
}

/// See the module's documentation.
#[derive(Default)]
pub struct Index {
    head: Head,
    newest: Option<Timestamp>,
    revision: Option<Digest>,
    commit: Option<String>,
    open: HashMap<Digest, Arc<Request>>,
    open_by_person: HashMap<Name, Vec<Digest>>,
    /// Emergencies that came to their end before anybody reviewed them.
    unreviewed: HashMap<Digest, Arc<Request>>,
    traces: HashMap<RequestId, Trace>,
    by_person: BTreeMap<Name, Vec<RequestId>>,
    all: Vec<RequestId>,
    denials: Vec<Denial>,
    sessions: HashMap<Digest, SessionRecord>,
    gap: Option<Timestamp>,
}

impl Index {
    /// Where the log ends.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The time of the newest event.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Whether events were lost within the last day, a denial perhaps among them.
    pub fn lost_lately(&self, now: Timestamp) -> bool {
        self.gap.is_some_and(|gap| denials::counts(gap, now))
    }

    /// The revision of the policy that the newest policy event named.
    pub fn revision(&self) -> Option<Digest> {
        self.revision
    }

    /// The commit that the newest policy event named, if it named one.
    pub fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }

    /// A request that has not come to its end.
    pub fn open(&self, digest: &Digest) -> Option<&Arc<Request>> {
        self.open.get(digest)
    }

    /// Every request that has not come to its end.
    pub fn all_open(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.open.values()
    }

    /// Every request of a person that has not come to its end. Looks at no others: asking must not get slower with how many
    /// requests everybody has.
    pub fn open_of(&self, person: &Name) -> impl Iterator<Item = &Arc<Request>> {
        self.open_by_person.get(person).into_iter().flatten().filter_map(|digest| self.open.get(digest))
    }

    /// The trace of a request.
    pub fn trace(&self, id: &RequestId) -> Option<&Trace> {
        self.traces.get(id)
    }

    /// The ids of a person's newest requests, the newest first.
    pub fn of_person(&self, person: &Name, limit: usize) -> Vec<RequestId> {
        self.by_person
            .get(person)
            .map(|ids| ids.iter().rev().take(limit).cloned().collect())
            .unwrap_or_default()
    }

    /// The ids of everybody's newest requests, the newest first.
    pub fn newest_requests(&self, limit: usize) -> Vec<RequestId> {
        self.all.iter().rev().take(limit).cloned().collect()
    }

    /// The session that a token's digest belongs to, unless it is over.
    pub fn session(&self, token: &Digest, now: Timestamp) -> Option<&SessionRecord> {
        self.sessions.get(token).filter(|session| session.expires > now)
    }

    /// The open requests for more time for a grant of this person.
    pub fn extensions_of(&self, person: &Name, first: &Digest) -> impl Iterator<Item = &Arc<Request>> {
        self.open_of(person).filter(move |open| open.extends() == Some(*first))
    }

    /// The open request that stands in the way of another one: of the same person for the same role and scope, or, for more
    /// time, one that still waits for the same grant. The two kinds know nothing of each other.
    pub fn in_the_way(&self, asked: &RequestStatement, now: Timestamp) -> Option<&Arc<Request>> {
        self.open_of(&asked.header.who).find(|open| match asked.extends() {
            Some(first) => open.extends() == Some(first) && open.state_at(now) == State::Pending,
            None => {
                open.statement.way == asked.way
                    && is_same_piece(&open.statement, asked)
                    && !open.state_at(now).is_terminal()
            }
        })
    }

    /// Whether a new request may be taken: its id is free, none stands in its way, and not too many wait. More time is asked
    /// only for an active grant of the same person, for the same thing.
    pub fn admit(&self, digest: &Digest, asked: &RequestStatement, now: Timestamp) -> Result<(), Admission> {
        let id = digest.request_id();
        if let Some(trace) = self.traces.get(&id) {
            return Err(if trace.digest == *digest {
                Admission::Known(id)
            } else {
                Admission::Collision(id)
            });
        }
        if asked.way == Way::BreakGlass {
            return self.admit_emergency(asked, now);
        }
        if let Some(first) = asked.extends() {
            let first = self.open(&first).ok_or(ExtensionError::Unknown)?;
            first.check_extension(asked, now)?;
        }
        if let Some(open) = self.in_the_way(asked, now) {
            return Err(Admission::Open(open.id()));
        }
        let waits = |open: &&Arc<Request>| {
            open.extends().is_some() == asked.extends().is_some() && open.state_at(now) == State::Pending
        };
        if self.open_of(&asked.header.who).filter(waits).count() >= MAX_PENDING {
            return Err(Admission::TooManyPending);
        }
        Ok(())
    }

    /// Takes the next event of the log. On error nothing has changed, and the log must not be trusted any further.
    pub fn take(&mut self, link: &Link, event: &Event) -> Result<(), IndexError> {
        let sequence = event.sequence;
        if self.newest.is_some_and(|newest| event.at < newest) {
            return Err(IndexError::Backwards(sequence));
        }
        match &event.subject {
            Subject::Request { request, change } => self.take_change(link, event, request, change)?,
            Subject::Policy { revision, commit } => {
                self.revision = Some(*revision);
                self.commit.clone_from(commit);
            }
            Subject::PolicyRefused { .. } => {}
            Subject::LoggedIn { person, key, session, expires } => {
                let record = SessionRecord {
                    person: person.clone(),
                    key: key.clone(),
                    began: event.at,
                    expires: *expires,
                };
                self.begin_session(*session, record);
            }
            Subject::LoggedOut { session, .. } => {
                self.sessions.remove(session);
            }
            Subject::GapAccepted { .. } => {
                self.sessions.clear();
                self.gap = Some(event.at);
            }
        }
        self.head = link.head();
        self.newest = Some(event.at);
        Ok(())
    }

    fn take_change(
        &mut self,
        link: &Link,
        event: &Event,
        digest: &Digest,
        change: &Change,
    ) -> Result<(), IndexError> {
        let stray = IndexError::Stray(event.sequence);
        let impossible = |cause| IndexError::Impossible { sequence: event.sequence, cause };
        let id = digest.request_id();
        if let Change::Requested { .. } = change {
            let request = Request::begin(event.at, change).map_err(impossible)?;
            if request.digest != *digest || self.traces.contains_key(&id) {
                return Err(stray);
            }
            self.by_person.entry(request.requester().clone()).or_default().push(id.clone());
            self.open_by_person.entry(request.requester().clone()).or_default().push(*digest);
            self.all.push(id.clone());
            let hash = extend_trace(&[0; 32], &link.hash);
            self.traces.insert(id, Trace { digest: *digest, count: 1, hash });
            self.open.insert(*digest, Arc::new(request));
            return Ok(());
        }
        check_pair(digest, change, |other| self.open.get(other).map(AsRef::as_ref)).map_err(impossible)?;
        let known = self.open.get(digest).or_else(|| self.unreviewed.get(digest));
        let (Some(open), Some(trace)) = (known, self.traces.get_mut(&id)) else {
            return Err(stray);
        };
        let mut request = Request::clone(open);
        request.apply(event.at, change).map_err(impossible)?;
        trace.count += 1;
        trace.hash = extend_trace(&trace.hash, &link.hash);
        if let Some(by) = denier(change, &request) {
            self.remember_denial(&request, by.clone(), event.at);
        }
        self.file(request);
        Ok(())
    }

    /// Files a request where it belongs now.
    fn file(&mut self, request: Request) {
        let digest = request.digest;
        if request.state.is_terminal() {
            self.open.remove(&digest);
            if let Some(own) = self.open_by_person.get_mut(request.requester()) {
                own.retain(|other| *other != digest);
            }
            if request.is_unreviewed() {
                self.unreviewed.insert(digest, Arc::new(request));
            } else {
                self.unreviewed.remove(&digest);
            }
        } else {
            self.open.insert(digest, Arc::new(request));
        }
    }

    fn begin_session(&mut self, token: Digest, record: SessionRecord) {
        let (began, person) = (record.began, record.person.clone());
        self.sessions.retain(|_, session| session.expires > began);
        let mut own: Vec<(Timestamp, Digest)> = self
            .sessions
            .iter()
            .filter(|(_, session)| session.person == person)
            .map(|(token, session)| (session.began, *token))
            .collect();
        own.sort();
        for (_, oldest) in own.iter().rev().skip(MAX_SESSIONS - 1) {
            self.sessions.remove(oldest);
        }
        self.sessions.insert(token, record);
    }
}

/// Whether two requests are for the same role and piece of it.
fn is_same_piece(one: &RequestStatement, other: &RequestStatement) -> bool {
    let scope = |asked: &RequestStatement| asked.scope.as_ref().map(|scope| scope.name.clone());
    one.role == other.role && scope(one) == scope(other)
}

/// Verifies the stored events of one request and holds them against its trace.
pub fn replay(key: &LogKey, trace: &Trace, links: &[Link]) -> Result<Vec<(Timestamp, Change)>, ChainError> {
    let incomplete = || ChainError::Incomplete(trace.digest.request_id().to_string());
    let mut changes = Vec::with_capacity(links.len());
    let mut hash = [0; 32];
    for link in links {
        let event = link.verify(key)?;
        match event.subject {
            Subject::Request { request, change } if request == trace.digest => {
                changes.push((event.at, change));
            }
            _ => return Err(incomplete()),
        }
        hash = extend_trace(&hash, &link.hash);
    }
    if links.len() as u64 != trace.count || hash != trace.hash {
        return Err(incomplete());
    }
    Ok(changes)
}

#[cfg(test)]
mod tests;
