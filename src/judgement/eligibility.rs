//! Who may read, review and stop a request: by the rule of its own way into the role.

use super::Bench;
use super::is_eligible;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::policy::Action;
use crate::policy::Policy;
use crate::policy::Role;

/// Whether one policy lets somebody say no to this, take it away, and so read it: whoever may review it, and for more time
/// also whoever may review the requests that it extends.
pub fn may_stop(policy: &Policy, asked: &RequestStatement, reviewer: &Name) -> bool {
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    let role = policy.role(&asked.role).filter(|_| asked.extends().is_some());
    is_eligible(policy, asked, reviewer)
        || role.is_some_and(|role| {
            policy.may_review_way(reviewer, role, Action::Request, scope, &asked.header.who)
        })
}

/// Whether somebody is named by one of the rules of the role or of its scopes, for whichever requester.
pub fn may_review_some(policy: &Policy, role: &Role, viewer: &Name) -> bool {
    let Some(somebody) = policy.people().find(|person| person.name != *viewer) else { return false };
    std::iter::once(None).chain(role.scopes.keys().map(Some)).any(|scope| {
        let names = |action| policy.may_review_way(viewer, role, action, scope, &somebody.name);
        names(Action::Request) || (role.extend.is_some() && names(Action::Extend { before: 0 }))
    })
}

impl Bench {
    /// Whether the rules of both policies name somebody as a reviewer of this request.
    pub fn may_review(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        [&self.under, &self.force].iter().all(|policy| is_eligible(policy, asked, reviewer))
    }

    /// Whether somebody may say no to this request, or take it away: the policy in force alone says who.
    pub fn may_stop(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        may_stop(&self.force, asked, reviewer)
    }
}
