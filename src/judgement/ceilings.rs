//! The ceilings of reviews: a review may only narrow a request. A ceiling is permanent: a recorded approval that no
//! longer counts as a yes (because its key, its reviewer or a condition changed) still counts as a ceiling.

use super::Bench;
use super::Case;
use crate::grant::Name;
use crate::grant::ScopeDocument;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::ReviewStatement;
use crate::policy::Policy;
use crate::policy::Role;

/// Why a review's ceiling is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CeilingError {
    /// The ceiling is longer than requested.
    #[error("the review allows {allowed}, but only {asked} was asked for")]
    Longer {
        /// The review's duration.
        allowed: Span,
        /// The requested duration.
        asked: Span,
    },
    /// The request is already for another scope.
    #[error("the review allows the scope {allowed}, but the request is for {asked}")]
    AnotherScope {
        /// The review's scope.
        allowed: Name,
        /// The requested scope.
        asked: Name,
    },
    /// One of the policies has no such scope for the role.
    #[error("{role} has no scope {scope}, or it allows something else than when the request was made")]
    NoScope {
        /// The role.
        role: Name,
        /// The scope.
        scope: Name,
    },
    /// The approved scopes have nothing in common.
    #[error("{role} was approved for {one} and for {other}, which have nothing in common")]
    Apart {
        /// The role.
        role: Name,
        /// One approval, in words.
        one: String,
        /// Another approval, in words.
        other: String,
    },
}

impl CeilingError {
    /// The command to try next.
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

/// Checks the ceilings of an approval against the request.
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

/// The narrowest of all ceilings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bound {
    /// The longest duration.
    pub(super) duration: Option<Span>,
    /// The only scope.
    pub(super) scope: Option<Name>,
}

/// The narrowest of several scopes, where `None` is the whole role.
///
/// # Errors
/// Two of them differ, so that nothing is within both.
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

/// The ceilings of a case: the request, what was recorded at its approval, and every recorded approval, whether or not
/// it still counts as a yes.
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

/// The policy document of a role's scope.
pub(super) fn document<'a>(role: &'a Role, scope: Option<&Name>) -> Option<&'a ScopeDocument> {
    role.scopes.get(scope?).map(|scope| &scope.document)
}
