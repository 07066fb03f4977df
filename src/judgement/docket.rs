//! What an authority's log knows of other requests, and the rules that look at it.
//!
//! A broker's index and a repository's index each answer [`Docket`]; the rules are the functions below, and know neither.

use jiff::Timestamp;

use super::clocks;
use super::refusal::Refusal;
use crate::grant::Digest;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::WorkloadRun;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

/// One request in the log, as far as rules about other requests look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filed<'a> {
    /// Its digest.
    pub digest: Digest,
    /// Which of the role's ways it takes.
    pub way: Way,
    /// For which role.
    pub role: &'a Name,
    /// For which piece of it; `None` for the whole role.
    pub scope: Option<&'a Name>,
    /// Where it stands when its clocks are heeded.
    pub state: State,
    /// The start that it asks for; `None` where it asks for none, or where the log does not keep it.
    pub start: Option<Timestamp>,
    /// The run that asks; `None` for a person's, or where the log does not keep it.
    pub workload: Option<&'a WorkloadRun>,
}

impl<'a> Filed<'a> {
    /// A request of which the log knows everything.
    pub fn of(request: &'a Request, now: Timestamp) -> Self {
        Self { state: request.state_at(now), ..Self::asked(request.digest, &request.statement) }
    }

    /// A request that waits for reviews.
    pub fn asked(digest: Digest, asked: &'a RequestStatement) -> Self {
        Self {
            digest,
            way: asked.way,
            role: &asked.role,
            scope: asked.scope.as_ref().map(|scope| &scope.name),
            state: State::Pending,
            start: asked.start,
            workload: asked.workload.as_ref(),
        }
    }

    fn is_same_piece(&self, asked: &RequestStatement) -> bool {
        *self.role == asked.role && self.scope == asked.scope.as_ref().map(|scope| &scope.name)
    }

    /// Whether it stands in the way of a new request: one that is open for the same role and scope, or, for more time, one
    /// that waits for the same grant. Requests for more time and ordinary ones do not hinder each other.
    fn is_in_the_way_of(&self, asked: &RequestStatement) -> bool {
        match asked.way {
            Way::Extend(_) => self.way == asked.way && self.state == State::Pending,
            // Each run of a workload asks for itself: what nobody agreed to for one commit does not hold up the next.
            _ if self.state == State::Pending && self.workload != asked.workload.as_ref() => false,
            way => self.way == way && self.is_same_piece(asked) && !self.state.is_terminal(),
        }
    }
}

/// One denial in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denial<'a> {
    /// The request that was denied.
    pub digest: Digest,
    /// By which way it asked.
    pub way: Way,
    /// For which role.
    pub role: &'a Name,
    /// For which piece of it; `None` for the whole role.
    pub scope: Option<&'a Name>,
    /// When it was denied.
    pub at: Timestamp,
    /// By whom; `None` where the log does not keep it.
    pub by: Option<&'a Name>,
}

/// What an authority's log knows.
pub trait Docket {
    /// The requests that have this id, whatever became of them: one, or none.
    fn with_id(&self, id: &RequestId) -> Option<Digest>;

    /// Every request of a person that has not come to its end.
    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>>;

    /// Every denial of a person's requests that the log remembers: at least those of the last 24 hours.
    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>>;

    /// A person's emergency that nobody has reviewed yet, whether or not it has come to its end.
    fn unreviewed_of(&self, who: &Name, now: Timestamp) -> Option<Filed<'_>>;

    /// When the newest loss of events was accepted; `None` if none was.
    fn lost(&self) -> Option<Timestamp>;
}

/// Refuses a request whose id belongs to another one (trust.md §1.5).
///
/// # Errors
/// [`Refusal::Collision`].
pub fn check_collision(docket: &impl Docket, digest: &Digest) -> Result<(), Refusal> {
    let id = digest.request_id();
    let other = docket.with_id(&id).filter(|other| other != digest);
    other.map_or(Ok(()), |_| Err(Refusal::Collision(id)))
}

/// The open request that stands in the way of a new one.
pub fn in_the_way<'a>(
    docket: &'a impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Option<Filed<'a>> {
    let open = docket.open_of(&asked.header.who, now);
    open.into_iter().find(|open| open.digest != *digest && open.is_in_the_way_of(asked))
}

/// Whether a new request may be taken: its id is free, no other request stands in its way, and not too many wait. `first` is
/// the grant that it asks more time for, as the log has it.
///
/// # Errors
/// One of these does not hold.
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

/// Refuses a request if another one stands in its way, or if as many of the person's requests wait as may.
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

/// Whether somebody may break the glass now: their last emergency was reviewed, no equal one was found wrong lately, and they
/// do not hold the very thing already. An ordinary request that waits stays as it is and does not stand in the way.
///
/// # Errors
/// One of these does not hold.
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
    // That an ordinary request was denied is shown to those who review the emergency, and does not stand in its way.
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

/// Every denial that counts against a request: of the same person for the same role and scope, within 24 hours.
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

/// The newest denial of an equal request within 24 hours, other than of the request itself; `None` if there is none.
pub fn denied_before<'a>(
    docket: &'a impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Option<Denial<'a>> {
    denials(docket, Some(digest), asked, now).max_by_key(|denial| denial.at)
}

/// Whether conditions may approve a request by themselves, as far as the log knows: not within 24 hours after a denial of an
/// equal one, or after events were lost.
pub fn may_be_automatic(
    docket: &impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> bool {
    let lost_lately = docket.lost().is_some_and(|lost| clocks::denial_counts(lost, now));
    !lost_lately && denied_before(docket, digest, asked, now).is_none()
}
