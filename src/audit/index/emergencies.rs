//! Emergencies, which stay in the index until somebody has reviewed them.

use std::sync::Arc;

use super::Index;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;

impl Index {
    /// A request that something can still happen to: one that has not come to its end, or an emergency that waits for its
    /// review.
    pub fn changeable(&self, digest: &Digest) -> Option<&Arc<Request>> {
        self.open.get(digest).or_else(|| self.unreviewed.get(digest))
    }

    /// Every emergency that nobody has reviewed yet, those that are over too.
    pub fn all_unreviewed(&self) -> impl Iterator<Item = &Arc<Request>> {
        self.open.values().filter(|open| open.is_unreviewed()).chain(self.unreviewed.values())
    }

    /// A person's emergency that nobody has reviewed yet.
    pub fn unreviewed_of(&self, person: &Name) -> Option<&Arc<Request>> {
        let open = self.open_of(person).find(|open| open.is_unreviewed());
        open.or_else(|| self.unreviewed.values().find(|request| request.requester() == person))
    }
}
