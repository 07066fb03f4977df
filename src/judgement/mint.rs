//! The decision at a mint: the request's state, both policies, the start, a denial of an equal request, and the
//! credentials' lifetime. Pure: the request and its extensions are fetched and proved before.

use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::Judgement;
use super::Terms;
use super::clocks;
use super::docket::Docket;
use super::docket::Filed;
use super::docket::check_collision;
use super::docket::denied_before;
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

/// Checks that a request of this way can have credentials: an extension request has none of its own.
///
/// # Errors
/// It is an extension request.
pub fn check_way(asked: &RequestStatement) -> Result<(), Refusal> {
    if asked.extends().is_some() { Err(Refusal::NoCredentials) } else { Ok(()) }
}

/// Checks that the state of a request permits a mint, with expiries applied.
///
/// # Errors
/// It waits for reviews, or has ended.
pub fn check_state(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    match request.state_at(now) {
        State::Approved | State::Active => Ok(()),
        state => Err(Refusal::NotMintable(state)),
    }
}

/// Checks that no other request prevents a mint: none has the same id, and none of the same person is active for the
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
    let open = docket.open_of(&asked.header.who, now);
    let prevents = |other: &Filed<'_>| {
        other.digest != *digest && other.state == State::Active && other.is_in_the_way_of(asked)
    };
    match open.into_iter().find(prevents) {
        Some(other) => Err(Refusal::Open { id: other.digest.request_id(), role: other.role.clone() }),
        None => Ok(()),
    }
}

/// Checks that the access has started.
///
/// # Errors
/// It starts later.
pub fn check_start(asked: &RequestStatement, now: Timestamp) -> Result<(), Refusal> {
    match asked.start.filter(|start| *start > now) {
        Some(start) => Err(Refusal::NotYet(start)),
        None => Ok(()),
    }
}

/// The log's record of a request before a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Whether its grant has begun.
    pub is_active: bool,
    /// Whether people approved it, according to the recorded approval.
    pub by_people: bool,
    /// Whether an equal request was denied within the last day.
    pub denied: bool,
    /// Whether the policy in force loads now, and is not the last one that did.
    pub healthy: bool,
}

impl Past {
    /// Collects it from the request itself, and from the log for equal requests. `healthy` says whether the policy loads.
    pub fn of(docket: &impl Docket, request: &Request, healthy: bool, now: Timestamp) -> Self {
        Self {
            is_active: request.state == State::Active,
            by_people: is_approved_by_people(request),
            denied: denied_before(docket, &request.digest, &request.statement, now).is_some(),
            healthy,
        }
    }

    /// The case to judge at a mint: after a denial of an equal request, or while the policy does not load, no condition
    /// approves alone, unless the grant has begun.
    pub fn case<'a>(self, case: Case<'a>) -> Case<'a> {
        Case { automatic: case.automatic && (self.is_active || (!self.denied && self.healthy)), ..case }
    }

    /// Checks a request without a review. It needs one while the policy does not load, and for 24 h after a denial of an
    /// equal request, whether a condition approves it or its rule requires none. Active grants are unaffected. A
    /// break-glass is another way, and equals no request.
    ///
    /// # Errors
    /// Nobody reviewed it, and the policy does not load or an equal request was denied.
    pub fn check_alone(self, asked: &RequestStatement, terms: &Terms) -> Result<(), Refusal> {
        let is_alone = terms.by.is_empty() && !self.by_people && asked.way != Way::BreakGlass;
        if !is_alone || self.is_active {
            return Ok(());
        }
        if !self.healthy {
            return Err(Refusal::NoAutomatic);
        }
        if self.denied { Err(Refusal::DeniedBefore) } else { Ok(()) }
    }
}

/// The result of the policies at a mint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// Credentials may be minted on these terms.
    Terms(Terms),
    /// Nothing is minted, and this change ends the request: its role opens something else now.
    Ends(Change, Refusal),
    /// Nothing is minted, because these reviews are missing.
    Waits(Vec<Missing>),
    /// Nothing is minted now.
    Refuses(Refusal),
}

/// Derives the ruling from the decision of both policies now. `explain` adds the unavailable facts.
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

/// The times of a mint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Whether it starts the grant.
    pub begins: bool,
    /// When the grant ends.
    pub grant_until: Timestamp,
    /// The latest expiry of the credentials.
    pub expires: Timestamp,
    /// The number of the lease.
    pub number: u32,
}

impl Window {
    /// The changes that record a mint whose credentials expire at `expires`. `handle` is the one by which their place takes them back,
    /// and `last_end` is when the last of them ends there.
    pub fn changes(
        &self,
        expires: Timestamp,
        handle: Option<&str>,
        last_end: Option<Timestamp>,
    ) -> Vec<Change> {
        let begin = self.begins.then_some(Change::Activated { until: self.grant_until });
        let handle = handle.map(str::to_owned);
        let last_end = last_end.filter(|end| *end > expires);
        let minted = Change::Minted { lease: self.number, expires, handle, last_end };
        begin.into_iter().chain([minted]).collect()
    }
}

/// The times of a mint now. `began` is when the grant began and when it was due to end then, by the log. `None` if this
/// mint starts it. A stricter policy shortens the grant, and extensions that still count move its end.
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

/// The end of a grant without its extensions.
fn own_end(
    request: &Request,
    terms: &Terms,
    began: Option<(Timestamp, Timestamp)>,
    now: Timestamp,
) -> Timestamp {
    let (began, planned) = match request.state_at(now) {
        State::Approved => (now, request.end_if_activated(now)),
        // An active grant without a start in the log has no time left.
        _ => began.unwrap_or((now, now)),
    };
    let approved = request.approved_duration.map_or(terms.duration, |approved| approved.min(terms.duration));
    planned.min(approved.after(began)).min(request.statement.not_after)
}

/// The value of an extension of `first` now. `request` is the extension request, proved from the log. `case` is that
/// request with its place among the extensions. `denied` is the reviewer who denied it since, where reviews are still
/// possible.
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
