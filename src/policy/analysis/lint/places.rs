//! What roles open, compared with each other.

use super::Lint;
use crate::policy::Policy;
use crate::policy::roles::catalogue;

/// Checks that no role hands out a token with which the authority opens another role's place.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    for role in policy.roles() {
        let Some(token) = role.target.as_token() else { continue };
        let opens = |other: &&crate::policy::Role| {
            other.target.as_vault().is_some_and(|vault| vault.audience() == token.audience)
        };
        if let Some(other) = policy.roles().find(opens) {
            let message = format!("tokens for {} also sign in where {} opens", token.audience, other.name);
            lints.push(policy.lint_in(catalogue::SHARED_AUDIENCE, role, &["token", "audience"], message));
        }
    }
}
