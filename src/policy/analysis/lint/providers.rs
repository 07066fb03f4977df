//! The identity provider: its word is enough for everything, nobody may confirm the keys that it brings, or its tokens name
//! listed people a second time.

use super::Lint;
use super::groups;
use super::in_file;
use crate::policy::Policy;
use crate::policy::people::claims::Enrol;
use crate::policy::roles::catalogue;

const FILE: &str = "access.toml";

/// Finds a provider whose administrators can approve in anybody's name, one whose people can never approve, and people who can
/// sign in beside themselves.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    second_logins(policy, lints);
    let Some(oidc) = &policy.access.oidc else { return };
    match oidc.enrol {
        Enrol::Trusted => {
            let at = policy.place(FILE, &["identity", "oidc", "enrol"]);
            let message = format!(
                "the word of {} is enough for a key: its administrators can approve in anybody's name",
                oidc.issuer
            );
            lints.push(in_file(catalogue::ENROL_TRUSTED, FILE, at, &message));
        }
        Enrol::Confirmed if oidc.groups.is_some() && oidc.vouchers.is_empty() => {
            let at = policy.place(FILE, &["identity", "oidc"]);
            let message = "nobody may confirm the keys of people whom only tokens name";
            lints.push(in_file(catalogue::NO_VOUCHER, FILE, at, message));
        }
        Enrol::Confirmed => {}
    }
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
