//! The facts that an authority's log has about other requests, and the rules that use them.
//!
//! A broker's index and a repository's index both implement [`Docket`]. The rules are the functions below, and know
//! neither.

use jiff::Timestamp;

use super::clocks;
use super::refusal::Refusal;
use crate::grant::Digest;
use crate::grant::ExtensionError;
use crate::grant::JobRun;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::WorkloadRun;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

/// One request in the log, as rules about other requests see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filed<'a> {
    /// Its digest.
    pub digest: Digest,
    /// The way into the role that it takes.
    pub way: Way,
    /// The role.
    pub role: &'a Name,
    /// The scope that it asked for. `None` for the whole role.
    pub scope: Option<&'a Name>,
    /// Its state, with expiries applied.
    pub state: State,
    /// The requested start. `None` if there is none, or if the log does not keep it.
    pub start: Option<Timestamp>,
    /// The run that asks. `None` for a person's request, or if the log does not keep it.
    pub workload: Option<&'a WorkloadRun>,
    /// The job that asks a broker. `None` for a person's request.
    pub job: Option<&'a JobRun>,
}

impl<'a> Filed<'a> {
    /// Makes it from a complete request.
    pub fn of(request: &'a Request, now: Timestamp) -> Self {
        Self { state: request.state_at(now), ..Self::asked(request.digest, &request.statement) }
    }

    /// Makes it from a pending request.
    pub fn asked(digest: Digest, asked: &'a RequestStatement) -> Self {
        Self {
            digest,
            way: asked.way,
            role: &asked.role,
            scope: asked.scope.as_ref().map(|scope| &scope.name),
            state: State::Pending,
            start: asked.start,
            workload: asked.workload.as_ref(),
            job: asked.job.as_ref(),
        }
    }

    fn is_same_piece(&self, asked: &RequestStatement) -> bool {
        *self.role == asked.role && self.scope == asked.scope.as_ref().map(|scope| &scope.name)
    }

    /// Whether it prevents a new request: it is open for the same role and scope by the same way, or both are
    /// extensions of the same grant and this one is pending. Extensions and ordinary requests do not prevent each
    /// other.
    pub(super) fn is_in_the_way_of(&self, asked: &RequestStatement) -> bool {
        match asked.way {
            Way::Extend(_) => self.way == asked.way && self.state == State::Pending,
            // Each run of a workload asks for itself, so that an unapproved request for one commit does not block the
            // next.
            _ if self.state == State::Pending
                && (self.workload != asked.workload.as_ref() || self.job != asked.job.as_ref()) =>
            {
                false
            }
            way => self.way == way && self.is_same_piece(asked) && !self.state.is_terminal(),
        }
    }
}

/// The commands for which a denied request was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand<'a> {
    /// The log does not keep it.
    Unknown,
    /// Any command.
    Any,
    /// Exactly this one.
    One(&'a Purpose),
}

impl<'a> Errand<'a> {
    /// The errand of a request with this purpose.
    pub fn of(purpose: Option<&'a Purpose>) -> Self {
        purpose.map_or(Self::Any, Self::One)
    }
}

/// One denial in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial<'a> {
    /// The denied request.
    pub digest: Digest,
    /// The way by which it asked.
    pub way: Way,
    /// The requester.
    pub who: &'a Name,
    /// The role.
    pub role: &'a Name,
    /// The scope that it asked for. `None` for the whole role.
    pub scope: Option<&'a Name>,
    /// The commands that it was for.
    pub errand: Errand<'a>,
    /// When it was denied.
    pub at: Timestamp,
    /// The person who denied it. `None` if the log does not keep it.
    pub by: Option<&'a Name>,
    /// That person's comment. Empty if there was none, or if the log does not keep it.
    pub said: &'a str,
}

impl Denial<'_> {
    /// The denied request in words, for the reviewers of another one for the same role and scope: `an equal request` only if it asked
    /// for the same, and was for the same command.
    pub fn what(&self, asked: &RequestStatement) -> String {
        let (role, who) = (self.role, self.who);
        let of = if *who == asked.header.who { String::new() } else { format!(" of {who}") };
        match self.way {
            Way::Extend(_) => return format!("more time for {role}{of}"),
            Way::BreakGlass => return format!("emergency access to {role}{of}"),
            Way::Request => {}
        }
        let is_like = asked.way == Way::Request && of.is_empty();
        match self.errand {
            errand if is_like && errand == Errand::of(asked.purpose.as_ref()) => {
                "an equal request".to_owned()
            }
            Errand::One(_) if asked.purpose.is_some() => {
                format!("a request{of} for {role}, for another command,")
            }
            Errand::One(_) => format!("a request{of} for {role}, for one command,"),
            Errand::Any if asked.purpose.is_some() => format!("a request{of} for {role}, for any command,"),
            Errand::Any | Errand::Unknown => format!("a request{of} for {role}"),
        }
    }
}

/// The log's knowledge of other requests.
pub trait Docket {
    /// The request with this id, in any state.
    fn with_id(&self, id: &RequestId) -> Option<Digest>;

    /// Every open request of a person.
    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>>;

    /// Every denial of a person's requests that the log keeps: at least those of the last 24 hours.
    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>>;

    /// A person's break-glass without a review, open or ended.
    fn unreviewed_of(&self, who: &Name, now: Timestamp) -> Option<Filed<'_>>;

    /// When the newest loss of events was accepted. `None` if there was none.
    fn lost(&self) -> Option<Timestamp>;
}

/// Refuses a request whose id another request has already.
///
/// # Errors
/// [`Refusal::Collision`].
pub fn check_collision(docket: &impl Docket, digest: &Digest) -> Result<(), Refusal> {
    let id = digest.request_id();
    let other = docket.with_id(&id).filter(|other| other != digest);
    other.map_or(Ok(()), |_| Err(Refusal::Collision(id)))
}

/// The open request that prevents a new one.
pub fn in_the_way<'a>(
    docket: &'a impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Option<Filed<'a>> {
    let open = docket.open_of(&asked.header.who, now);
    open.into_iter().find(|open| open.digest != *digest && open.is_in_the_way_of(asked))
}

/// Checks that a new request may be accepted: its id is free, no other request prevents it, and not too many are
/// pending. `first` is the grant that it extends, as in the log.
///
/// # Errors
/// One of these conditions fails.
pub fn admit(
    docket: &impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    first: Option<&Request>,
    now: Timestamp,
) -> Result<(), Refusal> {
    check_collision(docket, digest)?;
    if docket.with_id(&digest.request_id()).is_some() {
        return Err(Refusal::TakenBefore(digest.request_id()));
    }
    if asked.way == Way::BreakGlass {
        return admit_emergency(docket, asked, now);
    }
    if asked.extends().is_some() {
        first.ok_or(ExtensionError::Unknown)?.check_extension(asked, now)?;
    }
    check_room(docket, digest, asked, now)
}

/// Refuses a request if another one prevents it, or if the person has the most pending requests already.
///
/// # Errors
/// [`Refusal::Open`] or [`Refusal::TooManyPending`].
pub fn check_room(
    docket: &impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<(), Refusal> {
    if let Some(open) = in_the_way(docket, digest, asked, now) {
        return Err(Refusal::Open { id: open.digest.request_id(), role: open.role.clone() });
    }
    let open = docket.open_of(&asked.header.who, now);
    let waits = open.iter().filter(|open| open.state == State::Pending && open.digest != *digest);
    if waits.count() >= clocks::MAX_PENDING { Err(Refusal::TooManyPending) } else { Ok(()) }
}

/// Checks that a person may use break-glass now: their last break-glass was reviewed, no equal one was denied recently,
/// and they do not have the same access already. A pending ordinary request stays as it is and does not prevent it.
///
/// # Errors
/// One of these conditions fails.
pub fn admit_emergency(
    docket: &impl Docket,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<(), Refusal> {
    let who = &asked.header.who;
    if let Some(last) = docket.unreviewed_of(who, now) {
        let (id, role) = (last.digest.request_id(), last.role.clone());
        return Err(Refusal::Unreviewed { id, role, by: Vec::new() });
    }
    // The denial of an ordinary request is shown to the reviewers of the break-glass, and does not prevent it.
    let wrong = denials(docket, None, asked, now).find(|denial| denial.way == Way::BreakGlass);
    if let Some(wrong) = wrong {
        let by = wrong.by.unwrap_or(who).clone();
        return Err(Refusal::FoundWrong { role: asked.role.clone(), by });
    }
    let holds = |open: &Filed<'_>| match open.state {
        State::Active => true,
        State::Approved => open.start.is_none_or(|start| start <= now),
        _ => false,
    };
    let mut open = docket.open_of(who, now).into_iter();
    match open.find(|open| open.is_same_piece(asked) && holds(open)) {
        Some(held) => Err(Refusal::Held { id: held.digest.request_id(), role: held.role.clone() }),
        None => Ok(()),
    }
}

/// Every denial that counts against a request: for the same person, role and scope, within 24 hours. For which command and by which
/// way it was asked makes no difference: a condition must not approve what a reviewer would not.
fn denials<'a>(
    docket: &'a impl Docket,
    own: Option<&Digest>,
    asked: &RequestStatement,
    now: Timestamp,
) -> impl Iterator<Item = Denial<'a>> {
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    docket.denials_of(&asked.header.who).into_iter().filter(move |denial| {
        Some(&denial.digest) != own
            && *denial.role == asked.role
            && denial.scope == scope
            && clocks::denial_counts(denial.at, now)
    })
}

/// The newest denial for the same role and scope within 24 hours, other than of the request itself. `None` if there is none.
pub fn denied_before<'a>(
    docket: &'a impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Option<Denial<'a>> {
    denials(docket, Some(digest), asked, now).max_by_key(|denial| denial.at)
}

/// Whether conditions may approve a request without a review, as far as the log knows: not within 24 hours after a
/// denial for the same role and scope, or after a loss of events.
pub fn may_be_automatic(
    docket: &impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> bool {
    let lost_lately = docket.lost().is_some_and(|lost| clocks::denial_counts(lost, now));
    !lost_lately && denied_before(docket, digest, asked, now).is_none()
}
