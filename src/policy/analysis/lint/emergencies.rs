//! Break-glass: whether anybody would be notified, and whether anybody could review it afterwards.

use std::collections::BTreeSet;

use crate::grant::Name;

use super::Lint;
use crate::policy::Policy;
use crate::policy::analysis::difference::Side;
use crate::policy::people::principal::Principal;
use crate::policy::roles::catalogue;
use crate::policy::roles::role::Role;

/// Checks each role with break-glass.
pub(super) fn find(side: &Side<'_>, lints: &mut Vec<Lint>) {
    let policy = side.policy;
    for role in policy.roles().filter(|role| role.break_glass.is_some()) {
        if policy.notices_for(role).is_empty() {
            let message = "nobody would be told of an emergency".to_owned();
            lints.push(policy.lint_in(catalogue::SILENT_BREAK_GLASS, role, &["break_glass"], message));
        }
        if let Some(message) = unreviewed(policy, role) {
            lints.push(policy.lint_in(catalogue::UNREVIEWED_BREAK_GLASS, role, &["break_glass"], message));
        }
    }
}

/// The requesters whose break-glass nobody could review, in words.
fn unreviewed(policy: &Policy, role: &Role) -> Option<String> {
    let demands = role.approval.demands();
    let named = || demands.iter().flat_map(|demand| &demand.from);
    // People named by an identity provider cannot be counted here.
    if named().any(|principal| matches!(principal, Principal::Group(group) if policy.is_open(group))) {
        return None;
    }
    // Two are enough, because at least one of them is not the requester.
    let people = named().flat_map(|principal| policy.people.named_by(principal));
    let mut found: BTreeSet<&Name> = BTreeSet::new();
    for person in people {
        found.insert(&person.name);
        if found.len() > 1 {
            return None;
        }
    }
    let Some(only) = found.first().and_then(|only| policy.person(only)) else {
        return Some("nobody could review an emergency afterwards".to_owned());
    };
    policy
        .may_break_glass(only, role)
        .then(|| format!("nobody could review an emergency of {} afterwards", only.name))
}
