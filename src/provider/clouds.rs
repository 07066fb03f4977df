//! Which cloud's code acts: chosen here, by the target or by the credentials, and nowhere else.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use jiff::Timestamp;

use super::CallerIdentity;
use super::Deny;
use super::Denying;
use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::aws;
use super::aws::AwsProvider;
use super::azure;
use super::azure::AzureProvider;
use super::gcp;
use super::gcp::GcpProvider;
use super::kubernetes;
use super::kubernetes::KubernetesProvider;
use super::kubernetes::OwnTokens;
use super::timing::MAX_SKEW;
use super::token;
use super::token::TokenProvider;
use super::tokens::Tokens;
use super::vault;
use super::vault::VaultProvider;
use crate::grant::Cloud;
use crate::grant::Credentials;
use crate::grant::Digest;
use crate::grant::Target;
use crate::grant::cloud::kubernetes::Way;
use crate::issuer::Issuer;
use crate::secret::Secret;
use crate::system::Http;
use crate::system::System;

/// Every cloud, each minting for its own targets.
pub struct Clouds {
    aws: AwsProvider,
    token: TokenProvider,
    vault: VaultProvider,
    gcp: GcpProvider,
    kubernetes: KubernetesProvider,
    azure: AzureProvider,
}

impl Clouds {
    /// Clouds that trust this issuer, whose keys they find under `issuer_url` (compared exactly: no slash is added or removed).
    /// `clusters` are the files with the broker's own tokens for Kubernetes.
    pub fn new(issuer: Arc<Issuer>, issuer_url: String, clusters: Arc<OwnTokens>, system: &System) -> Self {
        let tokens = Tokens::Issuer(Arc::clone(&issuer), issuer_url.clone());
        Self {
            aws: AwsProvider::new(Arc::clone(&issuer), issuer_url.clone(), system),
            token: TokenProvider::new(Tokens::Issuer(Arc::clone(&issuer), issuer_url.clone()), system),
            vault: VaultProvider::new(Tokens::Issuer(Arc::clone(&issuer), issuer_url.clone()), system),
            gcp: GcpProvider::new(Tokens::Issuer(issuer, issuer_url), system),
            azure: AzureProvider::new(tokens.clone(), system),
            kubernetes: KubernetesProvider::new(tokens, clusters, system),
        }
    }

    /// Clouds for one mint with a token that somebody else's issuer signed, for the audience that [`audience`] names.
    pub fn with_token(token: Secret<String>, system: &System) -> Self {
        Self {
            aws: AwsProvider::with_token(token.clone(), system),
            token: TokenProvider::new(Tokens::Given(token.clone()), system),
            vault: VaultProvider::new(Tokens::Given(token.clone()), system),
            gcp: GcpProvider::new(Tokens::Given(token.clone()), system),
            azure: AzureProvider::new(Tokens::Given(token.clone()), system),
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
            Cloud::Gcp => self.gcp.mint(order).await,
            Cloud::Kubernetes => self.kubernetes.mint(order).await,
            Cloud::Azure => self.azure.mint(order).await,
        }
    }

    async fn deny(&self, order: &Deny) -> Result<Denying, ProviderError> {
        match order.target.cloud() {
            Cloud::Aws | Cloud::Sandbox => self.aws.deny(order).await,
            Cloud::Vault => self.vault.deny(order).await,
            Cloud::Token | Cloud::Gcp | Cloud::Kubernetes | Cloud::Azure => Err(ProviderError {
                message: format!("nothing denies what {} handed out", order.target.cloud()),
                hint: None,
                passing: false,
            }),
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
        Target::Gcp(target) => Ok(target.audience()),
        Target::Azure(target) => Ok(target.authority.exchange_audience().to_owned()),
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
        Credentials::Gcp(credentials) => gcp::identify(credentials, system).await,
        Credentials::Kubernetes(credentials) => kubernetes::identify(credentials, system).await,
        Credentials::Azure(credentials) => azure::identify(credentials),
    }
}

/// Whose word [`identify`] repeats where the place itself does not say whose the credentials are, in words. `None` where it says so.
pub fn hearsay(credentials: &Credentials) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(_) | Credentials::Vault(_) | Credentials::Kubernetes(_) => None,
        Credentials::Gcp(credentials) => {
            let word = "by the broker's word: Google says nothing of a token with an access boundary";
            credentials.bounded.then_some(word)
        }
        Credentials::Token(_) => Some("by the token's own word: its audience is asked nothing"),
        Credentials::Azure(_) => Some("by the token's or the broker's word: Azure is asked nothing"),
    }
}

/// Whether the cloud's word fits the target.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => aws::identify::belongs_to(identity, target),
        Cloud::Token => token::belongs_to(identity, target),
        Cloud::Vault => vault::belongs_to(identity, target),
        Cloud::Gcp => gcp::belongs_to(identity, target),
        Cloud::Kubernetes => kubernetes::belongs_to(identity, target),
        Cloud::Azure => azure::belongs_to(identity, target),
    }
}

/// The difference between credentials and this target, according to the credentials themselves. `None` if they match.
/// The cloud must still be asked then.
pub fn misfit(credentials: &Credentials, target: &Target) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::misfit(credentials, target),
        Credentials::Token(credentials) => token::misfit(credentials, target),
        Credentials::Vault(credentials) => vault::misfit(credentials, target),
        Credentials::Gcp(credentials) => gcp::misfit(credentials, target),
        Credentials::Kubernetes(credentials) => kubernetes::misfit(credentials, target),
        Credentials::Azure(credentials) => azure::misfit(credentials, target),
    }
}

/// The difference between credentials and the scope whose document has this digest. `None` if they match, or do not say themselves
/// what they are limited to.
pub fn misfit_of_scope(credentials: &Credentials, scope: &Digest) -> Option<&'static str> {
    match credentials {
        Credentials::Azure(credentials) => azure::misfit_of_scope(credentials, scope),
        Credentials::Aws(_)
        | Credentials::Token(_)
        | Credentials::Vault(_)
        | Credentials::Gcp(_)
        | Credentials::Kubernetes(_) => None,
    }
}

/// Whether some of the credentials work at their place after `end`, by more than clocks may differ, and the target does not accept
/// that.
pub fn outlives(credentials: &Credentials, target: &Target, end: Timestamp) -> bool {
    let latest = end + SignedDuration::from_secs(MAX_SKEW);
    target.overrun().is_none() && credentials.last_end().is_some_and(|last| last > latest)
}

/// The difference between credentials and a target's place, role and region, whichever endpoint gave them. `None` if they
/// match.
pub fn misfit_of_role(credentials: &Credentials, target: &Target) -> Option<&'static str> {
    match credentials {
        Credentials::Aws(credentials) => aws::identify::misfit_of_role(credentials, target),
        Credentials::Token(_)
        | Credentials::Vault(_)
        | Credentials::Gcp(_)
        | Credentials::Kubernetes(_)
        | Credentials::Azure(_) => misfit(credentials, target),
    }
}

/// Takes credentials back at the place that gave them, where it can do so. `false` where it cannot: they expire by themselves.
///
/// # Errors
/// The place refused, or could not be reached.
pub async fn give_back(credentials: &Credentials, system: &System) -> Result<bool, ProviderError> {
    match credentials {
        // The broker ends a service account's token; the holder may not.
        Credentials::Aws(_)
        | Credentials::Token(_)
        | Credentials::Gcp(_)
        | Credentials::Kubernetes(_)
        | Credentials::Azure(_) => Ok(false),
        Credentials::Vault(credentials) => vault::revoke(credentials, system).await.map(|()| true),
    }
}

/// Whether [`sign_in_url`] signs the browser in with the credentials. Otherwise it leads to the place, and the browser is signed in
/// as the person.
pub fn signs_in(credentials: &Credentials) -> bool {
    matches!(credentials, Credentials::Aws(_))
}

/// The address that signs a browser in to the cloud's console. Whoever has it is signed in, if [`signs_in`] says so.
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
        Credentials::Gcp(credentials) => gcp::console(credentials, destination),
        Credentials::Azure(credentials) => azure::console(credentials, destination),
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

/// The credentials in the environment of this process, as a command under `jit exec` finds them: those of each cloud that has some
/// there, or a file or an endpoint that does.
///
/// # Errors
/// There are none of any cloud, or an endpoint does not give them.
pub async fn of_environment(system: &System) -> Result<Vec<Credentials>, ProviderError> {
    let environment = &system.environment;
    let aws = match aws::identify::of_environment(environment) {
        Ok(aws) => Ok(Credentials::Aws(aws)),
        Err(error) => match aws::ambient::of_container(system).await? {
            Some(aws) => Ok(Credentials::Aws(aws)),
            None => Err(error),
        },
    };
    let others = [
        token::of_environment(environment).map(Credentials::Token),
        vault::of_environment(environment).map(Credentials::Vault),
        gcp::of_environment(environment).map(Credentials::Gcp),
        azure::of_environment(environment).map(Credentials::Azure),
    ];
    let others: Vec<Credentials> = others.into_iter().flatten().collect();
    match aws {
        Ok(first) => Ok(std::iter::once(first).chain(others).collect()),
        Err(_) if !others.is_empty() => Ok(others),
        Err(error) => Err(error),
    }
}

/// The identity with which this process, as a broker, opens targets of `by = "broker"`: its name in the cloud, and where it
/// comes from, in words.
///
/// # Errors
/// It has none, or the cloud does not know it, or the place opens nothing so.
pub async fn own_identity(target: &Target, system: &System) -> Result<String, ProviderError> {
    match target.cloud() {
        Cloud::Aws | Cloud::Sandbox => {
            let place = aws::endpoint::place_of(target)?;
            let own = aws::ambient::Ambient::new(system).get(&place.region).await?;
            Ok(format!("{}, from {}", own.arn, own.source.as_str()))
        }
        Cloud::Token | Cloud::Vault | Cloud::Gcp | Cloud::Kubernetes | Cloud::Azure => Err(ProviderError {
            message: format!("{} opens nothing by an identity of the broker's", target.cloud()),
            hint: None,
            passing: false,
        }),
    }
}
