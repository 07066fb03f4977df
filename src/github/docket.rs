//! Adapts the repository's index to the interface of the rules. Pending requests have no events, because their pull
//! requests hold them.

use jiff::Timestamp;

use crate::forge::log::JournalIndex;
use crate::forge::log::Known;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::statement::Way;
use crate::judgement::docket::Denial;
use crate::judgement::docket::Docket;
use crate::judgement::docket::Errand;
use crate::judgement::docket::Filed;

impl Known {
    fn way(&self) -> Way {
        self.extends.map_or(Way::Request, Way::Extend)
    }

    /// The state, with expiries applied.
    fn state_at(&self, now: Timestamp) -> State {
        match self.state {
            State::Active if self.active_until.is_none_or(|until| until <= now) => State::Ended,
            State::Pending | State::Approved if self.not_after <= now => State::Expired,
            state => state,
        }
    }
}

impl Docket for JournalIndex {
    fn with_id(&self, id: &RequestId) -> Option<Digest> {
        self.requests.iter().map(|known| known.digest).find(|digest| digest.request_id() == *id)
    }

    fn open_of(&self, who: &Name, now: Timestamp) -> Vec<Filed<'_>> {
        let own = self.requests.iter().filter(|known| known.who == *who);
        let filed = own.map(|known| Filed {
            digest: known.digest,
            way: known.way(),
            role: &known.role,
            scope: known.scope.as_ref(),
            state: known.state_at(now),
            start: None,
            workload: None,
            job: None,
        });
        filed.filter(|filed| !filed.state.is_terminal()).collect()
    }

    fn denials_of(&self, who: &Name) -> Vec<Denial<'_>> {
        let own = self.requests.iter().filter(|known| known.who == *who);
        let denials = own.filter_map(|known| {
            Some(Denial {
                digest: known.digest,
                way: known.way(),
                who: &known.who,
                role: &known.role,
                scope: known.scope.as_ref(),
                errand: Errand::Unknown,
                at: known.denied?,
                by: None,
                said: "",
            })
        });
        denials.collect()
    }

    /// A repository has no break-glass, because it cannot notify anybody.
    fn unreviewed_of(&self, _: &Name, _: Timestamp) -> Option<Filed<'_>> {
        None
    }

    /// A log on a branch that lost events is never read at all.
    fn lost(&self) -> Option<Timestamp> {
        None
    }
}
