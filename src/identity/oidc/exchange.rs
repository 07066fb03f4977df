//! The token endpoint of a provider: what a client sends, and what it takes from the answer (RFC 6749, section 5).

use http::Method;
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::discovery::LIMIT;
use super::discovery::Provider;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Http;
use crate::system::http::HttpError;
use crate::system::http::Request;

/// The most characters of a provider's description that are shown.
const MAX_DESCRIPTION: usize = 300;

/// Why a sign-in at a provider did not end with a token. Every text of the provider is sanitised and cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The provider does not answer.
    #[error("the identity provider does not answer: {0}")]
    Network(#[from] HttpError),
    /// The provider refuses, with an error code of OAuth 2.0.
    #[error("the identity provider refuses: {}", said(.code, .description.as_deref()))]
    Refused {
        /// The code, such as `access_denied`.
        code: String,
        /// The provider's own words.
        description: Option<String>,
    },
    /// The answer does not follow the standard.
    #[error("the identity provider's answer cannot be read: {0}")]
    Answer(&'static str),
    /// The answer came from another provider (RFC 9207).
    #[error("the answer came from another identity provider than the one that was asked")]
    MixUp,
    /// The provider has no endpoint for this way, or no PKCE.
    #[error("the identity provider has no {0}")]
    Lacks(&'static str),
    /// The person did not finish in time.
    #[error("nobody finished the sign-in in time")]
    TimeOut,
    /// jit cannot listen on this machine.
    #[error("jit cannot listen on 127.0.0.1: {0}")]
    Listen(String),
    /// Another program listens on the port that the provider sends the browser back to.
    #[error("another program listens on port {0}, to which the identity provider sends the browser back")]
    Port(u16),
}

impl SignInError {
    pub(super) fn refused(code: &str, description: Option<&str>) -> Self {
        let cut = |text: &str| sanitise(&text.chars().take(MAX_DESCRIPTION).collect::<String>());
        Self::Refused { code: cut(code), description: description.map(cut).filter(|text| !text.is_empty()) }
    }

    /// The provider's error code, if it sent one.
    pub fn code(&self) -> Option<&str> {
        if let Self::Refused { code, .. } = self { Some(code) } else { None }
    }

    /// Advice on what to type next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Network(_) => {
                "check that the provider can be reached from here, then run `jit login` again"
            }
            Self::TimeOut | Self::MixUp => "run `jit login` again",
            Self::Lacks(_) => "run `jit login` on a machine with a browser, or `jit login --ssh`",
            Self::Listen(_) => "sign in with a code instead: `jit login --device`",
            Self::Port(_) => "end that program (another `jit login` perhaps), or type `jit login --device`",
            Self::Answer(_) => "tell the administrator of the identity provider",
            Self::Refused { code, .. } => match code.as_str() {
                "access_denied" => "run `jit login` again and agree on the provider's page",
                "expired_token" | "invalid_grant" | "login_required" => "run `jit login` again",
                "invalid_client" | "unauthorized_client" | "unsupported_grant_type" => {
                    "the provider does not know jit's client, or not for this way: see docs/sign-in.md"
                }
                "invalid_scope" => "the policy's owner checks scopes under [identity.oidc]",
                "slow_down" | "temporarily_unavailable" | "server_error" => "try again in a minute",
                _ => "run `jit login` again; if that fails, tell the identity provider's administrator",
            },
        }
    }
}

fn said(code: &str, description: Option<&str>) -> String {
    description.map_or_else(|| code.to_owned(), |description| format!("{description} ({code})"))
}

/// How a client is registered at a provider.
#[derive(Debug, Clone, Copy)]
pub struct Registration<'a> {
    /// The public client.
    pub client: &'a str,
    /// The "secret" that some providers demand of installed applications, although it cannot be secret.
    pub public_secret: Option<&'a str>,
}

/// The tokens that a provider issued. The access token is dropped: jit calls nothing at the provider.
#[derive(Debug)]
pub struct Tokens {
    /// The ID token. `None` if a refresh brought none, which OpenID Connect allows.
    pub id: Option<Secret<String>>,
    /// The refresh token. After a refresh, the provider may have replaced it.
    pub refresh: Option<Secret<String>>,
}

#[derive(Deserialize)]
struct Granted {
    id_token: Option<Secret<String>>,
    refresh_token: Option<Secret<String>>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

/// Exchanges an authorisation code.
///
/// # Errors
/// The provider does not answer, refuses, or sends no ID token.
pub(super) async fn by_code(
    http: &dyn Http,
    provider: &Provider,
    registration: Registration<'_>,
    code: &Secret<String>,
    verifier: &Secret<String>,
    redirect: &str,
) -> Result<Tokens, SignInError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        ("redirect_uri", redirect),
        ("code_verifier", verifier.expose()),
    ];
    let tokens = tokens(http, provider, registration, &fields).await?;
    if tokens.id.is_none() { Err(SignInError::Answer("it has no ID token")) } else { Ok(tokens) }
}

/// Exchanges a refresh token.
///
/// # Errors
/// The provider does not answer or refuses.
pub async fn by_refresh(
    http: &dyn Http,
    provider: &Provider,
    registration: Registration<'_>,
    refresh: &Secret<String>,
) -> Result<Tokens, SignInError> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose().as_str())];
    tokens(http, provider, registration, &fields).await
}

pub(super) async fn tokens(
    http: &dyn Http,
    provider: &Provider,
    registration: Registration<'_>,
    fields: &[(&str, &str)],
) -> Result<Tokens, SignInError> {
    let endpoint = provider.token.as_ref().ok_or(SignInError::Lacks("token endpoint"))?;
    let body = post(http, endpoint, registration, fields).await?;
    let granted: Granted =
        serde_json::from_slice(&body).map_err(|_| SignInError::Answer("it is not JSON"))?;
    Ok(Tokens { id: granted.id_token, refresh: granted.refresh_token })
}

/// Sends a form. Returns the body of a successful answer.
pub(super) async fn post(
    http: &dyn Http,
    endpoint: &str,
    registration: Registration<'_>,
    fields: &[(&str, &str)],
) -> Result<Vec<u8>, SignInError> {
    // The serialiser must not be held across an await.
    let form = {
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", registration.client).extend_pairs(fields);
        if let Some(secret) = registration.public_secret {
            form.append_pair("client_secret", secret);
        }
        form.finish()
    };
    let request = Request::new(Method::POST, endpoint)
        .header("accept", "application/json")
        .body("application/x-www-form-urlencoded", form)
        .time_limit(LIMIT);
    let answer = http.send(request).await?;
    if answer.status == 200 {
        return Ok(answer.body);
    }
    match serde_json::from_slice::<Refused>(&answer.body) {
        Ok(refused) => Err(SignInError::refused(&refused.error, refused.error_description.as_deref())),
        Err(_) if answer.status >= 500 => Err(SignInError::refused("server_error", None)),
        Err(_) => Err(SignInError::Answer("it is an error without a code")),
    }
}
