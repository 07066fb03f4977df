//! What a review may narrow: only ever to less than was asked for. What it narrowed stays narrow: a recorded approval that no
//! longer counts as a yes (its key, its reviewer or a condition changed) goes on counting as a ceiling.

use super::Bench;
use super::Case;
use crate::grant::Name;
use crate::grant::Verdict;
use crate::grant::request::Review;
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
    /// What it was approved for has nothing in common.
    #[error("{role} was approved for {one} and for {other}, which have nothing in common")]
    Apart {
        /// Of what.
        role: Name,
        /// One approval, in words.
        one: String,
        /// Another.
        other: String,
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
            Self::Apart { role, .. } => {
                format!("ask again for one scope: `jit request {role} --scope SCOPE`")
            }
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

/// The narrowest that everybody agreed to whose approval was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bound {
    /// At most this long.
    pub(super) duration: Option<Span>,
    /// No more than this scope.
    pub(super) scope: Option<Name>,
}

/// Which scope remains of several, where `None` is the whole role.
///
/// # Errors
/// Two of them differ: no piece of the role is within both.
pub(super) fn narrowest<'a>(
    role: &Name,
    scopes: impl IntoIterator<Item = Option<&'a Name>>,
) -> Result<Option<&'a Name>, CeilingError> {
    let mut found: Option<&Name> = None;
    for scope in scopes.into_iter().flatten() {
        match found {
            Some(other) if other != scope => {
                let words = |scope: &Name| format!("the scope {scope}");
                return Err(CeilingError::Apart {
                    role: role.clone(),
                    one: words(other),
                    other: words(scope),
                });
            }
            _ => found = Some(scope),
        }
    }
    Ok(found)
}

/// The ceilings of a case: what was asked for, what was recorded when it was approved, and every recorded approval, whether or
/// not it still counts as a yes.
///
/// # Errors
/// Nothing is within all of them, or the role no longer has the scope that they name.
pub(super) fn bound(bench: &Bench, case: &Case<'_>) -> Result<Bound, CeilingError> {
    let asked = case.request;
    let approvals = || case.ceilings.iter().filter(|review| review.statement.verdict == Verdict::Approve);
    let recorded = asked.scope.as_ref().into_iter().chain(case.approved_scope);
    let scopes = recorded.clone().map(|scope| Some(&scope.name));
    let scopes = scopes.chain(approvals().map(|review: &Review| review.statement.scope.as_ref()));
    let scope = narrowest(&asked.role, scopes)?;
    if let Some(scope) = scope {
        let digest = |policy: &Policy| Some(policy.role(&asked.role)?.scopes.get(scope)?.document.digest());
        let (under, force) = (digest(&bench.under), digest(&bench.force));
        let as_recorded = recorded.into_iter().all(|recorded| Some(recorded.document) == force);
        if force.is_none() || under != force || !as_recorded {
            return Err(CeilingError::NoScope { role: asked.role.clone(), scope: scope.clone() });
        }
    }
    let duration = approvals().filter_map(|review| review.statement.duration).min();
    Ok(Bound { duration, scope: scope.cloned() })
}
