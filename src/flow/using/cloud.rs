//! Asks the cloud for the owner of credentials.

use crate::flow::Failure;
use crate::flow::kubernetes::running;
use crate::grant::Credentials;
use crate::provider::CallerIdentity;
use crate::provider::clouds;
use crate::system::System;

/// Asks the cloud for the owner of these credentials.
pub async fn identify(system: &System, credentials: &Credentials) -> Result<CallerIdentity, Failure> {
    Ok(clouds::identify(credentials, system).await?)
}

/// Asks each cloud for the owner of its credentials in this process's environment, as a command under `jit exec` finds them. There
/// is at least one.
pub async fn of_environment(system: &System) -> Result<Vec<CallerIdentity>, Failure> {
    let clusters = running::of_environment(system).await?;
    let others = match clouds::of_environment(system).await {
        Ok(others) => others,
        Err(_) if !clusters.is_empty() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut identities = Vec::new();
    for credentials in others.into_iter().chain(clusters) {
        identities.push(identify(system, &credentials).await?);
    }
    Ok(identities)
}
