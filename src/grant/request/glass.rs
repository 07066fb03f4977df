//! Break-glass: nobody approves the request, and a reviewer looks at it afterwards.

use jiff::Timestamp;

use super::Request;
use super::Review;
use super::StateError;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::statement::Way;

impl Request {
    /// Whether the request uses the role's break-glass.
    pub fn is_emergency(&self) -> bool {
        self.statement.way == Way::BreakGlass
    }

    /// Whether break-glass was used and nobody has reviewed it yet. Remains true after the access has ended.
    pub fn is_unreviewed(&self) -> bool {
        self.is_emergency() && self.approved_duration.is_some() && self.acknowledged.is_none()
    }

    /// Records the one review of a break-glass request. The requester cannot give it.
    pub(super) fn acknowledge(
        &mut self,
        at: Timestamp,
        by: &Name,
        signed: &Signed,
    ) -> Result<(), StateError> {
        let statement = self.read_review(by, signed)?;
        if by == self.requester() {
            return Err(StateError::Reviewer(by.clone()));
        }
        self.acknowledged = Some(Review { by: by.clone(), at, statement, signed: signed.clone() });
        Ok(())
    }
}
