//! A provider's discovery document (OpenID Connect Discovery 1.0, section 4).

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use url::Url;

use crate::address;
use crate::system::Http;
use crate::system::http::HttpError;
use crate::system::http::Request;
use crate::system::http::Response;

/// The time limit of one document.
pub const LIMIT: Duration = Duration::from_secs(10);
/// The largest document, in bytes.
const MAX_DOCUMENT: usize = 256 * 1024;
/// The longest address, in bytes.
const MAX_ADDRESS: usize = 2048;

/// Why a provider cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// The issuer is not an address that may be called.
    #[error(
        "the identity provider's address is not https:// (or http:// on this machine) without query or fragment"
    )]
    Address,
    /// The provider does not answer.
    #[error("the identity provider does not answer: {0}")]
    Network(#[from] HttpError),
    /// The provider answered with another status.
    #[error("the identity provider answered {status} for its {what}")]
    Status {
        /// The document.
        what: &'static str,
        /// The HTTP status.
        status: u16,
    },
    /// A document does not parse, or is too large.
    #[error("the identity provider's {0} cannot be read")]
    Document(&'static str),
    /// The document is another issuer's.
    #[error("the identity provider calls itself by another issuer than the policy names")]
    Issuer,
    /// An endpoint is not an address that may be called.
    #[error("the identity provider's {0} is not an address that jit calls")]
    Endpoint(&'static str),
}

impl ProviderError {
    /// Advice on what to type next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Network(_) => "check that the provider can be reached from here, then try again",
            Self::Status { status: 500.., .. } | Self::Status { status: 429, .. } => "try again in a minute",
            Self::Address | Self::Issuer | Self::Status { .. } => {
                "compare issuer under [identity.oidc] with the provider's own page, to the last slash"
            }
            Self::Document(_) | Self::Endpoint(_) => {
                "tell the administrator of the identity provider: jit needs OpenID Connect Discovery"
            }
        }
    }
}

/// The endpoints of a provider, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// The issuer, as it was asked for.
    pub issuer: String,
    /// The address of its keys.
    pub jwks: String,
    /// The address for the browser. `None` if the provider signs nobody in, such as a cluster's issuer.
    pub authorization: Option<String>,
    /// The token endpoint.
    pub token: Option<String>,
    /// The device authorization endpoint (RFC 8628). `None` if the provider has no device flow.
    pub device: Option<String>,
    /// The endpoint that revokes refresh tokens (RFC 7009).
    pub revocation: Option<String>,
    /// Whether the provider lists PKCE methods without `S256`. Entra lists none and accepts `S256`.
    pub lacks_s256: bool,
    /// Whether the provider names itself as `iss` in the answer to the browser (RFC 9207).
    pub names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    /// Fetches and checks a provider's discovery document. Redirects are not followed.
    ///
    /// # Errors
    /// The issuer is no address to call, the provider does not answer, or its document is refused.
    pub async fn discover(http: &dyn Http, issuer: &str) -> Result<Self, ProviderError> {
        let base = Url::parse(issuer).map_err(|_| ProviderError::Address)?;
        if issuer.len() > MAX_ADDRESS || !address::is_private(&base) || !address::is_bare(&base) {
            return Err(ProviderError::Address);
        }
        // One slash at the end of the issuer is removed before the path is appended (section 4.1).
        let place =
            format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
        let body = fetch(http, &place, "discovery document").await?.body;
        let document: Document =
            serde_json::from_slice(&body).map_err(|_| ProviderError::Document("discovery document"))?;
        if document.issuer != issuer {
            return Err(ProviderError::Issuer);
        }
        let may_be_local = base.scheme() == "http";
        let checked = |name, endpoint| check(name, endpoint, may_be_local);
        let optional =
            |name, endpoint: Option<String>| endpoint.map(|endpoint| checked(name, endpoint)).transpose();
        let methods = document.code_challenge_methods_supported;
        Ok(Self {
            issuer: document.issuer,
            jwks: checked("jwks_uri", document.jwks_uri)?,
            authorization: optional("authorization_endpoint", document.authorization_endpoint)?,
            token: optional("token_endpoint", document.token_endpoint)?,
            device: optional("device_authorization_endpoint", document.device_authorization_endpoint)?,
            revocation: optional("revocation_endpoint", document.revocation_endpoint)?,
            lacks_s256: methods.is_some_and(|listed| !listed.iter().any(|method| method == "S256")),
            names_itself: document.authorization_response_iss_parameter_supported,
        })
    }
}

/// Checks an endpoint. It may be on another host than the issuer, as Google's keys are. Only an issuer in plain http, and
/// so on this machine, may name endpoints in plain http: no provider makes a broker call its own machine.
fn check(name: &'static str, endpoint: String, may_be_local: bool) -> Result<String, ProviderError> {
    let fits = |url: &Url| {
        let scheme = url.scheme() == "https" || may_be_local && address::is_private(url);
        scheme && address::is_anonymous(url) && url.fragment().is_none()
    };
    let fine = endpoint.len() <= MAX_ADDRESS && Url::parse(&endpoint).is_ok_and(|url| fits(&url));
    if fine { Ok(endpoint) } else { Err(ProviderError::Endpoint(name)) }
}

/// Fetches one document of a provider.
///
/// # Errors
/// The provider does not answer with 200 and at most 256 KiB within 10 s.
pub async fn fetch(http: &dyn Http, place: &str, what: &'static str) -> Result<Response, ProviderError> {
    let request = Request::new(Method::GET, place).header("accept", "application/json").time_limit(LIMIT);
    let answer = http.send(request).await?;
    if answer.status != 200 {
        return Err(ProviderError::Status { what, status: answer.status });
    }
    if answer.body.len() > MAX_DOCUMENT {
        return Err(ProviderError::Document(what));
    }
    Ok(answer)
}
