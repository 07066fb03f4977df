//! Denials that only GitHub knows. For 24 h after an eligible reviewer denied an equal request, a request needs a
//! review. The log knows the denials that a run recorded. The others are reviews of pull requests. Their author can
//! close them and change their target branch, so this checks every pull request of the author.

use jiff::Timestamp;

use crate::flow::Failure;
use crate::forge::request_file::RequestFile;
use crate::github::Evidence;
use crate::github::Refusal;
use crate::github::Verified;
use crate::github::api::models::ReviewRecord;
use crate::github::api::requests::Reviewed;
use crate::github::reviews::may_deny;
use crate::github::reviews::signed_denial;
use crate::github::tree::Reader;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::judgement::clocks;
use crate::judgement::refusal::Refusal as Rule;
use crate::policy::Policy;

use crate::flow::github::run::pending::named;
use crate::flow::github::run::pending::read;

/// Refuses a request or an extension without a review if an eligible reviewer denied an equal one within 24 h.
///
/// # Errors
/// A reviewer denied one, or GitHub does not show whether one did.
pub(in crate::flow::github) async fn check(
    reader: &mut Reader<'_>,
    evidence: &Evidence,
    verified: &Verified,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(author) = evidence.pull.user.as_ref().map(|user| user.id) else { return Ok(()) };
    let asked = &verified.file.statement;
    // A review updates its pull request, so a denial that counts is on one updated within the same time.
    let since = clocks::denials_since(now);
    let lately = reader.github().changed_since(since).await?.ok_or_else(|| {
        Refusal::Policy(
            "too many pull requests changed lately to see whether a request for the same role and scope was denied, so this one needs a review"
                .to_owned(),
        )
    })?;
    let own = |found: &Reviewed| {
        let pull = &found.pull;
        pull.user.as_ref().is_some_and(|user| user.id == author) && pull.number != evidence.pull.number
    };
    for found in lately.into_iter().filter(own) {
        let Some(id) = named(&found.pull) else { continue };
        let recent = |review: &&ReviewRecord| {
            may_deny(review) && review.submitted_at.is_none_or(|at| clocks::denial_counts(at, now))
        };
        let denials: Vec<&ReviewRecord> = found.reviews.iter().filter(recent).collect();
        if denials.is_empty() {
            continue;
        }
        // A file that can no longer be read may have been equal.
        let other = read(reader, &found.pull, &id).await?;
        if other.as_ref().is_some_and(|other| !is_equal(&other.statement, asked)) {
            continue;
        }
        if denials.into_iter().any(|review| is_denial(review, other.as_ref(), verified)) {
            let number = found.pull.number;
            return Err(Failure::from(Refusal::from(Rule::DeniedBefore))
                .hint(format!("a reviewer denied it on pull request {number}, so this one needs a review")));
        }
    }
    Ok(())
}

fn is_equal(one: &RequestStatement, other: &RequestStatement) -> bool {
    let scope = |statement: &RequestStatement| statement.scope.as_ref().map(|scope| scope.name.clone());
    one.header.who == other.header.who && one.role == other.role && scope(one) == scope(other)
}

/// Whether a review is a denial by a person who may stop the request. That person is either the account that reviewed,
/// or the signer of a denial in the review, whichever account posted it.
fn is_denial(review: &ReviewRecord, other: Option<&RequestFile>, verified: &Verified) -> bool {
    let bench = &verified.bench;
    let may_stop = |name: &Name| bench.may_stop(&verified.file.statement, name);
    let policies: [&Policy; 2] = [&bench.under, &bench.force];
    let account = review.user.as_ref().filter(|user| user.is_user() && may_deny(review));
    let by_account = account.is_some_and(|user| {
        policies
            .iter()
            .filter_map(|policy| policy.person_of_github(user.id))
            .any(|person| may_stop(&person.name))
    });
    let signer = || signed_denial(review, &other?.digest, &bench.authority, policies);
    by_account || signer().is_some_and(|name| may_stop(&name))
}
