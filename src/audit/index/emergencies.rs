//! Break-glass requests, which stay in the index until they are reviewed.

use std::sync::Arc;

use super::Index;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;

impl Index {
    /// A request that can still change: an open one, or a break-glass that waits for its review.
    pub fn changeable(&self, digest: &Digest) -> Option<&Arc<Request>> {
        self.open.get(digest).or_else(|| self.unreviewed.get(digest))
    }

    /// Every break-glass request without a review, including ended ones.
    pub fn all_unreviewed(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.open.values().filter(|open| open.is_unreviewed()).chain(self.unreviewed.values())
    }

    /// A person's break-glass request without a review.
    pub fn unreviewed_of(&self, person: &Name) -> Option<&Arc<Request>> {
        let open = self.open_of(person).find(|open| open.is_unreviewed());
        open.or_else(|| self.unreviewed.values().find(|request| request.requester() == person))
    }
}
