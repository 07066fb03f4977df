//! Break-glass: approved by itself, told to everybody, reviewed afterwards.

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

/// Holds a new emergency against what may be had this way and for how long, before any fact is fetched.
///
/// # Errors
/// The person has no emergency way into the role, it is something else by now, or a clock does not fit.
pub fn check(bench: &Bench, case: &Case<'_>) -> Result<(), Refusal> {
    check_piece(role_of(&bench.force, case.request)?, case.request)?;
    clocks::check_emergency(bench, case).map(|_| ())
}

/// The role, if its emergency way is this person's. That there is no such role and that it is not for them look the same.
fn role_of<'a>(policy: &'a Policy, asked: &RequestStatement) -> Result<&'a Role, Refusal> {
    let none = || Refusal::NoEmergency(asked.role.clone());
    let person = policy.person(&asked.header.who).ok_or_else(none)?;
    policy.role(&asked.role).filter(|role| policy.may_break_glass(person, role)).ok_or_else(none)
}

/// Judges a new emergency, and says what to write down. Whether another one stands in its way is settled when it is written,
/// by [`super::docket::admit`]: two terminals at once are one too many.
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
        // Neither has a meaning here, and what has no meaning denies.
        Judgement::Waiting(_) | Judgement::Denied(_) => {
            return Err(Refusal::NoEmergency(asked.role.clone()));
        }
    };
    // What needs nobody needs a policy that loads (trust.md §3.2), an emergency too.
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
