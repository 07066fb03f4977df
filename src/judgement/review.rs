//! Decides whether a review is accepted, and what follows from it: for a broker, which receives reviews one by one, and
//! for a repository, whose reviews are on the pull request.

use jiff::Timestamp;

use super::Bench;
use super::Case;
use super::Judgement;
use super::Terms;
use super::ceilings;
use super::clocks;
use super::extensions::approval;
use super::is_eligible;
use super::refusal::Refusal;
use super::reviewers::let_acknowledge;
use super::signer::check_key;
use super::signer::check_proof;
use super::stop;
use crate::grant::Assurance;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::ReviewStatement;
use crate::grant::text;
use crate::identity::Opened;
use crate::policy::Action;
use crate::policy::Policy;

/// A review with a verified signature.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    statement: &'a ReviewStatement,
    opened: &'a Opened,
}

/// Whether a review is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It is new.
    New,
    /// The reviewer has given the same review before, and it counted.
    Before,
}

impl<'a> Given<'a> {
    /// A verified statement as a review.
    ///
    /// # Errors
    /// It is a statement of another kind.
    pub fn of(opened: &'a Opened) -> Result<Self, Refusal> {
        match opened.statement() {
            Statement::Review(statement) => Ok(Self { statement, opened }),
            _ => Err(Refusal::OtherReview),
        }
    }

    /// Its statement.
    pub fn statement(&self) -> &'a ReviewStatement {
        self.statement
    }

    /// The reviewer.
    pub fn by(&self) -> &Name {
        &self.statement.header.who
    }

    /// The change that records it.
    fn change(&self) -> Change {
        let (by, verdict) = (self.by().clone(), self.statement.verdict);
        Change::Reviewed { by, verdict, signed: self.opened.signed().clone() }
    }

    /// The review in the form in which a request holds it.
    fn taken(&self, at: Timestamp) -> Review {
        let (statement, signed) = (self.statement.clone(), self.opened.signed().clone());
        Review { by: self.by().clone(), at, statement, signed }
    }
}

/// Whether a person's latest review of a request has this verdict.
pub fn has_given(request: &Request, person: &Name, verdict: Verdict) -> bool {
    request.reviews.iter().any(|review| review.by == *person && review.statement.verdict == verdict)
}

/// Checks the prose of a new statement.
///
/// # Errors
/// It has characters or blanks that new text may not have.
pub fn check_prose(prose: &str) -> Result<(), Refusal> {
    text::check_new(prose).map_err(|error| Refusal::Prose(error.to_string()))
}

/// Checks that a review's content fits the request, at any time and whatever its author's rights. An approval that does
/// not fit does not count.
///
/// # Errors
/// It is for another request or for the reviewer's own, its comment is not allowed, or it approves more or something
/// else than requested.
pub fn check_words(
    bench: &Bench,
    asked: &RequestStatement,
    digest: &Digest,
    review: &ReviewStatement,
) -> Result<(), Refusal> {
    if review.request != *digest {
        return Err(Refusal::OtherReview);
    }
    if review.header.who == asked.header.who {
        return Err(Refusal::OwnRequest);
    }
    check_prose(&review.comment)?;
    if review.verdict == Verdict::Approve { check_ceilings(bench, asked, review) } else { Ok(()) }
}

fn check_ceilings(bench: &Bench, asked: &RequestStatement, review: &ReviewStatement) -> Result<(), Refusal> {
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    if asked.extends().is_some() && review.scope.is_some() && review.scope.as_ref() != scope {
        return Err(Refusal::OtherScope);
    }
    Ok(ceilings::check(bench, asked, review)?)
}

/// Checks that a review of an ordinary request or an extension may be given now.
///
/// # Errors
/// The reason. Nothing is recorded then.
pub fn check(bench: &Bench, request: &Request, given: &Given<'_>, case: &Case<'_>) -> Result<Said, Refusal> {
    let (asked, reviewer) = (case.request, given.by());
    if given.statement.request != request.digest {
        return Err(Refusal::OtherReview);
    }
    if reviewer == request.requester() {
        return Err(Refusal::OwnRequest);
    }
    if given.statement.verdict == Verdict::Approve && bench.is_own_agents(asked, reviewer) {
        return Err(Refusal::OwnAgents(request.requester().clone()));
    }
    check_prose(&given.statement.comment)?;
    if has_given(request, reviewer, Verdict::Deny) {
        return Err(Refusal::Final(reviewer.clone()));
    }
    // An attacker who captured an older review of the same person must not be able to replace a newer one with it.
    let at = given.statement.header.at;
    let newer = |review: &Review| review.by == *reviewer && review.statement.header.at > at;
    if request.reviews.iter().any(newer) {
        return Err(Refusal::Older(reviewer.clone()));
    }
    if given.statement.verdict == Verdict::Deny {
        check_denier(bench, asked, given)?;
        stop::check_deniable(request, case.now)?;
        return Ok(Said::New);
    }
    let demanded = weakness(bench, given, case)?;
    check_proof(&bench.force, reviewer, case.now)?;
    let state = request.state_at(case.now);
    let said_yes = has_given(request, reviewer, Verdict::Approve);
    match state {
        State::Approved | State::Active if said_yes => return Ok(Said::Before),
        State::Pending => {}
        _ => return Err(Refusal::NotReviewable(state)),
    }
    check_ceilings(bench, asked, given.statement)?;
    demanded.map_or(Ok(Said::New), |demanded| Err(Refusal::TooWeak(demanded)))
}

/// Checks that a denial is of this request, and by somebody who may deny it.
///
/// # Errors
/// It is of another request or of one's own, or its author is not eligible.
pub fn check_denial(
    bench: &Bench,
    asked: &RequestStatement,
    digest: &Digest,
    given: &Given<'_>,
) -> Result<(), Refusal> {
    if given.statement.request != *digest {
        return Err(Refusal::OtherReview);
    }
    if *given.by() == asked.header.who {
        return Err(Refusal::OwnRequest);
    }
    check_denier(bench, asked, given)
}

/// Checks that a person may deny this with the signing key. The policy in force alone decides, and any of their keys
/// will do.
///
/// # Errors
/// The key belongs to another person, or its owner is not eligible.
pub fn check_denier(bench: &Bench, asked: &RequestStatement, given: &Given<'_>) -> Result<(), Refusal> {
    let by = given.by();
    check_key(&bench.force, given.opened)?;
    if bench.may_stop(asked, by) { Ok(()) } else { Err(Refusal::NotReviewer(by.clone())) }
}

/// The strength that the role demands, if this review's signature is weaker. `None` if it is strong enough.
///
/// # Errors
/// The policies do not both let the person approve this with the signing key.
fn weakness(bench: &Bench, given: &Given<'_>, case: &Case<'_>) -> Result<Option<Assurance>, Refusal> {
    let (asked, reviewer) = (case.request, given.by());
    let signed = bench.worth(given.opened.fingerprint(), given.opened.assurance());
    let demanded = bench.demanded_from(asked, case.before, reviewer).filter(|demanded| signed < *demanded);
    if bench.is_key_of(given.opened.fingerprint(), reviewer) && bench.may_review(asked, reviewer) {
        return Ok(demanded);
    }
    Err(match (bench.why_not(asked, reviewer), demanded) {
        (Some(why), _) => Refusal::AskAgain { why, who: asked.header.who.clone() },
        (None, Some(demanded)) if bench.is_named(asked, reviewer) => Refusal::TooWeak(demanded),
        (None, _) => Refusal::NotReviewer(reviewer.clone()),
    })
}

/// Derives the changes from a review that passed [`check`]. `first` is the grant that the request extends.
///
/// # Errors
/// The extension no longer fits the grant, a condition forbids the review, or the policies refuse the request.
pub fn decide(
    bench: &Bench,
    case: &Case<'_>,
    request: &Request,
    first: Option<&Request>,
    given: &Given<'_>,
) -> Result<Vec<Change>, Refusal> {
    let (by, now) = (given.by(), case.now);
    let mut changes = vec![given.change()];
    if given.statement.verdict == Verdict::Deny {
        changes.push(Change::Denied { by: by.clone(), on_page: None });
        return Ok(changes);
    }
    if request.extends().is_some() {
        let first = first.ok_or(Refusal::Over)?;
        first.check_extension(&request.statement, now).map_err(Refusal::ExtensionMoved)?;
    }
    bench.let_review(case, by)?;
    let mut reviews: Vec<Review> =
        request.reviews.iter().filter(|review| review.by != *by).cloned().collect();
    reviews.push(given.taken(now));
    match bench.judge(&Case { reviews: &reviews, ceilings: &reviews, ..*case }) {
        Judgement::Waiting(_) => {}
        Judgement::Denied(by) => changes.push(Change::Denied { by, on_page: None }),
        Judgement::Approved(terms) if request.extends().is_some() => {
            let first = first.ok_or(Refusal::Over)?;
            let (change, _) =
                approval(first, &request.statement, &terms, now).map_err(Refusal::ExtensionMoved)?;
            changes.push(change);
        }
        Judgement::Approved(terms) => changes.push(approved(&request.statement, &terms, now)),
        Judgement::Refused(why) | Judgement::Changed(why) => return Err(Refusal::Refused(why)),
    }
    Ok(changes)
}

/// The change that approves an ordinary request. The unused time of an access that starts later begins at that start.
pub fn approved(asked: &RequestStatement, terms: &Terms, at: Timestamp) -> Change {
    Change::Approved {
        duration: terms.duration,
        unused_until: clocks::unused_until(terms, asked, at),
        by: terms.by.clone(),
        scope: terms.named.clone(),
    }
}

/// Derives the changes from the review of a break-glass. A denial revokes what is still valid. The policy in force
/// alone says who may review, because the review grants nothing, and an ended break-glass must not wait for people who
/// left.
///
/// # Errors
/// Why the review is refused.
pub fn acknowledge(
    policy: &Policy,
    request: &Request,
    given: &Given<'_>,
    case: &Case<'_>,
) -> Result<Vec<Change>, Refusal> {
    let (by, said) = (given.by(), given.statement);
    let state = request.state_at(case.now);
    if said.request != request.digest {
        return Err(Refusal::OtherReview);
    }
    if by == request.requester() {
        return Err(Refusal::OwnRequest);
    }
    check_prose(&said.comment)?;
    if !is_eligible(policy, &request.statement, by) {
        return Err(Refusal::NotReviewer(by.clone()));
    }
    if let Some(before) = &request.acknowledged {
        return Err(Refusal::Reviewed(before.by.clone()));
    }
    if !request.is_unreviewed() {
        return Err(Refusal::NotReviewable(state));
    }
    if said.duration.is_some() || said.scope.is_some() {
        return Err(Refusal::Whole);
    }
    if said.verdict == Verdict::Approve {
        let demanded = demanded_afterwards(policy, &request.statement);
        let demanded = demanded.ok_or_else(|| Refusal::NotReviewer(by.clone()))?;
        let worth = policy.key(given.opened.fingerprint()).map_or(Assurance::Account, |key| key.worth);
        if given.opened.assurance().min(worth) < demanded {
            return Err(Refusal::TooWeak(demanded));
        }
        let_acknowledge(policy, case, by)?;
    }
    let mut changes = vec![Change::Acknowledged { by: by.clone(), signed: given.opened.signed().clone() }];
    if said.verdict == Verdict::Deny && !state.is_terminal() {
        let comment = said.comment.as_str();
        let reason = if comment.is_empty() { "reviewed, and found wrong" } else { comment }.to_owned();
        changes.push(Change::Revoked {
            by: Some(by.clone()),
            reason,
            signed: Some(given.opened.signed().clone()),
        });
    }
    Ok(changes)
}

/// The strength that the review of a break-glass needs: as for an ordinary request, or as for the whole role if the
/// policy no longer has the scope. `None` if the role no longer exists.
fn demanded_afterwards(policy: &Policy, asked: &RequestStatement) -> Option<Assurance> {
    let role = policy.role(&asked.role)?;
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    Some(role.terms(Action::Request, scope).map_or(role.signed, |terms| terms.signed))
}
