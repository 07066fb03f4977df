//! The terms of each way into a role: who must approve, the longest duration, and the assurance of signatures.

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::span::Span;

use crate::policy::question::asking::Action;
use crate::policy::question::decision::Refusal;
use crate::policy::roles::role::Role;
use crate::policy::roles::rule::Rule;
use crate::policy::roles::scopes::Scope;

/// The terms of one way into a role.
#[derive(Debug, Clone, Copy)]
pub struct RoleTerms<'a> {
    /// The rule of approval.
    pub approval: &'a Rule,
    /// The longest duration.
    pub max_duration: Span,
    /// The assurance demanded of a review or, if none is needed, of the request.
    pub signed: Assurance,
    /// Whether a condition may approve automatically.
    pub automatic: bool,
}

static NOBODY: Rule = Rule::None;

impl Role {
    /// The rule that decides who may review a request by this way. A scope or an extension may have its own rule. If
    /// that rule is `none`, the role's own rule decides.
    pub fn watched_by(&self, action: Action, scope: Option<&Name>) -> &Rule {
        let terms = self.terms(action, scope).or_else(|_| self.terms(Action::Request, scope));
        let rule = terms.map_or(&self.approval, |terms| terms.approval);
        if *rule == Rule::None { &self.approval } else { rule }
    }

    /// The terms of a way into the role, or into one of its scopes.
    ///
    /// # Errors
    /// The role has no such scope or way, or the grant has no extension left.
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
                    // An extension's own rule cannot be bypassed by automatic approval.
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
