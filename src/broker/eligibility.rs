//! Who may read, review and stop a request: by the rule of its own way into the role.

use super::judgement::Bench;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::policy::Policy;
use crate::policy::Role;

/// Whether one policy lets somebody review this: the rule of the way that it takes names them.
pub fn may_review(policy: &Policy, asked: &RequestStatement, reviewer: &Name) -> bool {
    let requester = &asked.header.who;
    let scope = asked.scope.as_ref().map(|scope| &scope.name);
    policy.role(&asked.role).is_some_and(|role| match asked.way {
        Way::Extend(_) => policy.may_review_extension(reviewer, role, scope, requester),
        Way::Request | Way::BreakGlass => policy.may_review(reviewer, role, requester),
    })
}

/// Whether one policy lets somebody say no to this, take it away, and so read it: whoever may review it, and for more time
/// also whoever may review the role's ordinary requests.
pub fn may_stop(policy: &Policy, asked: &RequestStatement, reviewer: &Name) -> bool {
    let role = policy.role(&asked.role);
    may_review(policy, asked, reviewer)
        || role.is_some_and(|role| policy.may_review(reviewer, role, &asked.header.who))
}

/// Whether somebody is named by one of the role's rules, for whichever requester.
pub fn may_review_some(policy: &Policy, role: &Role, viewer: &Name) -> bool {
    let somebody = policy.people().find(|person| person.name != *viewer);
    somebody.is_some_and(|somebody| {
        policy.may_review(viewer, role, &somebody.name)
            || policy.may_review_extension(viewer, role, None, &somebody.name)
    })
}

impl Bench {
    /// Whether somebody may review this request in both policies.
    pub fn may_review(&self, request: &Request, reviewer: &Name) -> bool {
        [&self.under, &self.force].iter().all(|policy| may_review(policy, &request.statement, reviewer))
    }

    /// Whether somebody may say no to this request, or take it away: the policy in force alone says who.
    pub fn may_stop(&self, request: &Request, reviewer: &Name) -> bool {
        may_stop(&self.force, &request.statement, reviewer)
    }
}
