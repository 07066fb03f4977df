//! Which cloud's code acts: chosen here, by the target or by the credentials, and nowhere else.

use std::sync::Arc;

use async_trait::async_trait;

use super::CallerIdentity;
use super::Deny;
use super::Denying;
use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::aws;
use super::aws::AwsProvider;
use crate::grant::Cloud;
use crate::grant::Credentials;
use crate::grant::Target;
use crate::issuer::Issuer;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::Http;
use crate::system::System;

/// Every cloud, each minting for its own targets.
pub struct Clouds {
    aws: AwsProvider,
}

impl Clouds {
    /// Clouds that trust this issuer, whose keys they find under `issuer_url` (compared exactly: no slash is added or removed).
    pub fn new(issuer: Arc<Issuer>, issuer_url: String, system: &System) -> Self {
        Self { aws: AwsProvider::new(issuer, issuer_url, system) }
    }

    /// Clouds for one mint with a token that somebody else's issuer signed, for the audience that [`audience`] names.
    pub fn with_token(token: Secret<String>, system: &System) -> Self {
        Self { aws: AwsProvider::with_token(token, system) }
    }
}

#[async_trait]
impl Provider for Clouds {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        match order.target.cloud() {
            Cloud::Aws | Cloud::Sandbox => self.aws.mint(order).await,
        }
    }

    async fn deny(&self, order: &Deny) -> Result<Denying, ProviderError> {
        match order.target.cloud() {
            Cloud::Aws | Cloud::Sandbox => self.aws.deny(order).await,
        }
    }
}

/// The audience of tokens with which this target is opened.
///
/// # Errors
/// The target's parts do not fit each other.
pub fn audience(target: &Target) -> Result<&'static str, ProviderError> {
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => aws::endpoint::place_of(target).map(|place| place.audience),
    }
}

/// Asks the cloud who these credentials are.
///
/// # Errors
/// The cloud refused, or could not be reached.
pub async fn identify(credentials: &Credentials, system: &System) -> Result<CallerIdentity, ProviderError> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::identify(credentials, system).await,
    }
}

/// Whether the cloud's word fits the target.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => aws::identify::belongs_to(identity, target),
    }
}

/// The difference between credentials and this target, according to the credentials themselves. `None` if they match.
/// The cloud must still be asked then.
pub fn misfit(credentials: &Credentials, target: &Target) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::misfit(credentials, target),
    }
}

/// The difference between credentials and a target's place, role and region, whichever endpoint gave them. `None` if they
/// match.
pub fn misfit_of_role(credentials: &Credentials, target: &Target) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::misfit_of_role(credentials, target),
    }
}

/// The address that signs a browser in to the cloud's console. Whoever has it is signed in.
///
/// # Errors
/// There is no console for these credentials, or the cloud gave no address.
pub async fn sign_in_url(
    credentials: &Credentials,
    destination: Option<&str>,
    http: &dyn Http,
) -> Result<Secret<String>, ProviderError> {
    match credentials {
        Credentials::Aws(credentials) => aws::console::sign_in_url(credentials, destination, http).await,
    }
}

/// The identity with which this process, as a broker, opens targets of `by = "broker"`: its name in the cloud, and where it
/// comes from, in words.
///
/// # Errors
/// It has none, or the cloud does not know it.
pub async fn own_identity(target: &Target, system: &System) -> Result<String, ProviderError> {
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => {
            let place = aws::endpoint::place_of(target)?;
            let own = aws::ambient::Ambient::new(system).get(&place.region).await?;
            Ok(format!("{}, from {}", own.arn, own.source.as_str()))
        }
    }
}

/// The credentials in an environment, as a command under `jit exec` finds them.
///
/// # Errors
/// There are none of any cloud.
pub fn of_environment(environment: &Environment) -> Result<Credentials, ProviderError> {
    aws::identify::of_environment(environment).map(Credentials::Aws)
}
