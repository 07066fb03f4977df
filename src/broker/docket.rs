//! The broker's index as the rules read it.

use jiff::Timestamp;

use crate::audit::Index;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::judgement::docket::Denial;
use crate::judgement::docket::Docket;
use crate::judgement::docket::Filed;

impl Docket for Index {
    fn with_id(&self, id: &RequestId) -> Option<Digest> {
        self.trace(id).map(|trace| trace.digest)
    }

    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>> {
        // By the inherent method of the same name: the requests themselves.
        Self::open_of(self, who).map(|request| Filed::of(request, now)).collect()
    }

    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>> {
        let denials = Self::denials_of(self, who).map(|denial| Denial {
            digest: denial.digest,
            way: denial.way,
            role: &denial.role,
            scope: denial.scope.as_ref(),
            at: denial.at,
            by: Some(&denial.by),
        });
        denials.collect()
    }

    fn unreviewed_of(&self, who: &Name, now: Timestamp) -> Option<Filed<'_>> {
        Self::unreviewed_of(self, who).map(|request| Filed::of(request, now))
    }

    fn lost(&self) -> Option<Timestamp> {
        Self::lost(self)
    }
}

#[cfg(test)]
mod tests;
