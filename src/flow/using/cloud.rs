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

/// The owner of credentials.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The place and the owner.
    pub identity: CallerIdentity,
    /// Whose word it is, where the place itself does not say so. `None` where it does.
    pub hearsay: Option<&'static str>,
}

/// Asks each cloud for the owner of its credentials in this process's environment, as a command under `jit exec` finds them. There
/// is at least one.
pub async fn of_environment(system: &System) -> Result<Vec<Owner>, Failure> {
    let clusters = running::of_environment(system).await?;
    let others = match clouds::of_environment(system).await {
        Ok(others) => others,
        Err(_) if !clusters.is_empty() => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut owners = Vec::new();
    for credentials in others.into_iter().chain(clusters) {
        let identity = identify(system, &credentials).await?;
        owners.push(Owner { identity, hearsay: clouds::hearsay(&credentials) });
    }
    Ok(owners)
}
