//! The identity provider whose word the policy takes for everything, and people who would be two people by it.

use super::Lint;
use super::groups;
use super::in_file;
use crate::policy::Policy;
use crate::policy::people::claims::Enrol;
use crate::policy::roles::catalogue;

const FILE: &str = "access.toml";

/// Finds a provider whose administrators can approve in anybody's name, and people who can sign in beside themselves.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    second_logins(policy, lints);
    let Some(oidc) = policy.access.oidc.as_ref().filter(|oidc| oidc.enrol == Enrol::Trusted) else { return };
    let at = policy.place(FILE, &["identity", "oidc", "enrol"]);
    let message = format!(
        "the word of {} is enough for a key: its administrators can approve in anybody's name",
        oidc.issuer
    );
    lints.push(in_file(catalogue::ENROL_TRUSTED, FILE, at, &message));
}

/// Finds listed people whose tokens the policy would take for somebody else's. Without groups a token gives no right.
fn second_logins(policy: &Policy, lints: &mut Vec<Lint>) {
    if policy.access.oidc.as_ref().is_none_or(|oidc| oidc.groups.is_none()) {
        return;
    }
    let unmapped = policy.people().filter(|person| person.oidc.is_none());
    let names: Vec<_> = unmapped.map(|person| &person.name).collect();
    let places = policy.places_in(groups::FILE, "people");
    let problem = "has no `oidc`, so a token of theirs names a second person";
    groups::report(catalogue::SECOND_LOGIN, &names, &places, "", problem, lints);
}
