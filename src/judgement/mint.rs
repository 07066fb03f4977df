//! What decides at a mint: the state of the request, both policies, the start, a denial of an equal request, and how long the
//! credentials may live. Pure: the request and its extensions were fetched and proved before.

use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::Judgement;
use super::Terms;
use super::clocks;
use super::docket::Docket;
use super::docket::check_collision;
use super::docket::denied_before;
use super::docket::in_the_way;
use super::extensions::Worth;
use super::extensions::add_up;
use super::extensions::check_standing;
use super::extensions::weigh;
use super::facts::Gathered;
use super::is_approved_by_people;
use super::refusal::Refusal;
use super::stop;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Extension;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::policy::Missing;

/// Whether anything can be minted for a request of this way: a request for more time has no credentials of its own.
///
/// # Errors
/// It asks for more time.
pub fn check_way(asked: &RequestStatement) -> Result<(), Refusal> {
    if asked.extends().is_some() { Err(Refusal::NoCredentials) } else { Ok(()) }
}

/// Whether the state of a request lets credentials be minted, its clocks heeded.
///
/// # Errors
/// It waits for reviews, or it is over.
pub fn check_state(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    match request.state_at(now) {
        State::Approved | State::Active => Ok(()),
        state => Err(Refusal::NotMintable(state)),
    }
}

/// Whether no other request stands in the way of a mint: none has the same id, and none of the same person is active for the
/// same role and scope.
///
/// # Errors
/// [`Refusal::Collision`] or [`Refusal::Open`].
pub fn check_others(
    docket: &impl Docket,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<(), Refusal> {
    check_collision(docket, digest)?;
    match in_the_way(docket, digest, asked, now).filter(|other| other.state == State::Active) {
        Some(other) => Err(Refusal::Open { id: other.digest.request_id(), role: other.role.clone() }),
        None => Ok(()),
    }
}

/// Whether the access has started.
///
/// # Errors
/// It starts later.
pub fn check_start(asked: &RequestStatement, now: Timestamp) -> Result<(), Refusal> {
    match asked.start.filter(|start| *start > now) {
        Some(start) => Err(Refusal::NotYet(start)),
        None => Ok(()),
    }
}

/// What the log says of a request before a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Whether its grant has begun.
    pub is_active: bool,
    /// Whether people approved it, by the recorded approval.
    pub by_people: bool,
    /// Whether an equal request was denied within the last day.
    pub denied: bool,
}

impl Past {
    /// What a request says of itself, and what the log says of equal ones.
    pub fn of(docket: &impl Docket, request: &Request, now: Timestamp) -> Self {
        Self {
            is_active: request.state == State::Active,
            by_people: is_approved_by_people(request),
            denied: denied_before(docket, &request.digest, &request.statement, now).is_some(),
        }
    }

    /// The case as it is judged at a mint: a condition alone does not carry a request past a denial of an equal one, unless its
    /// grant has begun.
    pub fn case<'a>(self, case: Case<'a>) -> Case<'a> {
        Case { automatic: case.automatic && (self.is_active || !self.denied), ..case }
    }

    /// Whether a request that nobody reviewed may be had: for 24 h after a denial, an equal request needs a review, whether
    /// a condition approves it or its rule asks nobody. Active grants are unaffected. An emergency is another way, and equals
    /// no request.
    ///
    /// # Errors
    /// An equal request was denied, and nobody reviewed this one.
    pub fn check_alone(self, asked: &RequestStatement, terms: &Terms) -> Result<(), Refusal> {
        let is_alone = terms.by.is_empty() && !self.by_people && asked.way != Way::BreakGlass;
        if is_alone && self.denied && !self.is_active { Err(Refusal::DeniedBefore) } else { Ok(()) }
    }
}

/// What the policies say of a request at a mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Credentials may be minted on these terms.
    Terms(Terms),
    /// Nothing is minted, and the request ends by this change: its role opens something else now.
    Ends(Change, Refusal),
    /// Nothing is minted, as these reviews are missing.
    Waits(Vec<Missing>),
    /// Nothing is minted now.
    Refuses(Refusal),
}

/// What follows at a mint from what both policies say of a request now. `explain` adds which facts were not to be had.
pub fn rule(
    judgement: Judgement,
    asked: &RequestStatement,
    past: Past,
    explain: impl Fn(String) -> String,
) -> Ruling {
    match judgement {
        Judgement::Approved(terms) => match past.check_alone(asked, &terms) {
            Ok(()) => Ruling::Terms(terms),
            Err(refusal) => Ruling::Refuses(refusal),
        },
        Judgement::Changed(why) => Ruling::Ends(stop::by_policy(why.clone()), Refusal::Changed(why)),
        Judgement::Refused(why) => Ruling::Refuses(Refusal::Changed(explain(why))),
        Judgement::Denied(by) => Ruling::Refuses(Refusal::Changed(format!("{by} denied it"))),
        Judgement::Waiting(missing) => Ruling::Waits(missing),
    }
}

/// What a mint gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Whether it begins the grant.
    pub begins: bool,
    /// When the grant ends.
    pub grant_until: Timestamp,
    /// When the credentials stop to work, at the latest.
    pub expires: Timestamp,
    /// The number of the lease.
    pub number: u32,
}

impl Window {
    /// The changes that record a mint whose credentials stop to work at `expires`.
    pub fn changes(&self, expires: Timestamp) -> Vec<Change> {
        let begin = self.begins.then_some(Change::Activated { until: self.grant_until });
        begin.into_iter().chain([Change::Minted { lease: self.number, expires }]).collect()
    }
}

/// How long credentials may live that are minted now. `began` is when the grant began and when it was to end then, by the
/// log; `None` if this mint begins it. A policy that became stricter shortens the grant, and extensions that still count
/// move its end out.
///
/// # Errors
/// The request is neither approved nor active, or too little of the grant is left.
pub fn window(
    request: &Request,
    terms: &Terms,
    began: Option<(Timestamp, Timestamp)>,
    worths: &[Worth],
    now: Timestamp,
) -> Result<Window, Refusal> {
    check_state(request, now)?;
    let own = own_end(request, terms, began, now);
    let (grant_until, lost) = add_up(request, own, worths);
    if clocks::is_too_short(grant_until, now) {
        return Err(if lost.is_empty() {
            Refusal::TooShort
        } else {
            Refusal::Lost { why: lost.join("; "), until: grant_until }
        });
    }
    let expires = terms.lease.after(now).min(grant_until);
    let begins = request.state_at(now) == State::Approved;
    Ok(Window { begins, grant_until, expires, number: request.next_lease() })
}

/// When a grant ends without its extensions.
fn own_end(
    request: &Request,
    terms: &Terms,
    began: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Timestamp {
    let (began, planned) = match request.state_at(now) {
        State::Approved => (now, request.end_if_activated(now)),
        // A grant that has begun without a beginning in the log has no time left.
        _ => began.unwrap_or((now, now)),
    };
    let approved = request.approved_duration.map_or(terms.duration, |approved| approved.min(terms.duration));
    planned.min(approved.after(began)).min(request.statement.not_after)
}

/// What an extension of `first` is worth now. `request` is the request behind it, proved from the log; `case` is that request
/// with its place among the extensions; `denied` is who denied it since, where reviews can still be given.
pub fn worth(
    bench: &Bench,
    (first, extension): (&Request, &Extension),
    request: &Request,
    case: &Case<'_>,
    denied: Option<Name>,
    gathered: &Gathered,
) -> Worth {
    if let Err(why) = check_standing(first, extension, request) {
        return Worth::Nothing(why);
    }
    match denied {
        Some(by) => Worth::Nothing(format!("{by} denied it")),
        None => weigh(request, bench.judge(case), |why| gathered.explain(why)),
    }
}
