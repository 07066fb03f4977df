//! Denials: for a day, an equal request shows them and is not approved by itself.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Index;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Target;
use crate::grant::Verdict;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;

/// How long a denial is remembered against an equal request.
const DENIAL_COUNTS: SignedDuration = SignedDuration::from_hours(24);

/// Whether a denial of a moment still counts.
pub(super) fn counts(denied: Timestamp, now: Timestamp) -> bool {
    now < denied.saturating_add(DENIAL_COUNTS).unwrap_or(Timestamp::MAX)
}

/// A denial that counts against equal requests for a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Who asked.
    pub who: Name,
    /// For which role.
    pub role: Name,
    /// Which opens what.
    pub target: Target,
    /// Which piece of it.
    pub scope: Option<Name>,
    /// By which way.
    pub way: Way,
    /// When it was denied.
    pub at: Timestamp,
    /// By whom.
    pub by: Name,
}

impl Index {
    /// A denial of an equal request within the last day.
    pub fn denial_of(&self, asked: &RequestStatement, now: Timestamp) -> Option<&Denial> {
        self.denials_of(asked, now).next()
    }

    /// Every denial of an equal request within the last day, the newest first.
    pub(super) fn denials_of<'a>(
        &'a self,
        asked: &RequestStatement,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Denial> {
        self.denials.iter().rev().filter(move |denial| {
            denial.who == asked.header.who
                && denial.role == asked.role
                && denial.target == asked.target
                && denial.scope.as_ref() == asked.scope.as_ref().map(|scope| &scope.name)
                && counts(denial.at, now)
        })
    }

    /// Remembers a denial, and forgets those that count no more.
    pub(super) fn remember_denial(&mut self, request: &Request, by: Name, at: Timestamp) {
        self.denials.retain(|denial| counts(denial.at, at));
        let asked = &request.statement;
        self.denials.push(Denial {
            who: request.requester().clone(),
            role: asked.role.clone(),
            target: asked.target.clone(),
            scope: asked.scope.as_ref().map(|scope| scope.name.clone()),
            way: asked.way,
            at,
            by,
        });
    }
}

/// Who said no by this change, if somebody did: before the access, or after an emergency.
pub(super) fn denier<'a>(change: &'a Change, request: &Request) -> Option<&'a Name> {
    match change {
        Change::Denied { by } => Some(by),
        Change::Acknowledged { by, .. } => request
            .acknowledged
            .as_ref()
            .is_some_and(|review| review.statement.verdict == Verdict::Deny)
            .then_some(by),
        _ => None,
    }
}
