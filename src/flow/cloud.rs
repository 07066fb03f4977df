//! Asking the cloud who credentials belong to.

use super::Failure;
use crate::grant::Credentials;
use crate::grant::Target;
use crate::provider::CallerIdentity;
use crate::provider::clouds;
use crate::system::System;

/// Asks the cloud who these credentials belong to.
pub async fn identify(system: &System, credentials: &Credentials) -> Result<CallerIdentity, Failure> {
    Ok(clouds::identify(credentials, system).await?)
}

/// Asks the cloud who the credentials in this process's environment belong to, as a command under `jit exec` finds them.
pub async fn of_environment(system: &System) -> Result<CallerIdentity, Failure> {
    identify(system, &clouds::of_environment(&system.environment)?).await
}

/// Asks the cloud, and compares its word with what was asked for (trust.md §4.5).
pub async fn check(
    system: &System,
    credentials: &Credentials,
    target: &Target,
) -> Result<CallerIdentity, Failure> {
    let identity = identify(system, credentials).await?;
    if clouds::belongs_to(&identity, target) {
        return Ok(identity);
    }
    Err(Failure::failed("the cloud says that these credentials have another identity")
        .cause(format!("asked for {}, got {} in {}", target.describe(), identity.who, identity.place))
        .hint("nothing was stored; tell the broker's administrator"))
}
