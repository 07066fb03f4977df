//! Taking in signed statements: whose they are, and whether they are fresh and meant for this broker.

use jiff::Timestamp;

use super::caller::Caller;
use super::problem::Fault;
use crate::grant::Signed;
use crate::grant::statement::Kind;
use crate::grant::text;
use crate::identity::IdentityError;
use crate::identity::Opened;
use crate::judgement::clocks;
use crate::judgement::refusal::Refusal;
use crate::policy::Policy;

/// Refuses a statement that was not made just now.
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

/// The same, made by the caller and nobody else.
pub fn open_own(
    signed: &Signed,
    kind: Kind,
    authority: &str,
    policy: &Policy,
    caller: &Caller,
) -> Result<Opened, Fault> {
    Ok(own(known(Opened::open(signed.clone(), kind, authority), policy)?, caller)?)
}

/// The same for a request, of whichever kind its bytes say that it is.
pub fn open_own_asking(
    signed: Signed,
    authority: &str,
    policy: &Policy,
    caller: &Caller,
) -> Result<Opened, Fault> {
    Ok(own(known(Opened::open_asking(signed, authority), policy)?, caller)?)
}

fn known(opened: Result<Opened, IdentityError>, policy: &Policy) -> Result<Opened, Refusal> {
    let opened = opened?;
    let owner = policy.person_of_key(opened.fingerprint());
    if owner.is_some_and(|person| person.name == *opened.who()) {
        return Ok(opened);
    }
    Err(Refusal::ForeignKey { key: opened.fingerprint().to_owned(), who: opened.who().clone() })
}

fn own(opened: Opened, caller: &Caller) -> Result<Opened, Refusal> {
    text::check_new(opened.statement().prose().unwrap_or_default())
        .map_err(|error| Refusal::Prose(error.to_string()))?;
    if *opened.who() == caller.person {
        return Ok(opened);
    }
    Err(Refusal::SomebodyElses { who: opened.who().clone(), caller: caller.person.clone() })
}
