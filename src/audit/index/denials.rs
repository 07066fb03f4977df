//! Denials, which the rules of an authority consult.

use jiff::SignedDuration;
use jiff::Timestamp;

use super::Index;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::Request;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::statement::Way;

/// How long denials are kept in memory: longer than any rule looks back.
const KEPT: SignedDuration = SignedDuration::from_hours(31 * 24);

/// The denial of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The request that was denied.
    pub digest: Digest,
    /// The role that it asked for.
    pub role: Name,
    /// The scope that it asked for. `None` for the whole role.
    pub scope: Option<Name>,
    /// The way by which it asked.
    pub way: Way,
    /// The requester.
    pub who: Name,
    /// The one command that it was for. `None` for any.
    pub purpose: Option<Purpose>,
    /// When it was denied.
    pub at: Timestamp,
    /// The person who denied it.
    pub by: Name,
    /// That person's comment, which may be empty.
    pub said: String,
}

impl Index {
    /// The denials of a person's requests, newest first.
    pub fn denials_of(&self, person: &Name) -> impl Iterator<Item = &Denial> {
        self.denials.get(person).into_iter().flatten().rev()
    }

    /// Records a denial, and drops denials of the same person that are too old for every rule.
    pub(super) fn remember_denial(&mut self, request: &Request, change: &Change, by: Name, at: Timestamp) {
        let said = comment(change, request, &by).to_owned();
        let asked = &request.statement;
        let own = self.denials.entry(request.requester().clone()).or_default();
        own.retain(|denial| at.duration_since(denial.at) < KEPT);
        own.push(Denial {
            digest: request.digest,
            role: asked.role.clone(),
            scope: asked.scope.as_ref().map(|scope| scope.name.clone()),
            way: asked.way,
            who: asked.header.who.clone(),
            purpose: asked.purpose.clone(),
            at,
            by,
            said,
        });
    }
}

/// The comment of the denial that this change records. Empty if there is none.
fn comment<'a>(change: &'a Change, request: &'a Request, by: &Name) -> &'a str {
    if let Change::Denied { on_page: Some(given), .. } = change {
        return &given.comment;
    }
    let denies = |review: &&Review| review.by == *by && review.statement.verdict == Verdict::Deny;
    let mut reviews = request.acknowledged.iter().chain(&request.reviews);
    reviews.find(denies).map_or("", |review| &review.statement.comment)
}

/// The person who denied the request by this change, before the access or after a break-glass. `None` for any other
/// change.
pub(super) fn denier<'a>(change: &'a Change, request: &Request) -> Option<&'a Name> {
    match change {
        Change::Denied { by, .. } => Some(by),
        Change::Acknowledged { by, .. } => request
            .acknowledged
            .as_ref()
            .is_some_and(|review| review.statement.verdict == Verdict::Deny)
            .then_some(by),
        _ => None,
    }
}
