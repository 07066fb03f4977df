//! Who may review a request or take it away: the rule of the request's own way says who is eligible, and conditions may
//! keep an eligible person from agreeing or revoking. Nothing keeps them from saying no.

use super::Bench;
use super::Case;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::statement::RequestStatement;
use crate::policy::Action;
use crate::policy::Asking;
use crate::policy::Policy;
use crate::policy::Refusal;

impl Bench {
    /// Whether conditions of both policies let somebody agree to this.
    pub fn let_review(&self, case: &Case<'_>, reviewer: &Name) -> Result<(), Refusal> {
        let longest = self.longest(case)?;
        let scope = case.request.scope.as_ref().map(|scope| &scope.name);
        let asking = Asking { duration: case.request.duration.min(longest), scope, ..circumstances(case) };
        self.under.let_review(&asking, reviewer)?;
        self.force.let_review(&asking, reviewer)
    }

    /// Whether conditions of the policy in force let somebody take this away.
    pub fn let_revoke(&self, case: &Case<'_>, revoker: &Name) -> Result<(), Refusal> {
        let asking = circumstances(case);
        // What the policy has given up must not keep anybody from ending it: not its scope, nor its way.
        let role = self.force.role(asking.role);
        let scope = case.request.scope.as_ref().map(|scope| &scope.name);
        let scope = scope.filter(|scope| role.is_some_and(|role| role.scopes.contains_key(*scope)));
        self.force.let_revoke(&Asking { action: Action::Request, scope, ..asking }, revoker)
    }

    /// How strongly a review must be signed in both policies.
    pub fn demanded(&self, case: &Case<'_>) -> Option<Assurance> {
        self.demanded_of(case.request, case.before)
    }

    /// The same of a request whose grant was extended so often before.
    pub(super) fn demanded_of(&self, asked: &RequestStatement, before: u32) -> Option<Assurance> {
        let scope = asked.scope.as_ref().map(|scope| &scope.name);
        let signed = |policy: &Policy| {
            let role = policy.role(&asked.role)?;
            role.terms(Case::action_of(asked, before), scope).ok().map(|terms| terms.signed)
        };
        signed(&self.under).max(signed(&self.force))
    }
}

/// Whether conditions of the policy in force let somebody say that an emergency was right, as if they were to agree to an
/// ordinary request. What the policy has given up since keeps nobody from it: neither its scope nor its way.
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
