//! Roles that GitHub cannot grant, and people who can sign nothing there, in a policy that names GitHub as an authority.

use super::Lint;
use super::groups;
use crate::grant::Name;
use crate::policy::Person;
use crate::policy::Policy;
use crate::policy::roles::catalogue;

/// Checks each role and person of a policy for GitHub.
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
    let only_passkeys =
        |person: &&Person| !person.keys.is_empty() && person.keys.iter().all(|key| key.site.is_some());
    let stuck: Vec<&Name> = policy.people().filter(only_passkeys).map(|person| &person.name).collect();
    let places = policy.places_in(groups::FILE, "people");
    groups::report(
        catalogue::PASSKEY_ON_GITHUB,
        &stuck,
        &places,
        "",
        "has passkeys only, which sign nothing on GitHub",
        lints,
    );
}
