//! Break-glass: approved automatically, announced to everybody, and reviewed afterwards.

use super::Bench;
use super::Case;
use super::Judgement;
use super::ask::Taken;
use super::ask::Taking;
use super::ask::check_piece;
use super::clocks;
use super::refusal::Refusal;
use crate::grant::Change;
use crate::grant::statement::RequestStatement;
use crate::policy::Policy;
use crate::policy::Role;

/// Checks a new break-glass against what may be had this way and for how long, before any fact is fetched.
///
/// # Errors
/// The person has no break-glass for the role, the role opens something else now, or a clock does not fit.
pub fn check(bench: &Bench, case: &Case<'_>) -> Result<(), Refusal> {
    check_piece(role_of(&bench.force, case.request)?, case.request)?;
    clocks::check_emergency(bench, case).map(|_| ())
}

/// The role, if it offers this person break-glass. A missing role and one that is not for them look the same.
fn role_of<'a>(policy: &'a Policy, asked: &RequestStatement) -> Result<&'a Role, Refusal> {
    let none = || Refusal::NoEmergency(asked.role.clone());
    let person = policy.person(&asked.header.who).ok_or_else(none)?;
    policy.role(&asked.role).filter(|role| policy.may_break_glass(person, role)).ok_or_else(none)
}

/// Judges a new break-glass, and returns the changes to record. [`super::docket::admit`] checks for others when it is
/// written, because two terminals may ask at once.
///
/// # Errors
/// The policies refuse it, or the policy in force does not load.
pub fn decide(taking: &Taking<'_>) -> Result<Taken, Refusal> {
    let &Taking { bench, case, healthy, .. } = taking;
    let asked = case.request;
    let unused_until = clocks::check_emergency(bench, case)?;
    let judgement = bench.judge(case);
    let duration = match &judgement {
        Judgement::Approved(terms) => terms.duration,
        Judgement::Refused(why) | Judgement::Changed(why) => return Err(Refusal::Refused(why.clone())),
        // These have no meaning for break-glass, so they deny.
        Judgement::Waiting(_) | Judgement::Denied(_) => {
            return Err(Refusal::NoEmergency(asked.role.clone()));
        }
    };
    // An approval without a person needs a policy that loads, and so does break-glass (docs/trust.md, "An emergency").
    if !healthy {
        return Err(Refusal::NoAutomatic);
    }
    let source = case.source.map(|address| address.to_string());
    let asking = Change::Requested { signed: case.signed.clone(), pending_until: unused_until, source };
    Ok(Taken {
        changes: vec![asking, Change::GlassBroken { duration, unused_until }],
        moves: None,
        judgement,
    })
}
