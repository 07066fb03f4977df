//! The terms of each way into a role: who must agree, for how long at most, and how strongly it must be signed.

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::span::Span;

use crate::policy::question::asking::Action;
use crate::policy::question::decision::Refusal;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;
use crate::policy::roles::scopes::Scope;

/// What one way into a role demands.
#[derive(Debug, Clone, Copy)]
pub struct RoleTerms<'a> {
    /// Who must agree.
    pub approval: &'a Rule,
    /// How long at most.
    pub max_duration: Span,
    /// How strongly a review must be signed; where none is needed, the request.
    pub signed: Assurance,
    /// Whether a condition may approve by itself.
    pub automatic: bool,
}

static NOBODY: Rule = Rule::None;

impl Role {
    /// The rule by which people are eligible to review a request that takes this way: a scope and more time may have rules
    /// of their own. What nobody has to agree to is watched over by those of the role's own rule.
    pub fn watched_by(&self, action: Action, scope: Option<&Name>) -> &Rule {
        let terms = self.terms(action, scope).or_else(|_| self.terms(Action::Request, scope));
        let rule = terms.map_or(&self.approval, |terms| terms.approval);
        if *rule == Rule::None { &self.approval } else { rule }
    }

    /// The terms of a way into the role, or into one of its scopes.
    ///
    /// # Errors
    /// The role has no such scope or way, or was extended often enough.
    pub fn terms(&self, action: Action, scope: Option<&Name>) -> Result<RoleTerms<'_>, Refusal> {
        let role = || self.name.clone();
        let scope: Option<&Scope> = match scope {
            None => None,
            Some(name) => {
                let unknown = || Refusal::UnknownScope { role: role(), scope: name.clone() };
                Some(self.scopes.get(name).ok_or_else(unknown)?)
            }
        };
        let own = RoleTerms {
            approval: scope.and_then(|scope| scope.approval.as_ref()).unwrap_or(&self.approval),
            max_duration: scope.and_then(|scope| scope.max_duration).unwrap_or(self.max_duration),
            signed: scope.and_then(|scope| scope.signed).unwrap_or(self.signed),
            automatic: true,
        };
        match action {
            Action::Request => Ok(own),
            Action::Extend { before } => {
                let extend = self.extend.as_ref().ok_or_else(|| Refusal::NoExtension { role: role() })?;
                if before >= extend.times {
                    return Err(Refusal::ExtendedEnough { role: role(), times: extend.times });
                }
                Ok(RoleTerms {
                    approval: extend.approval.as_ref().unwrap_or(own.approval),
                    signed: extend.signed.unwrap_or(own.signed),
                    // A rule of its own for more time means what it says.
                    automatic: extend.approval.is_none(),
                    ..own
                })
            }
            Action::BreakGlass => {
                let none = || Refusal::NotBreakGlass { role: role() };
                let way = self.break_glass.as_ref().ok_or_else(none)?;
                Ok(RoleTerms {
                    approval: &NOBODY,
                    max_duration: way.max_duration.min(own.max_duration),
                    signed: way.signed.unwrap_or(own.signed),
                    automatic: false,
                })
            }
        }
    }
}
