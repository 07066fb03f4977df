//! What a review may narrow: only ever to less than was asked for.

use super::Bench;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::ReviewStatement;
use crate::policy::Policy;

/// Why a review's ceiling is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CeilingError {
    /// Longer than was asked for.
    #[error("the review allows {allowed}, but only {asked} was asked for")]
    Longer {
        /// By the review.
        allowed: Span,
        /// By the request.
        asked: Span,
    },
    /// The request is for another scope already.
    #[error("the review allows the scope {allowed}, but the request is for {asked}")]
    AnotherScope {
        /// By the review.
        allowed: Name,
        /// By the request.
        asked: Name,
    },
    /// The role has no such scope, in one policy or the other.
    #[error("{role} has no scope {scope}, or it allows something else than when the request was made")]
    NoScope {
        /// Of what.
        role: Name,
        /// Which.
        scope: Name,
    },
}

impl CeilingError {
    /// What to type next.
    pub fn hint(&self) -> String {
        match self {
            Self::Longer { asked, .. } => format!("leave `--for` out, or name at most {asked}"),
            Self::AnotherScope { asked, .. } => {
                format!("leave `--scope` out: the request is for {asked} only")
            }
            Self::NoScope { role, .. } => format!("`jit roles {role}` lists its scopes"),
        }
    }
}

/// Checks the ceilings of an approval against what was asked for.
pub fn check(bench: &Bench, asked: &RequestStatement, review: &ReviewStatement) -> Result<(), CeilingError> {
    if let Some(allowed) = review.duration.filter(|allowed| *allowed > asked.duration) {
        return Err(CeilingError::Longer { allowed, asked: asked.duration });
    }
    let Some(scope) = &review.scope else { return Ok(()) };
    if let Some(requested) = asked.scope.as_ref().filter(|requested| requested.name != *scope) {
        return Err(CeilingError::AnotherScope { allowed: scope.clone(), asked: requested.name.clone() });
    }
    let digest = |policy: &Policy| Some(policy.role(&asked.role)?.scopes.get(scope)?.document.digest());
    match (digest(&bench.under), digest(&bench.force)) {
        (Some(under), Some(force)) if under == force => Ok(()),
        _ => Err(CeilingError::NoScope { role: asked.role.clone(), scope: scope.clone() }),
    }
}
