//! The identity provider whose word the policy takes for everything.

use super::Lint;
use super::in_file;
use crate::policy::Policy;
use crate::policy::people::claims::Enrol;
use crate::policy::roles::catalogue;

const FILE: &str = "access.toml";

/// Finds a provider whose administrators can approve in anybody's name.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    let Some(oidc) = policy.access.oidc.as_ref().filter(|oidc| oidc.enrol == Enrol::Trusted) else { return };
    let at = policy.place(FILE, &["identity", "oidc", "enrol"]);
    let message = format!(
        "the word of {} is enough for a key: its administrators can approve in anybody's name",
        oidc.issuer
    );
    lints.push(in_file(catalogue::ENROL_TRUSTED, FILE, at, &message));
}
