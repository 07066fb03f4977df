//! Asking: decides whether a request is accepted, and what follows at once. All authorities share this rule.

use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::Judgement;
use super::clocks;
use super::emergency;
use super::extend;
use super::mint::Past;
use super::refusal::Refusal;
use super::review::approved;
use super::signer::check_proof;
use crate::grant::Change;
use crate::grant::Request;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::policy::Policy;
use crate::policy::Role;
use crate::secret::seal::check_sealable;

/// A request before it is accepted.
#[derive(Clone, Copy)]
pub struct Taking<'a> {
    /// Both policies.
    pub bench: &'a Bench,
    /// The request. `case.now` is the time of acceptance.
    pub case: &'a Case<'a>,
    /// The grant that it extends, as in the log. `None` for an ordinary request or break-glass.
    pub first: Option<&'a Request>,
    /// Whether an equal request was denied lately, by [`super::docket::denied_before`].
    pub denied: bool,
    /// Whether the policy in force loads. If not, nothing is approved without a person (docs/trust.md, "The policy,
    /// writable").
    pub healthy: bool,
}

/// The consequences of accepting a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The changes of the request, in order.
    pub changes: Vec<Change>,
    /// The new end of the grant that it extends. `None` if it does not move yet.
    pub moves: Option<Timestamp>,
    /// The decision of both policies.
    pub judgement: Judgement,
}

/// Checks a new request against what may be asked for and for how long, before any fact is fetched.
///
/// # Errors
/// Its key cannot be sealed to, the role or scope is not for this person, a clock does not fit, or it does not fit the
/// grant that it extends.
pub fn check(bench: &Bench, case: &Case<'_>, first: Option<&Request>) -> Result<(), Refusal> {
    let asked = case.request;
    // A workload's job names its key when it takes the credentials.
    if !asked.is_of_a_workload() {
        check_sealable(&asked.recipient)?;
    }
    if asked.way == Way::BreakGlass {
        return emergency::check(bench, case);
    }
    if let Err(refusal) = check_policy(&bench.force, asked) {
        // Without their groups a person may ask for nothing, and that is the cause they can act on.
        check_proof(&bench.force, &asked.header.who, case.now)?;
        return Err(refusal);
    }
    match asked.way {
        Way::Extend(_) => extend::check(bench, case, first),
        _ => clocks::check(bench, case),
    }
}

/// Checks that the policy in force lets the requester ask for this role, and for exactly this target and scope.
///
/// # Errors
/// There is no such role for them, or it opens something else now.
pub fn check_policy(force: &Policy, asked: &RequestStatement) -> Result<(), Refusal> {
    let role = force.role(&asked.role).filter(|role| force.may_request(&asked.header.who, role));
    let Some(role) = role else { return Err(Refusal::NoRole(asked.role.clone())) };
    check_piece(role, asked)
}

/// Checks that a request names the role's current target and scope, under the role's own name.
///
/// # Errors
/// It uses an alias, or another target or scope.
pub fn check_piece(role: &Role, asked: &RequestStatement) -> Result<(), Refusal> {
    if role.name != asked.role {
        return Err(Refusal::Alias { asked: asked.role.clone(), name: role.name.clone() });
    }
    if role.target != asked.target {
        return Err(Refusal::Target(role.name.clone()));
    }
    if let Some(scope) = &asked.scope {
        let known = role.scopes.get(&scope.name);
        if known.is_none_or(|known| known.document.digest() != scope.document) {
            return Err(Refusal::Scope { role: role.name.clone(), scope: scope.name.clone() });
        }
    }
    Ok(())
}

/// Whether two requests of one person for the same role and scope ask for the same access, so that the open one can be
/// reused.
pub fn is_equal(open: &RequestStatement, asked: &RequestStatement) -> bool {
    open.way == asked.way
        && open.role == asked.role
        && open.duration == asked.duration
        && open.scope == asked.scope
        && open.target == asked.target
        && open.start == asked.start
        && open.job == asked.job
        && open.purpose == asked.purpose
}

/// Judges a new request, and returns the changes to record.
///
/// # Errors
/// The policies refuse it, or it needs a review first.
pub fn decide(taking: &Taking<'_>) -> Result<Taken, Refusal> {
    let &Taking { bench, case, first, denied, healthy } = taking;
    let (asked, now) = (case.request, case.now);
    if asked.way == Way::BreakGlass {
        return emergency::decide(taking);
    }
    let ends = first.map(|first| clocks::end_of_first(first, now));
    let pending_until = clocks::pending_until(bench, asked, ends, now);
    let pending_until = pending_until.ok_or_else(|| Refusal::NoRole(asked.role.clone()))?;
    let source = case.source.map(|address| address.to_string());
    let mut changes = vec![Change::Requested { signed: case.signed.clone(), pending_until, source }];
    let mut moves = None;
    let judgement = bench.judge(case);
    match &judgement {
        Judgement::Waiting(_) => {}
        Judgement::Approved(terms) => {
            Past { is_active: false, by_people: false, denied, healthy }.check_alone(asked, terms)?;
            if asked.extends().is_some() {
                let (change, until) = extend::approve(first, asked, terms, now)?;
                changes.push(change);
                moves = Some(until);
            } else {
                changes.push(approved(asked, terms, now));
            }
        }
        Judgement::Refused(why) | Judgement::Changed(why) => return Err(Refusal::Refused(why.clone())),
        Judgement::Denied(by) => return Err(Refusal::Refused(format!("{by} denied it"))),
    }
    Ok(Taken { changes, moves, judgement })
}
