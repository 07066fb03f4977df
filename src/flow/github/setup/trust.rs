//! The trust policy for each role's cloud.

use crate::flow::Failure;
use crate::flow::github::setup::init::Plan;
use crate::flow::github::setup::init::Prepared;
use crate::flow::github::setup::init::client;
use crate::flow::github::setup::places;
use crate::flow::github::setup::settings;
use crate::grant::Name;
use crate::grant::Target;
use crate::policy::Policy;
use crate::provider::aws::forge_trust::documents;
use crate::system::System;

/// Adds the trust policies, in the form that the repository's tokens have according to GitHub.
///
/// # Errors
/// GitHub does not answer.
pub async fn trust(
    system: &System,
    plan: &Plan,
    policy: &Policy,
    prepared: &mut Prepared,
) -> Result<(), Failure> {
    let github = client(system, plan)?;
    let repository = github.repository().await?;
    let mut form = github.subject_form().await?;
    let wanted = settings::subject_form();
    if form.include_claim_keys != wanted.include_claim_keys {
        // The documents then fit the form that is to be set.
        form = wanted;
    }
    let issuer = policy.forge().cloned().unwrap_or_default().issuer;
    let roles: Vec<(Name, Target, Vec<String>)> = policy
        .roles()
        // A role that a broker's own identity opens is not available from GitHub, so it trusts no token of it.
        .filter(|role| !role.target.is_sandbox() && !role.target.is_by_broker())
        .map(|role| {
            (role.name.clone(), role.target.clone(), settings::subjects(&repository, &form, &role.name))
        })
        .collect();
    prepared.trust.extend(documents(&issuer, &roles));
    let elsewhere = places::documents(policy, &issuer, |role| settings::subjects(&repository, &form, role));
    prepared.trust.extend(elsewhere);
    Ok(())
}
