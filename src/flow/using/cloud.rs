//! Asks the cloud for the owner of credentials.

use crate::flow::Failure;
use crate::grant::Credentials;
use crate::provider::CallerIdentity;
use crate::provider::clouds;
use crate::system::System;

/// Asks the cloud for the owner of these credentials.
pub async fn identify(system: &System, credentials: &Credentials) -> Result<CallerIdentity, Failure> {
    Ok(clouds::identify(credentials, system).await?)
}

/// Asks the cloud for the owner of the credentials in this process's environment, as a command under `jit exec` finds
/// them.
pub async fn of_environment(system: &System) -> Result<CallerIdentity, Failure> {
    identify(system, &clouds::of_environment(&system.environment)?).await
}
