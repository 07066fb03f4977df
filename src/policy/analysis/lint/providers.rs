//! The identity provider: its word is enough for everything, or nobody may confirm the keys that it brings.

use super::Lint;
use super::in_file;
use crate::policy::Policy;
use crate::policy::people::claims::Enrol;
use crate::policy::roles::catalogue;

const FILE: &str = "access.toml";

/// Finds a provider whose administrators can approve in anybody's name, and one whose people can never approve.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
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
