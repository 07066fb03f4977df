//! Asking the cloud who credentials belong to.

use crate::flow::Failure;
use crate::grant::Credentials;
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
