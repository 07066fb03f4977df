//! The configuration of places other than AWS, by which they trust the workflow's tokens for each role.

use crate::github::environment_of;
use crate::grant::Name;
use crate::policy::Policy;
use crate::provider::trust;
use crate::provider::trust::Document;
use crate::provider::trust::RoleTokens;
use crate::provider::trust::TrustedIssuer;

/// The documents for every role that GitHub may give, of a place with one document. `subjects` are those of a role's tokens: one, unless
/// GitHub does not say which form the repository uses.
pub(super) fn documents(
    policy: &Policy,
    issuer: &str,
    subjects: impl Fn(&Name) -> Vec<String>,
) -> Vec<Document> {
    let mut documents = Vec::new();
    for role in policy.roles() {
        if !policy.obstacles(role).is_empty() {
            continue;
        }
        let environment = environment_of(&role.name);
        let lease = i64::try_from(role.lease.seconds()).unwrap_or(i64::MAX);
        for subject in subjects(&role.name) {
            let tokens = RoleTokens::Workflow { subject: &subject, environment: &environment };
            let issuer = TrustedIssuer { tokens, ..TrustedIssuer::own(issuer) };
            if let Some(told) = trust::of(&role.name, &role.target, issuer, lease) {
                let title = format!("the trust of {}. {}", role.name, told.instructions);
                documents.push(Document { title, text: told.document.trim_end().to_owned() });
            }
        }
    }
    documents
}
