//! Checks whose statement it is, in the same way for requests, reviews and revocations of every authority.

use jiff::Timestamp;

use super::Bench;
use super::refusal::Refusal;
use super::review::check_prose;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::identity::Opened;
use crate::policy::Policy;

/// Checks that the signing key is its author's in the policy in force. An enrolled key signs nothing new after its
/// enrolment expired.
///
/// # Errors
/// [`Refusal::ForeignKey`].
pub fn check_key(force: &Policy, opened: &Opened) -> Result<(), Refusal> {
    let owner = force.owner_of_key(opened.fingerprint());
    let at = opened.statement().header().at;
    let until = force.until_of_key(opened.fingerprint());
    if owner.is_some_and(|owner| owner == opened.who()) && until.is_none_or(|until| at < until) {
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

/// Checks that a person known only by token was proved lately, and that the proof named their groups, so that something
/// may rest on them.
///
/// # Errors
/// [`Refusal::ProofOld`] or [`Refusal::GroupsUnknown`].
pub fn check_proof(force: &Policy, who: &Name, now: Timestamp) -> Result<(), Refusal> {
    let (Some(proof), Some(oidc)) = (force.person(who).and_then(|person| person.proof), force.oidc()) else {
        return Ok(());
    };
    if oidc.max_age.after(proof.at) < now {
        return Err(Refusal::ProofOld { who: who.clone(), at: proof.at });
    }
    if proof.groups_unknown { Err(Refusal::GroupsUnknown(who.clone())) } else { Ok(()) }
}

impl Bench {
    /// The strength of a signature by this key: no more than the key is worth in either policy.
    pub fn worth(&self, fingerprint: &str, signed: Assurance) -> Assurance {
        let worth = |policy: &Policy| match policy.key(fingerprint) {
            Some(key) => key.worth,
            // The key of a job, which a token proved and nobody confirms.
            None => Assurance::Account,
        };
        signed.min(worth(&self.under)).min(worth(&self.force))
    }
}

/// The message about a request whose key no longer belongs to its author.
pub fn foreign(who: &Name) -> String {
    format!("the key that signed the request is not {who}'s (any more)")
}
