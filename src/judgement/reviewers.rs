//! The people who may review or revoke a request. The rule of the request's own way says who is eligible. Conditions
//! may prevent an eligible person from approving or revoking. Nothing prevents them from denying.

use super::Bench;
use super::Case;
use super::household::is_agents_owner;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::policy::Action;
use crate::policy::Asking;
use crate::policy::Policy;
use crate::policy::Refusal;

impl Bench {
    /// Checks that the conditions of both policies let a person approve this.
    pub fn let_review(&self, case: &Case<'_>, reviewer: &Name) -> Result<(), Refusal> {
        let longest = self.longest(case)?;
        let scope = case.request.scope.as_ref().map(|scope| &scope.name);
        let asking = Asking { duration: case.request.duration.min(longest), scope, ..circumstances(case) };
        self.under.let_review(&asking, reviewer)?;
        self.force.let_review(&asking, reviewer)
    }

    /// Checks that the conditions of the policy in force let a person revoke this.
    pub fn let_revoke(&self, case: &Case<'_>, revoker: &Name) -> Result<(), Refusal> {
        let asking = circumstances(case);
        // A scope or way that the policy no longer has must not prevent a revocation.
        let role = self.force.role(asking.role);
        let scope = case.request.scope.as_ref().map(|scope| &scope.name);
        let scope = scope.filter(|scope| role.is_some_and(|role| role.scopes.contains_key(*scope)));
        self.force.let_revoke(&Asking { action: Action::Request, scope, ..asking }, revoker)
    }

    /// The signature strength that both policies demand of a review.
    pub fn demanded(&self, case: &Case<'_>) -> Option<Assurance> {
        self.demanded_of(case.request, case.before)
    }

    /// The strength that both policies demand of this person's review: a touch, if either says that the requester is their
    /// agent.
    pub(super) fn demanded_from(
        &self,
        asked: &RequestStatement,
        before: u32,
        reviewer: &Name,
    ) -> Option<Assurance> {
        let demanded = self.demanded_of(asked, before)?;
        let from = |policy: &Policy| policy.demanded_from(reviewer, &asked.header.who, demanded);
        Some(from(&self.under).max(from(&self.force)))
    }

    /// Whether a person may not approve this because either policy says that the requester is their agent, and its role does
    /// not let them.
    pub(super) fn is_own_agents(&self, asked: &RequestStatement, reviewer: &Name) -> bool {
        [&self.under, &self.force].iter().any(|policy| {
            is_agents_owner(policy, asked, reviewer)
                && policy.role(&asked.role).is_none_or(|role| !role.owner_may_approve)
        })
    }

    /// The strength that both policies demand of a review, for a request whose grant has `before` earlier extensions.
    pub(super) fn demanded_of(&self, asked: &RequestStatement, before: u32) -> Option<Assurance> {
        let scope = asked.scope.as_ref().map(|scope| &scope.name);
        let signed = |policy: &Policy| {
            let role = policy.role(&asked.role)?;
            role.terms(Case::action_of(asked, before), scope).ok().map(|terms| terms.signed)
        };
        signed(&self.under).max(signed(&self.force))
    }
}

/// Checks that the conditions of the policy in force let a person confirm a break-glass, as if they approved an
/// ordinary request. A scope or way that the policy no longer has does not prevent it.
pub fn let_acknowledge(force: &Policy, case: &Case<'_>, reviewer: &Name) -> Result<(), Refusal> {
    let asking = circumstances(case);
    let role = force.role(asking.role);
    let scope = case.request.scope.as_ref().map(|scope| &scope.name);
    let scope = scope.filter(|scope| role.is_some_and(|role| role.scopes.contains_key(*scope)));
    force.let_review(&Asking { action: Action::Request, scope, ..asking }, reviewer)
}

fn circumstances<'a>(case: &Case<'a>) -> Asking<'a> {
    let request = case.request;
    Asking {
        action: case.action(),
        reason: &request.reason,
        source: case.source,
        interactive: request.interactive,
        agent: request.agent,
        facts: case.facts,
        ..Asking::new(&request.header.who, &request.role, request.duration, case.now)
    }
}
