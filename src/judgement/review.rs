//! Whether a review may be given, and what follows from it: the same for a broker, which takes reviews one by one, and for a
//! repository, whose reviews lie on the pull request.

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

/// A review that was opened: its signature holds.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    statement: &'a ReviewStatement,
    opened: &'a Opened,
}

/// Whether a review changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// It does.
    New,
    /// The reviewer has said the same before, and it has counted.
    Before,
}

impl<'a> Given<'a> {
    /// A statement that was opened as a review.
    ///
    /// # Errors
    /// It is a statement of another kind.
    pub fn of(opened: &'a Opened) -> Result<Self, Refusal> {
        match opened.statement() {
            Statement::Review(statement) => Ok(Self { statement, opened }),
            _ => Err(Refusal::OtherReview),
        }
    }

    /// What it says.
    pub fn statement(&self) -> &'a ReviewStatement {
        self.statement
    }

    /// Whose review it is.
    pub fn by(&self) -> &Name {
        &self.statement.header.who
    }

    /// The change that records it.
    fn change(&self) -> Change {
        let (by, verdict) = (self.by().clone(), self.statement.verdict);
        Change::Reviewed { by, verdict, signed: self.opened.signed().clone() }
    }

    /// The review as a request holds it once it is taken.
    fn taken(&self, at: Timestamp) -> Review {
        let (statement, signed) = (self.statement.clone(), self.opened.signed().clone());
        Review { by: self.by().clone(), at, statement, signed }
    }
}

/// Whether somebody's latest word on a request is this verdict.
pub fn has_given(request: &Request, person: &Name, verdict: Verdict) -> bool {
    request.reviews.iter().any(|review| review.by == *person && review.statement.verdict == verdict)
}

/// Checks the prose of a statement that was just made.
///
/// # Errors
/// It has characters or blanks that new text may not have.
pub fn check_prose(prose: &str) -> Result<(), Refusal> {
    text::check_new(prose).map_err(|error| Refusal::Prose(error.to_string()))
}

/// Whether a review fits the request by what the two say, whenever it is given and whatever its author may do. An approval
/// that does not fit counts as none.
///
/// # Errors
/// It is of another request or of the reviewer's own, its comment is not taken, or it approves for more or for something else
/// than was asked for.
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

/// Whether a review of an ordinary request, or of one for more time, may be given now.
///
/// # Errors
/// Why not. Nothing is recorded then.
pub fn check(bench: &Bench, request: &Request, given: &Given<'_>, case: &Case<'_>) -> Result<Said, Refusal> {
    let (asked, reviewer) = (case.request, given.by());
    if given.statement.request != request.digest {
        return Err(Refusal::OtherReview);
    }
    if reviewer == request.requester() {
        return Err(Refusal::OwnRequest);
    }
    check_prose(&given.statement.comment)?;
    if has_given(request, reviewer, Verdict::Deny) {
        return Err(Refusal::Final(reviewer.clone()));
    }
    // Somebody who caught an older review of the same person must not be able to put it in place of a newer one.
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

/// Whether somebody may deny this with the key that signed. The policy in force alone says who, and any key of theirs will do.
///
/// # Errors
/// The key is somebody else's, or its owner is not eligible.
pub fn check_denier(bench: &Bench, asked: &RequestStatement, given: &Given<'_>) -> Result<(), Refusal> {
    let by = given.by();
    if bench.force.person_of_key(given.opened.fingerprint()).is_none_or(|person| person.name != *by) {
        return Err(Refusal::ForeignKey { key: given.opened.fingerprint().to_owned(), who: by.clone() });
    }
    if bench.may_stop(asked, by) { Ok(()) } else { Err(Refusal::NotReviewer(by.clone())) }
}

/// Whether both policies let somebody approve this with the key that signed.
///
/// # Errors
/// One of them does not know the key as theirs, they are not eligible in both, or the review is signed too weakly.
pub fn check_approver(bench: &Bench, given: &Given<'_>, case: &Case<'_>) -> Result<(), Refusal> {
    let demanded = weakness(bench, given, case)?;
    demanded.map_or(Ok(()), |demanded| Err(Refusal::TooWeak(demanded)))
}

/// How strongly the role wants reviews signed, if this one is signed more weakly; `None` if it is strong enough.
///
/// # Errors
/// Both policies do not let somebody approve this with the key that signed.
fn weakness(bench: &Bench, given: &Given<'_>, case: &Case<'_>) -> Result<Option<Assurance>, Refusal> {
    let (asked, reviewer) = (case.request, given.by());
    let demanded = bench.demanded(case).filter(|demanded| given.opened.assurance() < *demanded);
    if bench.is_key_of(given.opened.fingerprint(), reviewer) && bench.may_review(asked, reviewer) {
        return Ok(demanded);
    }
    Err(match (bench.why_not(asked, reviewer), demanded) {
        (Some(why), _) => Refusal::AskAgain { why, who: asked.header.who.clone() },
        (None, Some(demanded)) if bench.is_named(asked, reviewer) => Refusal::TooWeak(demanded),
        (None, _) => Refusal::NotReviewer(reviewer.clone()),
    })
}

/// What follows from a review that [`check`] let pass. `first` is the grant that the request asks more time for.
///
/// # Errors
/// More time no longer fits the grant, a condition forbids the review, or the policies refuse the request.
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
        changes.push(Change::Denied { by: by.clone() });
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
        Judgement::Denied(by) => changes.push(Change::Denied { by }),
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

/// The change that approves an ordinary request at a moment: an approval of access that starts later waits from that start.
pub fn approved(asked: &RequestStatement, terms: &Terms, at: Timestamp) -> Change {
    Change::Approved {
        duration: terms.duration,
        unused_until: clocks::unused_until(terms, asked, at),
        by: terms.by.clone(),
        scope: terms.named.clone(),
    }
}

/// What follows from the review of an emergency, after the fact. A no takes away what still lives. The policy in force alone
/// says who may review: the review grants nothing, and an emergency that has ended must not wait for people who left.
///
/// # Errors
/// Why the review is not taken.
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
        if given.opened.assurance() < demanded {
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

/// How strongly the review of an emergency must be signed: as for an ordinary request, or as for the whole role if the policy
/// has given up the scope. `None` if there is no such role any more.
fn demanded_afterwards(policy: &Policy, asked: &RequestStatement) -> Option<Assurance> {
    let role = policy.role(&asked.role)?;
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    Some(role.terms(Action::Request, scope).map_or(role.signed, |terms| terms.signed))
}
