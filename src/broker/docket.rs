//! Adapts the broker's index to the interface of the rules.

use jiff::Timestamp;

use crate::audit::Index;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::judgement::docket::Denial;
use crate::judgement::docket::Docket;
use crate::judgement::docket::Errand;
use crate::judgement::docket::Filed;

impl Docket for Index {
    fn with_id(&self, id: &RequestId) -> Option<Digest> {
        self.trace(id).map(|trace| trace.digest)
    }

    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>> {
        // Calls the inherent method of the same name, which returns the requests themselves.
        Self::open_of(self, who).map(|request| Filed::of(request, now)).collect()
    }

    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>> {
        let denials = Self::denials_of(self, who).map(|denial| Denial {
            digest: denial.digest,
            way: denial.way,
            who: &denial.who,
            role: &denial.role,
            scope: denial.scope.as_ref(),
            errand: Errand::of(denial.purpose.as_ref()),
            at: denial.at,
            by: Some(&denial.by),
            said: &denial.said,
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
