//! Asking the cloud who credentials belong to.

use super::Failure;
use crate::grant::lease::AwsCredentials;
use crate::provider::CallerIdentity;
use crate::provider::aws::identify;
use crate::secret::Secret;
use crate::system::System;

/// Asks the cloud who these credentials belong to.
pub async fn identify(system: &System, credentials: &AwsCredentials) -> Result<CallerIdentity, Failure> {
    Ok(identify::identify(credentials, system).await?)
}

/// Asks the cloud who the credentials in this process's environment belong to, as a command under `jit exec` finds them.
pub async fn of_environment(system: &System) -> Result<CallerIdentity, Failure> {
    let variable = |name: &str| {
        system.environment.get(name).map(str::to_owned).ok_or_else(|| {
            Failure::failed(format!("there are no cloud credentials in the environment ({name} is not set)"))
                .hint("run it with access: `jit exec ROLE -- jit whoami --cloud`")
        })
    };
    let credentials = AwsCredentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: Secret::new(variable("AWS_SECRET_ACCESS_KEY")?),
        session_token: Secret::new(variable("AWS_SESSION_TOKEN")?),
        account: String::new(),
        session_arn: None,
        region: variable("AWS_REGION")?,
        endpoint_url: system.environment.get("AWS_ENDPOINT_URL_STS").map(str::to_owned),
    };
    identify(system, &credentials).await
}
