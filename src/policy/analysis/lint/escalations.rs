//! Escalation: whether anybody would be told, and before the request expires.

use super::Lint;
use crate::policy::Policy;
use crate::policy::analysis::difference::Side;
use crate::policy::people::principal::Principal;
use crate::policy::roles::catalogue;
use crate::policy::roles::role::Role;

/// Checks each role whose undecided requests are escalated.
pub(super) fn find(side: &Side<'_>, lints: &mut Vec<Lint>) {
    let policy = side.policy;
    for role in policy.roles() {
        if let Some(message) = silence(policy, role) {
            lints.push(policy.lint_in(catalogue::SILENT_ESCALATION, role, &["notify"], message));
        }
    }
}

/// Why an escalation of a role's requests would tell nobody. `None` if it tells somebody, or if the policy asks for
/// none.
fn silence(policy: &Policy, role: &Role) -> Option<String> {
    let further = policy.escalations_for(role);
    let Some(after) = policy.escalate_after(role) else {
        return (!further.is_empty())
            .then(|| "escalate_to names people, and no escalate_after says when they are told".to_owned());
    };
    if after >= role.pending {
        return Some(format!("a request expires after {}, before it is escalated", role.pending));
    }
    let reaches = further.iter().any(|further| {
        // People named by an identity provider cannot be looked at here.
        let is_open =
            |principal: &Principal| matches!(principal, Principal::Group(group) if policy.is_open(group));
        let named =
            || policy.people_of(further).any(|person| person.addresses.are_reached_by(policy.channels()));
        !further.places.is_empty() || further.people.iter().any(is_open) || named()
    });
    (!reaches).then(|| "nobody would be told of an undecided request: escalate_to reaches nobody".to_owned())
}
