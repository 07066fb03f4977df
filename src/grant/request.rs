//! A request and its state machine: `pending → approved → active → ended`, or `denied`, `cancelled`, `expired`,
//! `revoked`.
//!
//! Four clocks run: pending (from the request), unused (from the approval), grant (from activation) and lease (each
//! mint). Every end is within the `not_after` of the statement that set it: the request's own, or that of an extension.

mod beginning;
mod glass;
mod reviews;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::Change;
use super::Digest;
use super::Extension;
use super::Name;
use super::RequestId;
use super::Signed;
use super::change::Lapse;
use super::span::Span;
use super::statement::RequestStatement;
use super::statement::RequestedScope;
use super::statement::ReviewStatement;
use super::statement::StatementError;
use super::text;

/// The state of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for reviews.
    Pending,
    /// It may be activated.
    Approved,
    /// The grant is active: credentials may be minted.
    Active,
    /// The grant is over.
    Ended,
    /// An eligible reviewer denied it.
    Denied,
    /// The requester took it back.
    Cancelled,
    /// A clock ran out before the grant began.
    Expired,
    /// A person or the policy revoked it.
    Revoked,
}

impl State {
    /// Whether the state is final.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::Approved | Self::Active)
    }

    /// The word shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Active => "active",
            Self::Ended => "ended",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}

/// One person's latest review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The reviewer.
    pub by: Name,
    /// When the authority received it.
    pub at: Timestamp,
    /// The signed review.
    pub statement: ReviewStatement,
    /// The bytes and the signature.
    pub signed: Signed,
}

/// One minted lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Minted {
    /// The lease's number.
    pub lease: u32,
    /// When it was minted.
    pub at: Timestamp,
    /// When its credentials expire.
    pub expires: Timestamp,
    /// A handle by which their place takes them back. `None` where there is none.
    pub handle: Option<String>,
    /// When the last of them ends at its place, where that is later.
    pub last_end: Option<Timestamp>,
}

impl Minted {
    /// When nothing of it works any more.
    fn until(&self) -> Timestamp {
        self.last_end.map_or(self.expires, |end| end.max(self.expires))
    }
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// When it ended.
    pub at: Timestamp,
    /// The person who ended it. `None` if a clock or the policy did.
    pub by: Option<Name>,
    /// The reason, for people to read.
    pub why: String,
}

/// Why a change is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The request's state does not allow the change.
    #[error("the request is {}; it cannot be {change} now", state.as_str())]
    Impossible {
        /// The request's state.
        state: State,
        /// The change's word.
        change: &'static str,
    },
    /// The change is older than the one before it.
    #[error("the change is older than the one before it")]
    Backwards,
    /// The lease number is not the next one.
    #[error("credentials number {0} is not the next one")]
    LeaseNumber(u32),
    /// The credentials or the grant would outlast the request.
    #[error("it would last longer than the request allows")]
    TooLong,
    /// The approval is for another scope than the request.
    #[error("the request is for another scope")]
    OtherScope,
    /// The requested start is still ahead.
    #[error("the access starts at {0}")]
    NotYet(Timestamp),
    /// The reviewer is the requester, or has denied before, which is final.
    #[error("{0} cannot give this review")]
    Reviewer(Name),
    /// The statement inside the change is malformed or of another kind.
    #[error("the change's statement is damaged: {0}")]
    Statement(String),
}

impl From<StatementError> for StateError {
    fn from(error: StatementError) -> Self {
        Self::Statement(error.to_string())
    }
}

/// A request, replayed from its changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The SHA-256 of the canonical bytes.
    pub digest: Digest,
    /// The request's statement.
    pub statement: RequestStatement,
    /// The bytes and the signature.
    pub signed: Signed,
    /// The address that the request came from.
    pub source: Option<String>,
    /// The state after the last change. [`Request::state_at`] also heeds the clocks.
    pub state: State,
    /// The number of changes so far.
    pub version: u64,
    /// When the last change happened.
    pub changed: Timestamp,
    /// When the authority received it.
    pub taken: Timestamp,
    /// When people were notified again because the request was undecided.
    pub reminded: Option<Timestamp>,
    /// When the request expires undecided.
    pub pending_until: Timestamp,
    /// When an unused approval expires. Set by approval.
    pub unused_until: Option<Timestamp>,
    /// How long the grant lasts. Set by approval.
    pub approved_duration: Option<Span>,
    /// The people whose reviews satisfied the rule. Set by approval.
    pub approved_by: Vec<Name>,
    /// The approved scope. Set by approval. `None` for the whole role, and if the version that approved it did not
    /// record it.
    pub approved_scope: Option<RequestedScope>,
    /// When the grant ends. Set by activation.
    pub active_until: Option<Timestamp>,
    /// The latest review of each person, in order of arrival.
    pub reviews: Vec<Review>,
    /// The one review of a break-glass request, given afterwards.
    pub acknowledged: Option<Review>,
    /// The extensions that moved the grant's end, in order of arrival.
    pub extensions: Vec<Extension>,
    /// Every minted lease.
    pub leases: Vec<Minted>,
    /// How the request ended.
    pub closing: Option<Closing>,
}

impl Request {
    /// Replays a request from all its changes, in order.
    pub fn replay<'a>(
        changes: impl IntoIterator<Item = (Timestamp, &'a Change)>,
    ) -> Result<Self, StateError> {
        let mut changes = changes.into_iter();
        let (at, first) = changes.next().ok_or_else(|| StateError::Statement("there is none".to_owned()))?;
        let mut request = Self::begin(at, first)?;
        for (at, change) in changes {
            request.apply(at, change)?;
        }
        Ok(request)
    }

    /// The id that people type.
    pub fn id(&self) -> RequestId {
        self.digest.request_id()
    }

    /// The requester.
    pub fn requester(&self) -> &Name {
        &self.statement.header.who
    }

    /// The request's state at `now`, with expired clocks taken into account.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.due(now) {
            Some(Change::Expired { .. }) => State::Expired,
            Some(_) => State::Ended,
            None => self.state,
        }
    }

    /// The change that a clock has caused and that is not recorded yet.
    pub fn due(&self, now: Timestamp) -> Option<Change> {
        let not_after = self.statement.not_after;
        match self.state {
            State::Pending if now >= self.pending_until.min(not_after) => {
                Some(Change::Expired { lapse: Lapse::NobodyDecided })
            }
            State::Approved if now >= self.unused_until.unwrap_or(not_after).min(not_after) => {
                Some(Change::Expired { lapse: Lapse::NeverUsed })
            }
            // The end was checked against the `not_after` of its statement when it was set.
            State::Active if now >= self.active_until.unwrap_or(not_after) => {
                Some(Change::Ended { by: None })
            }
            _ => None,
        }
    }

    /// The number that the next lease must have.
    pub fn next_lease(&self) -> u32 {
        self.leases.last().map_or(1, |minted| minted.lease.saturating_add(1))
    }

    /// The end of the grant if it began now, never after `not_after`. An extension has no grant of its own, so its end
    /// is its own `not_after`.
    pub fn end_if_activated(&self, now: Timestamp) -> Timestamp {
        if self.extends().is_some() {
            return self.statement.not_after;
        }
        let duration = self.approved_duration.unwrap_or(self.statement.duration).min(self.statement.duration);
        duration.after(now).min(self.statement.not_after)
    }

    /// When the last minted credentials stop working at their place. `None` if none work.
    pub fn credentials_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.leases.iter().map(Minted::until).max().filter(|until| *until > now)
    }

    /// Applies one change, or returns why it is impossible. An error leaves the request unchanged.
    pub fn apply(&mut self, at: Timestamp, change: &Change) -> Result<(), StateError> {
        if at < self.changed {
            return Err(StateError::Backwards);
        }
        // An expired clock takes precedence over any other change.
        let state = match self.due(at) {
            Some(due) if due != *change => self.state_at(at),
            _ => self.state,
        };
        let impossible = StateError::Impossible { state, change: change.word() };
        let emergency = self.is_emergency();
        match (change, state) {
            (Change::Reviewed { by, verdict, signed }, State::Pending | State::Approved) if !emergency => {
                self.review(at, by, *verdict, signed)?;
            }
            (Change::Approved { duration, unused_until, by, scope }, State::Pending) if !emergency => {
                if self.statement.scope.is_some() && scope.is_some() && *scope != self.statement.scope {
                    return Err(StateError::OtherScope);
                }
                self.approve(*duration, *unused_until)?;
                self.approved_by.clone_from(by);
                self.approved_scope.clone_from(scope);
            }
            (Change::GlassBroken { duration, unused_until }, State::Pending) if emergency => {
                self.approve(*duration, *unused_until)?;
            }
            (Change::Acknowledged { by, signed }, _) if self.is_unreviewed() => {
                self.acknowledge(at, by, signed)?;
            }
            (Change::Reminded, State::Pending) if self.reminded.is_none() => self.reminded = Some(at),
            (Change::Denied { by, on_page: None }, State::Pending | State::Approved) => {
                self.close(at, State::Denied, Some(by), format!("{by} denied it"));
            }
            // A break-glass is reviewed by signature only.
            (Change::Denied { by, on_page: Some(said) }, State::Pending | State::Approved) if !emergency => {
                if by == self.requester() {
                    return Err(StateError::Reviewer(by.clone()));
                }
                text::check(&said.comment).map_err(|error| StateError::Statement(error.to_string()))?;
                let why = format!("{by} denied it on the approval page: {}", said.comment);
                self.close(at, State::Denied, Some(by), why);
            }
            (Change::Cancelled { by }, State::Pending | State::Approved) => {
                self.close(at, State::Cancelled, Some(by), "taken back by its requester".to_owned());
            }
            (Change::Activated { until }, State::Approved) => {
                if let Some(start) = self.statement.start.filter(|start| *start > at) {
                    return Err(StateError::NotYet(start));
                }
                if *until > self.end_if_activated(at) {
                    return Err(StateError::TooLong);
                }
                self.state = State::Active;
                self.active_until = Some(*until);
            }
            (Change::Extended { signed, until }, State::Active) => self.extend(at, signed, *until)?,
            // An extension only moves the end of the first request's grant. Nothing is minted under it.
            (Change::Minted { lease, expires, handle, last_end }, State::Active)
                if self.extends().is_none() =>
            {
                let (lease, expires) = (*lease, *expires);
                self.mint(Minted { lease, at, expires, handle: handle.clone(), last_end: *last_end })?;
            }
            (Change::Ended { by }, State::Active) => {
                let why = by.as_ref().map_or("the time is up".to_owned(), |by| format!("{by} ended it"));
                self.close(at, State::Ended, by.as_ref(), why);
            }
            (Change::Revoked { by, reason, .. }, State::Pending | State::Approved | State::Active) => {
                self.close(at, State::Revoked, by.as_ref(), reason.clone());
            }
            (Change::Expired { lapse }, State::Pending | State::Approved)
                if self.due(at).as_ref() == Some(change) =>
            {
                let why = match lapse {
                    Lapse::NobodyDecided => "nobody decided in time",
                    Lapse::NeverUsed => "approved, but never used",
                };
                self.close(at, State::Expired, None, why.to_owned());
            }
            _ => return Err(impossible),
        }
        self.version += 1;
        self.changed = at;
        Ok(())
    }

    fn approve(&mut self, duration: Span, unused_until: Timestamp) -> Result<(), StateError> {
        if duration > self.statement.duration {
            return Err(StateError::TooLong);
        }
        self.state = State::Approved;
        self.approved_duration = Some(duration);
        self.unused_until = Some(unused_until);
        Ok(())
    }

    fn mint(&mut self, minted: Minted) -> Result<(), StateError> {
        if minted.lease != self.next_lease() {
            return Err(StateError::LeaseNumber(minted.lease));
        }
        if minted.expires <= minted.at {
            return Err(StateError::Backwards);
        }
        self.leases.push(minted);
        Ok(())
    }

    fn close(&mut self, at: Timestamp, state: State, by: Option<&Name>, why: String) {
        self.state = state;
        self.closing = Some(Closing { at, by: by.cloned(), why });
    }
}
