//! A no that stands on GitHub alone: for a day after somebody denied an equal request, nothing is approved by itself (trust.md
//! §2.4). What a run recorded the log knows; what was said on the web is on the pull request, closed or not.

use jiff::SignedDuration;
use jiff::Timestamp;

use crate::flow::Failure;
use crate::forge::Evidence;
use crate::forge::GitHub;
use crate::forge::MAIN;
use crate::forge::Refusal;
use crate::forge::Verified;
use crate::forge::github::models::Pull;
use crate::forge::github::models::ReviewRecord;
use crate::forge::review_body;
use crate::grant::Verdict;
use crate::grant::statement::RequestStatement;
use crate::policy::Policy;

use super::pending::named;
use super::pending::read;

/// How long a denial is remembered against an equal request.
const COUNTS: SignedDuration = SignedDuration::from_hours(24);

/// Refuses to approve a request without a review where somebody who may deny it denied an equal one within a day.
///
/// # Errors
/// Somebody did, or it cannot be seen whether.
pub(super) async fn check(
    github: &GitHub,
    evidence: &Evidence,
    verified: &Verified,
    now: Timestamp,
) -> Result<(), Failure> {
    let Some(author) = evidence.pull.user.as_ref().map(|user| user.id) else { return Ok(()) };
    let asked = &verified.file.statement;
    let Some(role) = verified.bench.force.role(&asked.role) else { return Ok(()) };
    // Whoever denied within the day did so while the request could still be had.
    let since = role.unused.after(role.pending.after(now)).duration_since(now) + COUNTS;
    let since = now.checked_sub(since).unwrap_or(Timestamp::MIN);
    let closed = github.closed_pulls_since(MAIN, since).await?;
    let closed = closed.ok_or_else(|| {
        Refusal::Policy(
            "there were too many pull requests lately to see whether an equal request was denied, so this one needs a review"
                .to_owned(),
        )
    })?;
    let own = |pull: &Pull| {
        pull.user.as_ref().is_some_and(|user| user.id == author) && pull.number != evidence.pull.number
    };
    for pull in github.open_pulls(MAIN).await?.into_iter().chain(closed).filter(own) {
        let Some(id) = named(&pull) else { continue };
        // What cannot be read any more may have been equal.
        let other = read(github, &pull, &id).await?;
        if other.is_some_and(|other| !is_equal(&other.statement, asked)) {
            continue;
        }
        for review in github.reviews(pull.number).await? {
            let recent = review.submitted_at.is_none_or(|at| now.duration_since(at) < COUNTS);
            if recent && denies(&review) && may_deny(&review, verified) {
                return Err(Refusal::Policy(format!(
                    "an equal request was denied within the last 24 hours, on pull request {}, so this one needs a review",
                    pull.number
                ))
                .into());
            }
        }
    }
    Ok(())
}

fn is_equal(one: &RequestStatement, other: &RequestStatement) -> bool {
    let scope = |statement: &RequestStatement| statement.scope.as_ref().map(|scope| scope.name.clone());
    one.header.who == other.header.who && one.role == other.role && scope(one) == scope(other)
}

/// Whether a review is a no, or may have been one before somebody dismissed it.
fn denies(review: &ReviewRecord) -> bool {
    let carried = review_body::read(review.body.as_deref().unwrap_or_default());
    !matches!(review.state.as_str(), "APPROVED" | "COMMENTED" | "PENDING")
        || carried.verdict() == Some(Verdict::Deny)
}

fn may_deny(review: &ReviewRecord, verified: &Verified) -> bool {
    let Some(user) = review.user.as_ref().filter(|user| user.is_user()) else { return false };
    let bench = &verified.bench;
    let person = |policy: &Policy| policy.person_of_github(user.id).map(|person| person.name.clone());
    [person(&bench.under), person(&bench.force)]
        .into_iter()
        .flatten()
        .any(|name| bench.may_stop(&verified.file.statement, &name))
}
