//! How a request records reviews.

use jiff::Timestamp;

use super::Request;
use super::Review;
use super::StateError;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::statement::ReviewStatement;

impl Request {
    /// Records a person's latest review. A denial is final: the same person cannot review again.
    pub(super) fn review(
        &mut self,
        at: Timestamp,
        by: &Name,
        verdict: Verdict,
        signed: &Signed,
    ) -> Result<(), StateError> {
        let statement = self.read_review(by, signed)?;
        if statement.verdict != verdict {
            return Err(StateError::Statement("it is a review of something else".to_owned()));
        }
        let denied_before =
            self.reviews.iter().any(|review| review.by == *by && review.statement.verdict == Verdict::Deny);
        if by == self.requester() || denied_before {
            return Err(StateError::Reviewer(by.clone()));
        }
        self.reviews.retain(|review| review.by != *by);
        self.reviews.push(Review { by: by.clone(), at, statement, signed: signed.clone() });
        Ok(())
    }

    /// Parses the review in a change.
    ///
    /// # Errors
    /// It is not by this person or not of this request.
    pub(super) fn read_review(&self, by: &Name, signed: &Signed) -> Result<ReviewStatement, StateError> {
        let Statement::Review(statement) = Statement::parse(signed.statement.as_bytes())? else {
            return Err(StateError::Statement("it is not a review".to_owned()));
        };
        if statement.request != self.digest || statement.header.who != *by {
            return Err(StateError::Statement("it is a review of something else".to_owned()));
        }
        Ok(statement)
    }
}
