//! Opens signed statements: checks their author, their freshness, and that they are for this broker.

use jiff::Timestamp;

use super::problem::Fault;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::statement::Kind;
use crate::identity::IdentityError;
use crate::identity::Opened;
use crate::judgement::clocks;
use crate::judgement::refusal::Refusal;
use crate::judgement::signer::check_key;
use crate::judgement::signer::check_own;
use crate::policy::Policy;

/// Refuses a statement that was not made recently.
pub fn check_fresh(opened: &Opened, now: Timestamp) -> Result<(), Fault> {
    Ok(clocks::check_fresh(opened.statement().header().at, now)?)
}

/// Opens a signed statement of one kind. The key must be its author's in the policy in force.
pub fn open_statement(
    signed: &Signed,
    kind: Kind,
    authority: &str,
    policy: &Policy,
) -> Result<Opened, Fault> {
    Ok(known(Opened::open(signed.clone(), kind, authority), policy)?)
}

/// The same for a statement that the caller must have made.
pub fn open_own(
    signed: &Signed,
    kind: Kind,
    authority: &str,
    policy: &Policy,
    caller: &Name,
) -> Result<Opened, Fault> {
    Ok(own(known(Opened::open(signed.clone(), kind, authority), policy)?, caller)?)
}

/// The same for a request, of the kind that its bytes name.
pub fn open_own_asking(
    signed: Signed,
    authority: &str,
    policy: &Policy,
    caller: &Name,
) -> Result<Opened, Fault> {
    Ok(own(known(Opened::open_asking(signed, authority), policy)?, caller)?)
}

fn known(opened: Result<Opened, IdentityError>, policy: &Policy) -> Result<Opened, Refusal> {
    let opened = opened?;
    check_key(policy, &opened)?;
    Ok(opened)
}

fn own(opened: Opened, caller: &Name) -> Result<Opened, Refusal> {
    check_own(&opened, caller)?;
    Ok(opened)
}
