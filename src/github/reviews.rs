//! Finds whose review each is and what it says: by numeric ids, the latest of each account, all pages.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::RequestEvidence;
use crate::forge::log::ReviewNote;
use crate::forge::review_body;
use crate::forge::review_body::Carried;
use crate::github::api::models::ReviewRecord;
use crate::grant::Assurance;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::statement::Kind;
use crate::grant::statement::RequestStatement;
use crate::identity::statement::open;
use crate::judgement::Bench;
use crate::judgement::clocks;
use crate::policy::Opinion;
use crate::policy::Policy;

/// The result of a pull request's reviews.
#[derive(Debug, Default)]
pub struct Heard {
    /// Signed approvals, each under the name of the account that gave it. Their signatures are verified later.
    pub signed: Vec<Review>,
    /// Approvals that GitHub attests, and every denial.
    pub vouched: Vec<Opinion>,
    /// Approvals for less than requested, with valid signatures: the latest of each signer, unless they approved more
    /// since. They narrow the grant whether or not they count as a yes.
    pub ceilings: Vec<Review>,
    /// The time of each approval.
    pub times: BTreeMap<Name, Timestamp>,
    /// The reviews that were considered.
    pub notes: Vec<ReviewNote>,
}

/// The meaning of one review by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Approve,
    Deny,
    /// A dismissed approval: neither it nor an older one counts.
    Withdrawn,
    Nothing,
}

/// Evaluates all reviews.
pub fn hear(evidence: &RequestEvidence, digest: &Digest, author: u64, authority: &str) -> Heard {
    let mut heard = Heard::default();
    let mut by_account: BTreeMap<u64, Vec<&ReviewRecord>> = BTreeMap::new();
    for review in &evidence.reviews {
        // Also if the account is deleted, because the signature is still there.
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
    // A full approval by the account itself, after the narrower signed one.
    let widened = |ceiling: &Review| {
        vouched.iter().any(|opinion| opinion.verdict == Verdict::Approve && opinion.by == ceiling.by)
            && times.get(&ceiling.by).is_some_and(|at| *at > ceiling.at)
    };
    ceilings.retain(|ceiling| ceiling.statement.narrows() && !widened(ceiling));
    heard
}

/// Records a signed approval for less, if it is its signer's latest. The key may belong to the signer in either policy:
/// a replaced key still narrows, although it no longer approves.
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

/// Whether a review's signature verifies, with a key that one of the policies assigns to the signer.
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
    // A denial counts for the account's person in either policy.
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
        // The account's word is what it wrote itself. An edited denial still denies, above.
        Carried::Nothing if review.is_edited_by_another() => return,
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
        // A review that claims to be signed and does not parse counts for nothing.
        Carried::Unreadable => return,
    }
    heard.times.insert(name, at);
}

/// The meaning of a review, from GitHub's state and the statement in its body. An unknown state counts as a denial.
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

/// A signed denial counts as its signer's, whoever posted it, even a bot or the author.
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

/// The signed denials on a pull request whose signers may deny the request by the policy in force.
pub fn signed_denials(
    evidence: &RequestEvidence,
    bench: &Bench,
    asked: &RequestStatement,
    digest: &Digest,
) -> Vec<Review> {
    let denial = |record: &ReviewRecord| {
        let policies: [&Policy; 2] = [&bench.under, &bench.force];
        let by = signed_denial(record, digest, &bench.authority, policies)?;
        let Carried::Signed(both) = review_body::read(record.body.as_deref()?) else { return None };
        let (signed, statement) = *both;
        let at = record.submitted_at.unwrap_or(statement.header.at);
        bench.may_stop(asked, &by).then_some(Review { by, at, statement, signed })
    };
    evidence.reviews.iter().filter_map(denial).collect()
}

/// The signer of the denial that a review carries, by the keys of either policy.
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

/// Whether a review is a denial by itself, or may have been one before its dismissal.
pub fn may_deny(review: &ReviewRecord) -> bool {
    let carried = review_body::read(review.body.as_deref().unwrap_or_default());
    !matches!(review.state.as_str(), "APPROVED" | "COMMENTED" | "PENDING")
        || carried.verdict() == Some(Verdict::Deny)
}

fn deny(by: Name) -> Opinion {
    Opinion { assurance: Assurance::Account, ..Opinion::new(by, Verdict::Deny) }
}

fn note(review: &ReviewRecord, user: u64) -> ReviewNote {
    // An unknown state of GitHub is kept, with a limited length.
    let state = review.state.chars().filter(char::is_ascii_uppercase).take(32).collect();
    ReviewNote { id: review.id, user, state, commit: review.commit_id.clone(), at: review.submitted_at }
}
