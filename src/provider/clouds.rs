//! Which cloud's code acts: chosen here, by the target or by the credentials, and nowhere else.

use std::sync::Arc;

use async_trait::async_trait;

use super::CallerIdentity;
use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::aws;
use super::aws::AwsProvider;
use super::kubernetes;
use super::kubernetes::KubernetesProvider;
use super::kubernetes::OwnTokens;
use super::token;
use super::token::TokenProvider;
use super::tokens::Tokens;
use super::vault;
use super::vault::VaultProvider;
use crate::grant::Cloud;
use crate::grant::Credentials;
use crate::grant::Target;
use crate::grant::cloud::kubernetes::Way;
use crate::issuer::Issuer;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::Http;
use crate::system::System;

/// Every cloud, each minting for its own targets.
pub struct Clouds {
    aws: AwsProvider,
    token: TokenProvider,
    vault: VaultProvider,
    kubernetes: KubernetesProvider,
}

impl Clouds {
    /// Clouds that trust this issuer, whose keys they find under `issuer_url` (compared exactly: no slash is added or removed).
    /// `clusters` are the files with the broker's own tokens for Kubernetes.
    pub fn new(issuer: Arc<Issuer>, issuer_url: String, clusters: Arc<OwnTokens>, system: &System) -> Self {
        let tokens = Tokens::Issuer(Arc::clone(&issuer), issuer_url.clone());
        Self {
            aws: AwsProvider::new(Arc::clone(&issuer), issuer_url.clone(), system),
            token: TokenProvider::new(Tokens::Issuer(Arc::clone(&issuer), issuer_url.clone()), system),
            vault: VaultProvider::new(Tokens::Issuer(issuer, issuer_url), system),
            kubernetes: KubernetesProvider::new(tokens, clusters, system),
        }
    }

    /// Clouds for one mint with a token that somebody else's issuer signed, for the audience that [`audience`] names.
    pub fn with_token(token: Secret<String>, system: &System) -> Self {
        Self {
            aws: AwsProvider::with_token(token.clone(), system),
            token: TokenProvider::new(Tokens::Given(token.clone()), system),
            vault: VaultProvider::new(Tokens::Given(token.clone()), system),
            kubernetes: KubernetesProvider::new(Tokens::Given(token), Arc::default(), system),
        }
    }
}

#[async_trait]
impl Provider for Clouds {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        match order.target.cloud() {
            Cloud::Aws | Cloud::Sandbox => self.aws.mint(order).await,
            Cloud::Token => self.token.mint(order).await,
            Cloud::Vault => self.vault.mint(order).await,
            Cloud::Kubernetes => self.kubernetes.mint(order).await,
        }
    }
}

/// The audience of tokens with which this target is opened.
///
/// # Errors
/// The target's parts do not fit each other.
pub fn audience(target: &Target) -> Result<String, ProviderError> {
    match target {
        Target::Aws(_) | Target::Sandbox(_) => {
            aws::endpoint::place_of(target).map(|place| place.audience.to_owned())
        }
        Target::Token(target) => Ok(target.audience.clone()),
        Target::Vault(target) => Ok(target.audience().to_owned()),
        Target::Kubernetes(target) => match &target.way {
            Way::Token { audience, .. } => Ok(audience.clone()),
            Way::ServiceAccount { .. } => Ok(target.server.clone()),
        },
    }
}

/// Asks the cloud who these credentials are.
///
/// # Errors
/// The cloud refused, or could not be reached.
pub async fn identify(credentials: &Credentials, system: &System) -> Result<CallerIdentity, ProviderError> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::identify(credentials, system).await,
        Credentials::Token(credentials) => token::identify(credentials),
        Credentials::Vault(credentials) => vault::identify(credentials, system).await,
        Credentials::Kubernetes(credentials) => kubernetes::identify(credentials, system).await,
    }
}

/// Whether the cloud's word fits the target.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => aws::identify::belongs_to(identity, target),
        Cloud::Token => token::belongs_to(identity, target),
        Cloud::Vault => vault::belongs_to(identity, target),
        Cloud::Kubernetes => kubernetes::belongs_to(identity, target),
    }
}

/// The difference between credentials and this target, according to the credentials themselves. `None` if they match.
/// The cloud must still be asked then.
pub fn misfit(credentials: &Credentials, target: &Target) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::misfit(credentials, target),
        Credentials::Token(credentials) => token::misfit(credentials, target),
        Credentials::Vault(credentials) => vault::misfit(credentials, target),
        Credentials::Kubernetes(credentials) => kubernetes::misfit(credentials, target),
    }
}

/// The difference between credentials and a target's place, role and region, whichever endpoint gave them. `None` if they
/// match.
pub fn misfit_of_role(credentials: &Credentials, target: &Target) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::misfit_of_role(credentials, target),
        Credentials::Token(_) | Credentials::Vault(_) | Credentials::Kubernetes(_) => {
            misfit(credentials, target)
        }
    }
}

/// Takes credentials back at the place that gave them, where it can do so. `false` where it cannot: they expire by themselves.
///
/// # Errors
/// The place refused, or could not be reached.
pub async fn give_back(credentials: &Credentials, system: &System) -> Result<bool, ProviderError> {
    match credentials {
        // The broker ends a service account's token; the holder may not.
        Credentials::Aws(_) | Credentials::Token(_) | Credentials::Kubernetes(_) => Ok(false),
        Credentials::Vault(credentials) => vault::revoke(credentials, system).await.map(|()| true),
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
        Credentials::Token(_) => Err(no_console("a token opens no web page by itself")),
        Credentials::Vault(_) => Err(no_console("OpenBao and Vault take a token by hand only")),
        Credentials::Kubernetes(_) => Err(no_console("a cluster has no web page of its own")),
    }
}

fn no_console(why: &str) -> ProviderError {
    ProviderError {
        message: why.to_owned(),
        hint: Some("use it in a program: `jit exec ROLE -- COMMAND`".to_owned()),
        passing: false,
    }
}

/// The credentials in an environment, as a command under `jit exec` finds them: those of each cloud that has some there.
///
/// # Errors
/// There are none of any cloud.
pub fn of_environment(environment: &Environment) -> Result<Vec<Credentials>, ProviderError> {
    let aws = aws::identify::of_environment(environment).map(Credentials::Aws);
    let others = [
        token::of_environment(environment).map(Credentials::Token),
        vault::of_environment(environment).map(Credentials::Vault),
    ];
    let others: Vec<Credentials> = others.into_iter().flatten().collect();
    match aws {
        Ok(first) => Ok(std::iter::once(first).chain(others).collect()),
        Err(_) if !others.is_empty() => Ok(others),
        Err(error) => Err(error),
    }
}
