//! One set of short-lived credentials, and the bytes that bind a sealed lease to its request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroize::Zeroizing;

use super::Digest;
use super::cloud::Cloud;
use super::cloud::Place;
use super::cloud::aws::AwsCredentials;
use super::cloud::azure::AzureCredentials;
use super::cloud::azure::LONGEST_LIFE;
use super::cloud::gcp::GcpCredentials;
use super::cloud::is_word;
use super::cloud::kubernetes::KubernetesCredentials;
use super::cloud::token::TokenCredentials;
use super::cloud::vault::VaultCredentials;
use super::span::Span;
use super::statement::canonical;
use crate::secret::Secret;

/// The credentials from a cloud: the sum over the clouds. Every stored and sealed form carries the cloud's word as
/// `cloud`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// A session of an AWS role, or of one of the sandbox cloud, which speaks the same words.
    Aws(AwsCredentials),
    /// A token of the authority's issuer.
    Token(TokenCredentials),
    /// A token of OpenBao or Vault.
    Vault(VaultCredentials),
    /// An access token of Google Cloud.
    Gcp(GcpCredentials),
    /// A token for a Kubernetes cluster.
    Kubernetes(KubernetesCredentials),
    /// Access tokens of Azure.
    Azure(AzureCredentials),
}

impl Credentials {
    /// The cloud whose words they are in.
    pub fn cloud(&self) -> Cloud {
        match self {
            Self::Aws(_) => Cloud::Aws,
            Self::Token(_) => Cloud::Token,
            Self::Vault(_) => Cloud::Vault,
            Self::Gcp(_) => Cloud::Gcp,
            Self::Kubernetes(_) => Cloud::Kubernetes,
            Self::Azure(_) => Cloud::Azure,
        }
    }

    /// The place that they open, as people read it.
    pub fn place(&self) -> Place {
        match self {
            Self::Aws(credentials) => credentials.place(),
            Self::Token(credentials) => credentials.place(),
            Self::Vault(credentials) => credentials.place(),
            Self::Gcp(credentials) => credentials.place(),
            Self::Kubernetes(credentials) => credentials.place(),
            Self::Azure(credentials) => credentials.place(),
        }
    }

    /// The region in which they are used. `None` for clouds without regions.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::Aws(credentials) => Some(&credentials.region),
            Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The session of an AWS role, where they are one. `None` for other clouds.
    pub fn as_aws(&self) -> Option<&AwsCredentials> {
        match self {
            Self::Aws(credentials) => Some(credentials),
            Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The one secret, where the credentials are a bearer token; of several, the first. `None` for those of AWS, which sign.
    pub fn bearer(&self) -> Option<&Secret<String>> {
        match self {
            Self::Aws(_) => None,
            Self::Token(credentials) => Some(&credentials.token),
            Self::Vault(credentials) => Some(&credentials.token),
            Self::Gcp(credentials) => Some(&credentials.token),
            Self::Kubernetes(credentials) => Some(&credentials.token),
            Self::Azure(credentials) => credentials.tokens.first().map(|first| &first.token),
        }
    }

    /// Every secret among them.
    pub fn secrets(&self) -> Vec<&Secret<String>> {
        match self {
            Self::Aws(credentials) => vec![&credentials.secret_access_key, &credentials.session_token],
            Self::Azure(credentials) => credentials.tokens.iter().map(|token| &token.token).collect(),
            Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) => {
                self.bearer().into_iter().collect()
            }
        }
    }

    /// How much of a grant must be left for newer ones. `None` where any time is enough.
    pub fn least_left(&self) -> Option<Span> {
        match self {
            Self::Azure(credentials) => (!credentials.overrun).then_some(LONGEST_LIFE),
            Self::Aws(_) | Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) => None,
        }
    }

    /// When the last of them ends at its place, where that is later than their lease may say. `None` where the place ends them in
    /// time.
    pub fn last_end(&self) -> Option<Timestamp> {
        match self {
            Self::Azure(credentials) => credentials.tokens.iter().map(|token| token.expires).max(),
            Self::Aws(_) | Self::Token(_) | Self::Vault(_) | Self::Gcp(_) | Self::Kubernetes(_) => None,
        }
    }

    /// A handle by which the place takes the credentials back. It opens nothing. `None` where the place has none.
    pub fn handle(&self) -> Option<&str> {
        match self {
            Self::Vault(credentials) => Some(credentials.accessor.as_str()).filter(|text| !text.is_empty()),
            Self::Aws(_) | Self::Token(_) | Self::Gcp(_) | Self::Kubernetes(_) | Self::Azure(_) => None,
        }
    }

    /// The stored form. Secrets stand in it.
    fn secret_value(&self) -> Value {
        let mut value = match self {
            Self::Aws(credentials) => credentials.secret_members(),
            Self::Token(credentials) => credentials.secret_members(),
            Self::Vault(credentials) => credentials.secret_members(),
            Self::Gcp(credentials) => credentials.secret_members(),
            Self::Kubernetes(credentials) => credentials.secret_members(),
            Self::Azure(credentials) => credentials.secret_members(),
        };
        value["cloud"] = self.cloud().as_str().into();
        value
    }
}

impl From<AwsCredentials> for Credentials {
    fn from(credentials: AwsCredentials) -> Self {
        Self::Aws(credentials)
    }
}

impl From<TokenCredentials> for Credentials {
    fn from(credentials: TokenCredentials) -> Self {
        Self::Token(credentials)
    }
}

impl From<VaultCredentials> for Credentials {
    fn from(credentials: VaultCredentials) -> Self {
        Self::Vault(credentials)
    }
}

impl From<GcpCredentials> for Credentials {
    fn from(credentials: GcpCredentials) -> Self {
        Self::Gcp(credentials)
    }
}

impl From<AzureCredentials> for Credentials {
    fn from(credentials: AzureCredentials) -> Self {
        Self::Azure(credentials)
    }
}

impl From<KubernetesCredentials> for Credentials {
    fn from(credentials: KubernetesCredentials) -> Self {
        Self::Kubernetes(credentials)
    }
}

/// One set of short-lived credentials minted under a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Counts the leases of one request, from 1. A number is used once.
    pub number: u32,
    /// When the credentials expire.
    pub expires: Timestamp,
    /// The credentials.
    pub credentials: Credentials,
}

/// The newest form of a lease that this version reads. A form without a version is of the first one.
const VERSION: u64 = 1;

/// The version, which is read before anything else: a newer version may give every other member another shape.
#[derive(Deserialize)]
struct Versioned {
    version: Option<u64>,
}

/// The tag of the cloud.
#[derive(Deserialize)]
struct Tags {
    credentials: CloudTag,
}

#[derive(Deserialize)]
struct CloudTag {
    cloud: Option<String>,
}

/// The stored form, with the credentials of one cloud.
#[derive(Deserialize)]
struct Stored<C> {
    number: u32,
    expires: Timestamp,
    credentials: C,
}

impl<C: DeserializeOwned + Into<Credentials>> Stored<C> {
    fn read(json: &Secret<Vec<u8>>) -> Result<Lease, LeaseError> {
        let stored: Self = serde_json::from_slice(json.expose()).map_err(|_| LeaseError::Damaged)?;
        Ok(Lease { number: stored.number, expires: stored.expires, credentials: stored.credentials.into() })
    }
}

impl Lease {
    /// Serializes the lease as JSON, for sealing and for the keychain. Only this and [`Secret::expose`] reveal it.
    pub fn to_secret_json(&self) -> Secret<Vec<u8>> {
        let value = serde_json::json!({
            "number": self.number,
            "expires": self.expires,
            "credentials": self.credentials.secret_value(),
        });
        Secret::new(Zeroizing::new(value.to_string()).as_bytes().to_vec())
    }

    /// Reads what [`Lease::to_secret_json`] wrote, in this version or an older one: without a tag, the credentials are AWS's. The
    /// error never quotes the input.
    ///
    /// # Errors
    /// The bytes are damaged, or a newer version wrote them.
    pub fn from_secret_json(json: &Secret<Vec<u8>>) -> Result<Self, LeaseError> {
        let versioned: Versioned = serde_json::from_slice(json.expose()).map_err(|_| LeaseError::Damaged)?;
        if versioned.version.is_some_and(|version| version > VERSION) {
            return Err(LeaseError::Newer);
        }
        let tags: Tags = serde_json::from_slice(json.expose()).map_err(|_| LeaseError::Damaged)?;
        let word = tags.credentials.cloud.as_deref().unwrap_or(Cloud::Aws.as_str());
        match Cloud::of(word) {
            Some(Cloud::Aws) => Stored::<AwsCredentials>::read(json),
            // Credentials of the sandbox cloud are in AWS's words, and tagged so.
            Some(Cloud::Sandbox) => Err(LeaseError::Damaged),
            Some(Cloud::Token) => Stored::<TokenCredentials>::read(json),
            Some(Cloud::Vault) => Stored::<VaultCredentials>::read(json),
            Some(Cloud::Gcp) => Stored::<GcpCredentials>::read(json),
            Some(Cloud::Kubernetes) => Stored::<KubernetesCredentials>::read(json),
            Some(Cloud::Azure) => Stored::<AzureCredentials>::read(json),
            None if is_word(word) => Err(LeaseError::Newer),
            None => Err(LeaseError::Damaged),
        }
    }
}

/// Why bytes are no lease. Nothing of them is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// They are cut short, changed, or something else.
    #[error("jit did not write these credentials")]
    Damaged,
    /// Their form or their cloud is one that this version does not know.
    #[error("these credentials were made by a newer jit")]
    Newer,
}

/// The associated data of a sealed lease. It opens only for this authority, request, run and number.
pub fn associated_data(authority: &str, request: &Digest, run: &str, number: u32) -> Vec<u8> {
    canonical(&BTreeMap::from([
        ("authority".to_owned(), authority.to_owned()),
        ("digest".to_owned(), request.to_string()),
        ("run".to_owned(), run.to_owned()),
        ("lease".to_owned(), number.to_string()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_storage_and_shows_nothing() {
        let lease = Lease {
            number: 1,
            expires: "2026-11-23T10:00:00Z".parse().unwrap(),
            credentials: Credentials::Aws(AwsCredentials {
                access_key_id: "ASIAEXAMPLE".to_owned(),
                secret_access_key: "hush".into(),
                session_token: "quiet".into(),
                account: "111122223333".to_owned(),
                session_arn: None,
                region: "eu-west-1".to_owned(),
                endpoint_url: None,
            }),
        };
        assert_eq!(Lease::from_secret_json(&lease.to_secret_json()).unwrap(), lease);
        let shown = format!("{lease:?}");
        assert!(!shown.contains("hush") && !shown.contains("quiet"), "{shown}");
    }
}
