//! What an approval records: the reviews that made it enough, what was approved, and what narrowed it.

use jiff::Timestamp;

use super::Planned;
use crate::github::Refusal;
use crate::github::Verified;
use crate::grant::Change;
use crate::grant::Signed;
use crate::grant::State;
use crate::judgement;
use crate::judgement::Terms;
use crate::judgement::review::approved;

pub(super) fn approve(verified: &Verified, terms: &Terms, planned: &mut Planned) -> Result<(), Refusal> {
    let at = record_reviews(verified, terms, planned)?;
    let state = planned.request.state_at(at);
    if state != State::Pending {
        return Err(judgement::refusal::Refusal::NotReviewable(state).into());
    }
    planned.add(at, approved(&verified.file.statement, terms, at))?;
    record_ceilings(verified, at, planned)
}

/// The signed reviews that count, up to the one that made it enough; answers when that was.
pub(super) fn record_reviews(
    verified: &Verified,
    terms: &Terms,
    planned: &mut Planned,
) -> Result<Timestamp, Refusal> {
    let times = terms.by.iter().filter_map(|name| verified.heard.times.get(name));
    let at = times.max().copied().unwrap_or(verified.asked).max(verified.asked);
    let mut signed: Vec<_> = verified.heard.signed.iter().filter(|review| review.at <= at).collect();
    signed.sort_by_key(|review| review.at);
    for review in signed {
        // Only what counted: a signature that does not hold is in the notes, and nowhere else.
        if verified.bench.opinion(review).is_some() {
            let change = Change::Reviewed {
                by: review.by.clone(),
                verdict: review.statement.verdict,
                signed: review.signed.clone(),
            };
            planned.add(review.at.max(verified.asked), change)?;
        }
    }
    Ok(at)
}

/// The approvals for less that count for no yes, or came after it was enough: what they narrowed stays narrow.
pub(super) fn record_ceilings(
    verified: &Verified,
    after: Timestamp,
    planned: &mut Planned,
) -> Result<(), Refusal> {
    let known: Vec<Signed> = planned.request.reviews.iter().map(|review| review.signed.clone()).collect();
    let mut ceilings: Vec<_> =
        verified.ceilings.iter().filter(|review| !known.contains(&review.signed)).collect();
    ceilings.sort_by_key(|review| review.at);
    let mut at = after;
    for review in ceilings {
        // Somebody's own approval that was recorded as a yes is their latest word.
        if planned.request.reviews.iter().any(|other| other.by == review.by && other.at >= review.at) {
            continue;
        }
        at = at.max(review.at);
        let (by, verdict) = (review.by.clone(), review.statement.verdict);
        planned.add(at, Change::Reviewed { by, verdict, signed: review.signed.clone() })?;
    }
    Ok(())
}
