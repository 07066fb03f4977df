//! Records an approval: the reviews that sufficed, what was approved, and the ceilings.

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

/// Records the signed reviews that count, up to the one that sufficed. Returns the time of that one.
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
        // Only counted reviews are recorded here. A review with an invalid signature is in the notes only.
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

/// Records approvals for less that do not count as a yes, or came after there were enough: their ceilings apply anyway.
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
        // A person's own approval that is recorded as a yes is their latest statement.
        if planned.request.reviews.iter().any(|other| other.by == review.by && other.at >= review.at) {
            continue;
        }
        at = at.max(review.at);
        let (by, verdict) = (review.by.clone(), review.statement.verdict);
        planned.add(at, Change::Reviewed { by, verdict, signed: review.signed.clone() })?;
    }
    Ok(())
}
