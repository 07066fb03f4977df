//! Which reviews on GitHub are whose word, and what each says: by numeric ids, the latest by each account, all pages.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::RequestEvidence;
use super::github::models::ReviewRecord;
use super::log::ReviewNote;
use super::review_body;
use super::review_body::Carried;
use crate::grant::Assurance;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::statement::Kind;
use crate::identity::statement::open;
use crate::judgement::ceilings::narrows;
use crate::judgement::clocks;
use crate::policy::Opinion;
use crate::policy::Policy;

/// What the reviews of a pull request amount to.
#[derive(Debug, Default)]
pub struct Heard {
    /// Signed approvals, each in the name of the account that gave it. Their signatures remain to be weighed.
    pub signed: Vec<Review>,
    /// What GitHub vouches for, and every denial.
    pub vouched: Vec<Opinion>,
    /// Approvals for less than was asked for, whose signatures hold: the latest of each signer, as long as they said nothing
    /// wider since. They narrow whether or not they count as a yes.
    pub ceilings: Vec<Review>,
    /// When each approval was given.
    pub times: BTreeMap<Name, Timestamp>,
    /// The reviews that were looked at.
    pub notes: Vec<ReviewNote>,
}

/// What one review says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Approve,
    Deny,
    /// An approval that somebody dismissed: it does not count, and neither does an older one.
    Withdrawn,
    Nothing,
}

/// Hears everybody.
pub fn hear(evidence: &RequestEvidence, digest: &Digest, author: u64, authority: &str) -> Heard {
    let mut heard = Heard::default();
    let mut by_account: BTreeMap<u64, Vec<&ReviewRecord>> = BTreeMap::new();
    for review in &evidence.reviews {
        // Also where the account is gone: the signature is there.
        relay(evidence, review, digest, authority, &mut heard);
        narrow(evidence, review, digest, authority, &mut heard);
        let Some(user) = &review.user else { continue };
        heard.notes.push(note(review, user.id));
        if user.is_user() && user.id != author {
            by_account.entry(user.id).or_default().push(review);
        }
    }
    for (account, reviews) in by_account {
        hear_account(evidence, account, &reviews, digest, &mut heard);
    }
    let Heard { ceilings, vouched, times, .. } = &mut heard;
    // An account's own approval of everything, after the narrower one that was signed.
    let widened = |ceiling: &Review| {
        vouched.iter().any(|opinion| opinion.verdict == Verdict::Approve && opinion.by == ceiling.by)
            && times.get(&ceiling.by).is_some_and(|at| *at > ceiling.at)
    };
    ceilings.retain(|ceiling| narrows(&ceiling.statement) && !widened(ceiling));
    heard
}

/// Takes down an approval that somebody signed, if it is the latest of theirs. Whose key it is either policy may say: a key
/// that was replaced since narrows on, though it no longer agrees.
fn narrow(
    evidence: &RequestEvidence,
    review: &ReviewRecord,
    digest: &Digest,
    authority: &str,
    heard: &mut Heard,
) {
    let Carried::Signed(both) = review_body::read(review.body.as_deref().unwrap_or_default()) else { return };
    let (signed, statement) = *both;
    if review.state == "PENDING" || statement.verdict != Verdict::Approve || statement.request != *digest {
        return;
    }
    if !is_of_owner(evidence, &signed, authority, &statement.header.who) {
        return;
    }
    let (by, at) = (statement.header.who.clone(), review.submitted_at.unwrap_or(statement.header.at));
    let earlier = heard.ceilings.iter().position(|other| other.by == by);
    match earlier.and_then(|place| heard.ceilings.get_mut(place)) {
        Some(other) if other.statement.header.at > statement.header.at => {}
        Some(other) => *other = Review { by, at, statement, signed },
        None => heard.ceilings.push(Review { by, at, statement, signed }),
    }
}

/// Whether a review's signature holds, and its key is the signer's in one of the policies.
fn is_of_owner(evidence: &RequestEvidence, signed: &Signed, authority: &str, who: &Name) -> bool {
    let Ok((_, verified)) = open(signed, Kind::Review, authority) else { return false };
    let owns = |policy: &Policy| {
        policy.person_of_key(&verified.fingerprint).is_some_and(|person| person.name == *who)
    };
    owns(&evidence.under) || owns(&evidence.force)
}

fn hear_account(
    evidence: &RequestEvidence,
    account: u64,
    reviews: &[&ReviewRecord],
    digest: &Digest,
    heard: &mut Heard,
) {
    let name = |policy: &Policy| policy.person_of_github(account).map(|person| person.name.clone());
    let (under, force) = (name(&evidence.under), name(&evidence.force));
    // Whoever this account is in either policy: their no is a no.
    if reviews.iter().any(|review| says(evidence, review) == Says::Deny) {
        let mut names: Vec<Name> = under.into_iter().chain(force).collect();
        names.dedup();
        heard.vouched.extend(names.into_iter().map(deny));
        return;
    }
    let latest = reviews.iter().rev().find(|review| says(evidence, review) != Says::Nothing);
    let Some(review) = latest.filter(|review| says(evidence, review) == Says::Approve) else { return };
    let (Some(name), true) = (force.clone(), under == force) else { return };
    let looked_at = review.commit_id.as_ref().and_then(|commit| evidence.reviewed.get(commit));
    let (Some(at), true) = (review.submitted_at, looked_at == Some(digest)) else { return };
    match review_body::read(review.body.as_deref().unwrap_or_default()) {
        Carried::Nothing => {
            let opinion =
                Opinion { assurance: Assurance::Account, ..Opinion::new(name.clone(), Verdict::Approve) };
            heard.vouched.push(opinion);
        }
        Carried::Signed(both) => {
            let (signed, statement) = *both;
            let fits = statement.request == *digest
                && statement.header.who == name
                && clocks::is_fresh(statement.header.at, at);
            if !fits {
                return;
            }
            heard.signed.push(Review { by: name.clone(), at, statement, signed });
        }
        // What claims to be signed and is not counts for nothing.
        Carried::Unreadable => return,
    }
    heard.times.insert(name, at);
}

/// What a review says, by GitHub's state and the statement in its body. What is not known is a no.
fn says(evidence: &RequestEvidence, review: &ReviewRecord) -> Says {
    let carried = review_body::read(review.body.as_deref().unwrap_or_default());
    let denies = carried.verdict() == Some(Verdict::Deny);
    match review.state.as_str() {
        "PENDING" => Says::Nothing,
        _ if denies => Says::Deny,
        "APPROVED" => Says::Approve,
        "COMMENTED" if carried.narrows() => Says::Approve,
        "COMMENTED" => Says::Nothing,
        "DISMISSED"
            if evidence.dismissed.get(&review.id).is_some_and(|was| was.eq_ignore_ascii_case("approved")) =>
        {
            Says::Withdrawn
        }
        _ => Says::Deny,
    }
}

/// A denial that somebody signed counts as theirs whoever put it there, a bot or the author included.
fn relay(
    evidence: &RequestEvidence,
    review: &ReviewRecord,
    digest: &Digest,
    authority: &str,
    heard: &mut Heard,
) {
    let signer = signed_denial(review, digest, authority, [&evidence.under, &evidence.force]);
    heard.vouched.extend(signer.map(deny));
}

/// Who signed the denial of a request that a review carries, by the keys of either policy.
pub fn signed_denial(
    review: &ReviewRecord,
    digest: &Digest,
    authority: &str,
    policies: [&Policy; 2],
) -> Option<Name> {
    let Carried::Signed(both) = review_body::read(review.body.as_deref().unwrap_or_default()) else {
        return None;
    };
    let (signed, statement) = *both;
    if statement.verdict != Verdict::Deny || statement.request != *digest {
        return None;
    }
    let (_, verified) = open(&signed, Kind::Review, authority).ok()?;
    let who = statement.header.who;
    let owns = |policy: &&Policy| {
        policy.person_of_key(&verified.fingerprint).is_some_and(|person| person.name == who)
    };
    policies.iter().any(owns).then_some(who)
}

/// Whether a review by itself is a denial, or may have been one before somebody dismissed it.
pub fn may_deny(review: &ReviewRecord) -> bool {
    let carried = review_body::read(review.body.as_deref().unwrap_or_default());
    !matches!(review.state.as_str(), "APPROVED" | "COMMENTED" | "PENDING")
        || carried.verdict() == Some(Verdict::Deny)
}

fn deny(by: Name) -> Opinion {
    Opinion { assurance: Assurance::Account, ..Opinion::new(by, Verdict::Deny) }
}

fn note(review: &ReviewRecord, user: u64) -> ReviewNote {
    // A state that GitHub does not have yet is kept as it came, but not at any length.
    let state = review.state.chars().filter(char::is_ascii_uppercase).take(32).collect();
    ReviewNote { id: review.id, user, state, commit: review.commit_id.clone(), at: review.submitted_at }
}
