//! Emergencies: one at a time for each person, and none before somebody has reviewed the last one.

use std::sync::Arc;

use jiff::Timestamp;

use super::Admission;
use super::Denial;
use super::Index;
use super::is_same_piece;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::State;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

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

    /// A denial, within the last day, of an equal emergency. That an ordinary request was denied is shown to those who
    /// review the emergency, and does not stand in its way: it is another way, and nobody was asked.
    fn emergency_denial_of(&self, asked: &RequestStatement, now: Timestamp) -> Option<&Denial> {
        self.denials_of(asked, now).find(|denial| denial.way == Way::BreakGlass)
    }

    /// Whether somebody may break the glass now: their last one was reviewed, one like it was not found wrong within the
    /// last day, and they do not hold the very thing already.
    /// An ordinary request that waits stays as it is and stands in nobody's way.
    pub(super) fn admit_emergency(&self, asked: &RequestStatement, now: Timestamp) -> Result<(), Admission> {
        let who = &asked.header.who;
        if let Some(unreviewed) = self.unreviewed_of(who) {
            return Err(Admission::Unreviewed(unreviewed.id()));
        }
        if let Some(denial) = self.emergency_denial_of(asked, now) {
            return Err(Admission::FoundWrong(denial.by.clone()));
        }
        let held = self.open_of(who).find(|request| {
            is_same_piece(&request.statement, asked)
                && match request.state_at(now) {
                    State::Active => true,
                    State::Approved => request.statement.start.is_none_or(|start| start <= now),
                    _ => false,
                }
        });
        held.map_or(Ok(()), |held| Err(Admission::Open(held.id())))
    }
}
