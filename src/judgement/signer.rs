//! Checks whose statement it is, in the same way for requests, reviews and revocations of every authority.

use super::refusal::Refusal;
use super::review::check_prose;
use crate::grant::Name;
use crate::identity::Opened;
use crate::policy::Policy;

/// Checks that the signing key is its author's in the policy in force.
///
/// # Errors
/// [`Refusal::ForeignKey`].
pub fn check_key(force: &Policy, opened: &Opened) -> Result<(), Refusal> {
    let owner = force.person_of_key(opened.fingerprint());
    if owner.is_some_and(|person| person.name == *opened.who()) {
        return Ok(());
    }
    Err(Refusal::ForeignKey { key: opened.fingerprint().to_owned(), who: opened.who().clone() })
}

/// Checks that a statement is the one of whoever brings it, in words that new text may have.
///
/// # Errors
/// Its prose is not allowed, or it is somebody else's.
pub fn check_own(opened: &Opened, caller: &Name) -> Result<(), Refusal> {
    check_prose(opened.statement().prose().unwrap_or_default())?;
    if opened.who() == caller {
        return Ok(());
    }
    Err(Refusal::SomebodyElses { who: opened.who().clone(), caller: caller.clone() })
}

/// The message about a request whose key no longer belongs to its author.
pub fn foreign(who: &Name) -> String {
    format!("the key that signed the request is not {who}'s (any more)")
}
