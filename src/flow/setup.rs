//! What an operator puts into the cloud once.

use std::path::Path;

use super::Client;
use super::Failure;
use super::policy;
use crate::config;
use crate::grant::Name;
use crate::grant::Target;
use crate::policy::Policy;
use crate::provider::aws::trust_policy;

/// The trust policy of a role, and how to install it.
#[derive(Debug, Clone)]
pub struct AwsTrust {
    /// The document, as JSON.
    pub document: String,
    /// What to do with it, in words and commands.
    pub instructions: String,
}

/// Writes the trust policy for a role of the broker's policy, or of a policy folder with the broker's address to be.
pub async fn aws_trust(
    client: &Client<'_>,
    role: &Name,
    folder: Option<&Path>,
    url: Option<&str>,
) -> Result<AwsTrust, Failure> {
    let (issuer, name, target) = match folder {
        Some(folder) => {
            let url = url.or(client.settings.authority()).ok_or_else(|| {
                Failure::usage("the broker's address is not known")
                    .hint("name it: --url https://jit.example.com")
            })?;
            let issuer = config::authority_address(url)
                .map_err(|cause| Failure::usage(format!("{url:?} is not a broker's address")).cause(cause))?;
            let loaded = Policy::load(folder).map_err(|problems| policy::does_not_load(&problems))?;
            let found =
                loaded.role(role).ok_or_else(|| Failure::usage(format!("there is no role {role} there")))?;
            (issuer, found.name.clone(), found.target.clone())
        }
        None => {
            let connected = client.connect().await?;
            let view = connected.authority.role(role).await?;
            (connected.authority.url().to_owned(), view.name, view.target)
        }
    };
    if matches!(target, Target::Sandbox(_)) {
        return Err(Failure::usage(format!("{name} opens the sandbox cloud, which needs no trust policy")));
    }
    Ok(AwsTrust {
        document: trust_policy::trust_policy(&issuer, &name, &target),
        instructions: trust_policy::instructions(&issuer, &target),
    })
}
