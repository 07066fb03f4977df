//! Asking the cloud who credentials belong to.

use super::Failure;
use crate::grant::Target;
use crate::grant::lease::AwsCredentials;
use crate::provider::CallerIdentity;
use crate::provider::aws::identify;
use crate::system::System;

/// Asks the cloud who these credentials belong to.
pub async fn identify(system: &System, credentials: &AwsCredentials) -> Result<CallerIdentity, Failure> {
    Ok(identify::identify(credentials, system).await?)
}

/// Asks the cloud, and compares its word with what was asked for (trust.md §4.5).
pub async fn check(
    system: &System,
    credentials: &AwsCredentials,
    target: &Target,
) -> Result<CallerIdentity, Failure> {
    let identity = identify(system, credentials).await?;
    if identify::belongs_to(&identity, target) {
        return Ok(identity);
    }
    Err(Failure::failed("the cloud says that these credentials are somebody else's")
        .cause(format!(
            "asked for {}, got {} in account {}",
            target.describe(),
            identity.arn,
            identity.account
        ))
        .hint("nothing was stored; tell whoever runs the broker"))
}
