//! Roles that GitHub cannot grant, in a policy that names GitHub as an authority.

use super::Lint;
use crate::policy::Policy;
use crate::policy::roles::catalogue;

/// Checks each role of a policy for GitHub.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    if policy.forge().is_none() {
        return;
    }
    for role in policy.roles() {
        for obstacle in policy.obstacles(role) {
            let keys = obstacle.keys(role);
            lints.push(policy.lint_in(catalogue::NOT_FROM_GITHUB, role, keys, obstacle.to_string()));
        }
    }
}
