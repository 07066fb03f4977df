//! What is different about an emergency: nobody approves it, and somebody reviews it afterwards.

use jiff::Timestamp;

use super::Request;
use super::Review;
use super::StateError;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::statement::Way;

impl Request {
    /// Whether it asks by the role's emergency way.
    pub fn is_emergency(&self) -> bool {
        self.statement.way == Way::BreakGlass
    }

    /// Whether the glass was broken and nobody has said anything of it yet. It stays so after the access has ended.
    pub fn is_unreviewed(&self) -> bool {
        self.is_emergency() && self.approved_duration.is_some() && self.acknowledged.is_none()
    }

    /// Takes the one review that an emergency has; never its requester's.
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
