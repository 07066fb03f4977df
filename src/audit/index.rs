//! The state that the log adds up to: the head, every open request, the trace of every request, and the sessions.
//!
//! Built from the verified chain at start, and advanced event by event after each durable commit. It has no other
//! source.

mod asked;
mod denials;
mod emergencies;
mod outlived;
mod replaying;
mod roster;

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::Event;
use super::Head;
use super::Link;
use super::Subject;
use super::chain::extend_trace;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::extension::check_pair;
use crate::grant::request::StateError;
use crate::grant::statement::Received;
use asked::Asked;
pub use denials::Denial;
use denials::denier;
use outlived::Outlived;
pub use replaying::replay;
pub use roster::JobRecord;
pub use roster::KeyRecord;
pub use roster::LoginRecord;
pub use roster::MAX_TOKEN_AGE;
use roster::Roster;
pub use roster::token_digest;

/// The most sessions of one person. A new session replaces the oldest.
const MAX_SESSIONS: usize = 20;
/// The same for a workload, which has one for each of its jobs.
const MAX_JOB_SESSIONS: usize = 500;

/// Why the index could not take an event: the log contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// An event is about an unknown request, or opens a request twice.
    #[error("event {0} does not fit the request it is about")]
    Stray(u64),
    /// The request cannot change in this way.
    #[error("event {sequence} is impossible: {cause}")]
    Impossible {
        /// The event's number.
        sequence: u64,
        /// Why the request cannot change in this way.
        cause: StateError,
    },
    /// The event is older than the one before it.
    #[error("event {0} is older than the one before it")]
    Backwards(u64),
}

/// A session as the log records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its owner.
    pub person: Name,
    /// The fingerprint of the key that logged in.
    pub key: String,
    /// When it began.
    pub began: Timestamp,
    /// When it expires.
    pub expires: Timestamp,
}

/// The count and running hash that protect the events of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// The request's digest.
    pub digest: Digest,
    /// The number of its events.
    pub count: u64,
    /// The running hash over its events.
    pub hash: [u8; 32],
}

/// The state that the log adds up to.
#[derive(Default)]
pub struct Index {
    head: Head,
    newest: Option<Timestamp>,
    revision: Option<Digest>,
    revised: Option<Timestamp>,
    commit: Option<String>,
    open: HashMap<Digest, Arc<Request>>,
    open_by_person: HashMap<Name, Vec<Digest>>,
    /// Break-glass requests that ended before anybody reviewed them.
    unreviewed: HashMap<Digest, Arc<Request>>,
    outlived: Outlived,
    traces: HashMap<RequestId, Trace>,
    by_person: BTreeMap<Name, Vec<RequestId>>,
    all: Vec<RequestId>,
    denials: HashMap<Name, Vec<Denial>>,
    asked: Asked,
    sessions: HashMap<Digest, SessionRecord>,
    gap: Option<Timestamp>,
    roster: Roster,
}

impl Index {
    /// The end of the log.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The time of the newest event.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// When the newest gap of events was accepted. Its lost events may include a denial. `None` if there was no gap.
    pub fn lost(&self) -> Option<Timestamp> {
        self.gap
    }

    /// The policy revision that the newest policy event named.
    pub fn revision(&self) -> Option<Digest> {
        self.revision
    }

    /// When that revision came into force. An event that only names another commit of it does not count.
    pub fn revised(&self) -> Option<Timestamp> {
        self.revised
    }

    /// The commit that the newest policy event named. `None` if it named none.
    pub fn commit(&self) -> Option<&str> {
        self.commit.as_deref()
    }

    /// The open request with this digest.
    pub fn open(&self, digest: &Digest) -> Option<&Arc<Request>> {
        self.open.get(digest)
    }

    /// Every open request.
    pub fn all_open(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.open.values()
    }

    /// Every open request of a person. Looks at nobody else's requests, so that asking does not slow down as the total
    /// grows.
    pub fn open_of(&self, person: &Name) -> impl Iterator<Item = &Arc<Request>> {
        self.open_by_person.get(person).into_iter().flatten().filter_map(|digest| self.open.get(digest))
    }

    /// The trace of a request.
    pub fn trace(&self, id: &RequestId) -> Option<&Trace> {
        self.traces.get(id)
    }

    /// The ids of a person's newest requests, newest first.
    pub fn of_person(&self, person: &Name, limit: usize) -> Vec<RequestId> {
        self.by_person
            .get(person)
            .map(|ids| ids.iter().rev().take(limit).cloned().collect())
            .unwrap_or_default()
    }

    /// The ids of everybody's newest requests, newest first.
    pub fn newest_requests(&self, limit: usize) -> Vec<RequestId> {
        self.all.iter().rev().take(limit).cloned().collect()
    }

    /// The session that a token's digest belongs to. `None` if there is none or it has expired.
    pub fn session(&self, token: &Digest, now: Timestamp) -> Option<&SessionRecord> {
        self.sessions.get(token).filter(|session| session.expires > now)
    }

    /// Every login that a sign-in proved.
    pub fn logins(&self) -> impl Iterator<Item = &LoginRecord> {
        self.roster.logins()
    }

    /// The newest proof of a login; see [`Evidence::login`](super::Evidence::login).
    pub fn login(&self, login: &str) -> Option<&LoginRecord> {
        self.roster.login(login)
    }

    /// The time up to which proofs of a login of this person count no more: a key was dropped, the person left, or the
    /// operator accepted a gap.
    pub fn cut(&self, login: &str, person: &Name) -> Option<Timestamp> {
        self.roster.cut(login, person)
    }

    /// An enrolled key with its login, by the key's fingerprint.
    pub fn enrolled_key(&self, fingerprint: &str) -> Option<(&LoginRecord, &KeyRecord)> {
        self.roster.enrolled_key(fingerprint)
    }

    /// Whether an enrolment says only what its login says already: the same key by the same token.
    pub fn has_enrolled(&self, enrolment: &Subject) -> bool {
        self.roster.has_enrolled(enrolment)
    }

    /// When a person last left. `None` if they never did.
    pub fn gone(&self, person: &Name) -> Option<Timestamp> {
        self.roster.gone(person)
    }

    /// Every job whose key may still count.
    pub fn jobs(&self) -> impl Iterator<Item = &JobRecord> {
        self.roster.jobs()
    }

    /// The job with this key, by its fingerprint.
    pub fn job(&self, fingerprint: &str) -> Option<&JobRecord> {
        self.roster.job(fingerprint)
    }

    /// Whether a token came in before, by [`token_digest`].
    pub fn has_entered(&self, token: &Digest) -> bool {
        self.roster.has_entered(token)
    }

    /// The number of the newest event that changed a login. 0 without any.
    pub fn edition(&self) -> u64 {
        self.roster.edition()
    }

    /// Every session that has not expired.
    pub fn sessions(&self, now: Timestamp) -> impl Iterator<Item = (&Digest, &SessionRecord)> {
        self.sessions.iter().filter(move |(_, session)| session.expires > now)
    }

    /// The open extension requests for a grant of this person.
    pub fn extensions_of(&self, person: &Name, first: &Digest) -> impl Iterator<Item = &Arc<Request>> {
        self.open_of(person).filter(move |open| open.extends() == Some(*first))
    }

    /// Applies the next event of the log. On error the index is unchanged, and the log must not be trusted any further.
    pub fn take(&mut self, link: &Link, event: &Event) -> Result<(), IndexError> {
        self.take_read(link, event, None)
    }

    /// Like `take`, for an event whose statement is parsed already: `received` is the statement of the request that the
    /// event opens.
    pub fn take_read(
        &mut self,
        link: &Link,
        event: &Event,
        received: Option<&Received>,
    ) -> Result<(), IndexError> {
        let sequence = event.sequence;
        if self.newest.is_some_and(|newest| event.at < newest) {
            return Err(IndexError::Backwards(sequence));
        }
        match &event.subject {
            Subject::Request { request, change } => {
                self.take_change(link, event, (request, change), received)?;
            }
            Subject::Policy { revision, commit } => {
                if self.revision.replace(*revision) != Some(*revision) {
                    self.revised = Some(event.at);
                }
                self.commit.clone_from(commit);
            }
            // The browser's session is kept in the broker's memory only: a restart ends it.
            Subject::PolicyRefused { .. } | Subject::PageOpened { .. } => {}
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
            Subject::Left { person, .. } => {
                self.sessions.retain(|_, session| session.person != *person);
            }
            Subject::KeyDropped { key, .. } => {
                self.sessions.retain(|_, session| session.key != *key);
            }
            Subject::Enrolled { .. }
            | Subject::Entered { .. }
            | Subject::Proved { .. }
            | Subject::Confirmed { .. } => {}
            Subject::GapAccepted { .. } => {
                self.sessions.clear();
                self.gap = Some(event.at);
            }
        }
        if event.subject.is_about_people() {
            let oldest = self.open.values().map(|request| request.statement.created).min();
            self.roster.take(sequence, event.at, &event.subject, oldest);
        }
        self.head = link.head();
        self.newest = Some(event.at);
        Ok(())
    }

    fn take_change(
        &mut self,
        link: &Link,
        event: &Event,
        (digest, change): (&Digest, &Change),
        received: Option<&Received>,
    ) -> Result<(), IndexError> {
        let stray = IndexError::Stray(event.sequence);
        let impossible = |cause| IndexError::Impossible { sequence: event.sequence, cause };
        let id = digest.request_id();
        if let Change::Requested { .. } = change {
            let begun = match received {
                Some(received) => Request::begin_read(event.at, change, received),
                None => Request::begin(event.at, change),
            };
            let request = begun.map_err(impossible)?;
            if request.digest != *digest || self.traces.contains_key(&id) {
                return Err(stray);
            }
            self.by_person.entry(request.requester().clone()).or_default().push(id.clone());
            self.open_by_person.entry(request.requester().clone()).or_default().push(*digest);
            self.all.push(id.clone());
            let hash = extend_trace(&[0; 32], &link.hash);
            self.traces.insert(id, Trace { digest: *digest, count: 1, hash });
            self.asked.take(&request, change, false, event.at);
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
        self.asked.take(&request, change, trace.count == 1, event.at);
        trace.count += 1;
        trace.hash = extend_trace(&trace.hash, &link.hash);
        if let Some(by) = denier(change, &request) {
            self.remember_denial(&request, change, by.clone(), event.at);
        }
        self.file(request);
        Ok(())
    }

    /// Puts a request into the collection that fits its state.
    fn file(&mut self, request: Request) {
        let digest = request.digest;
        if request.state.is_terminal() {
            self.open.remove(&digest);
            self.outlived.take(&request);
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
        let most = if self.roster.job(&record.key).is_some() { MAX_JOB_SESSIONS } else { MAX_SESSIONS };
        for (_, oldest) in own.iter().rev().skip(most - 1) {
            self.sessions.remove(oldest);
        }
        self.sessions.insert(token, record);
    }
}

#[cfg(test)]
pub(crate) mod tests;
