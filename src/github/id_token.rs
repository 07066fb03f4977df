//! ID tokens of workflows: fetches the job's own token, and verifies a token by ids.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use serde_json::Value;

use super::MAIN;
use super::WORKFLOW;
use crate::grant::text::sanitise;
use crate::identity::oidc;
use crate::identity::oidc::IdTokenError;
use crate::identity::oidc::token::Typed;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Http;
use crate::system::System;
use crate::system::http::HttpError;
use crate::system::http::Request;

/// The variable with the URL where the runner issues a token (GitHub, "OpenID Connect reference").
pub const REQUEST_URL: &str = "ACTIONS_ID_TOKEN_REQUEST_URL";
/// The variable with the bearer token for that URL.
pub const REQUEST_TOKEN: &str = "ACTIONS_ID_TOKEN_REQUEST_TOKEN";

/// The allowed clock difference to the issuer, in seconds.
const SKEW: i64 = 60;
/// The time limit for fetching one document.
const LIMIT: Duration = Duration::from_secs(10);
/// How often fetching a document is tried.
const ATTEMPTS: u32 = 3;

/// Why there is no token, or why it is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The job may not get a token.
    #[error("this job gets no ID token")]
    NotAllowed,
    /// The runner or the issuer does not answer.
    #[error("the issuer of ID tokens was not reached: {0}")]
    Network(#[from] HttpError),
    /// The runner or the issuer answered with another status.
    #[error("the issuer of ID tokens answered {0}")]
    Answer(u16),
    /// A document does not parse.
    #[error("the issuer's {0} cannot be read")]
    Document(&'static str),
    /// The token is invalid, or not from this issuer.
    #[error("the ID token is refused: {0}")]
    Refused(String),
    /// The token's signing key is not among the issuer's keys.
    #[error("the ID token is refused: {0}", IdTokenError::UnknownKey)]
    NoKey,
    /// A claim has an unexpected value.
    #[error("the ID token is another run's: its {0} differs")]
    Claim(&'static str),
}

impl TokenError {
    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotAllowed => Some("the job needs `permissions: id-token: write`".to_owned()),
            Self::Network(_) | Self::Answer(_) | Self::Document(_) => Some("try again".to_owned()),
            Self::Refused(_) | Self::NoKey | Self::Claim(_) => None,
        }
    }
}

/// The claims of a verified token. Ids are strings of digits, as GitHub writes them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The subject, which clouds pin.
    pub sub: String,
    /// When it becomes valid.
    #[serde(default)]
    pub nbf: Option<i64>,
    /// When it was issued.
    pub iat: i64,
    /// When it expires.
    pub exp: i64,
    /// The repository.
    pub repository_id: String,
    /// Its current name, `owner/name`.
    pub repository: String,
    /// The id of the run.
    pub run_id: String,
    /// The number of the attempt.
    pub run_attempt: String,
    /// The account that started the run.
    pub actor_id: String,
    /// Its login at that time. An app's ends with `[bot]`.
    pub actor: String,
    /// The event that started the run.
    pub event_name: String,
    /// `refs/heads/main`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit of the run.
    pub sha: String,
    /// The workflow that was started.
    pub workflow_ref: String,
    /// The workflow that contains the job.
    pub job_workflow_ref: String,
    /// The job's environment.
    #[serde(default)]
    pub environment: Option<String>,
    /// `github-hosted` or `self-hosted`.
    pub runner_environment: String,
}

/// The values that a token's claims must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The repository's numeric id.
    pub repository_id: u64,
    /// Its current name, `owner/name`.
    pub full_name: String,
    /// The id of the run.
    pub run_id: u64,
    /// The numeric id of the account that dispatched it.
    pub actor_id: u64,
    /// The environment of the role.
    pub environment: String,
}

impl Claims {
    /// Checks every claim: `jit.yml` on `main`, the first attempt, on GitHub-hosted runners.
    ///
    /// # Errors
    /// The first claim that differs.
    pub fn check(&self, expected: &Expected) -> Result<(), TokenError> {
        let reference = format!("refs/heads/{MAIN}");
        let workflow = format!("{}/{WORKFLOW}@{reference}", expected.full_name);
        let same = [
            ("repository_id", self.repository_id == expected.repository_id.to_string()),
            ("run_id", self.run_id == expected.run_id.to_string()),
            ("run_attempt", self.run_attempt == "1"),
            ("actor_id", self.actor_id == expected.actor_id.to_string()),
            ("event_name", self.event_name == "workflow_dispatch"),
            ("ref", self.reference == reference),
            ("workflow_ref", self.workflow_ref.eq_ignore_ascii_case(&workflow)),
            ("job_workflow_ref", self.job_workflow_ref.eq_ignore_ascii_case(&workflow)),
            ("environment", self.environment.as_deref() == Some(expected.environment.as_str())),
            ("runner_environment", self.runner_environment == "github-hosted"),
        ];
        same.into_iter().find(|(_, same)| !same).map_or(Ok(()), |(claim, _)| Err(TokenError::Claim(claim)))
    }
}

/// Fetches this job's token for an audience, from the runner.
///
/// # Errors
/// The job may not get one, or the runner does not answer.
pub async fn fetch(system: &System, audience: &str) -> Result<Secret<String>, TokenError> {
    #[derive(Deserialize)]
    struct Answer {
        value: Secret<String>,
    }
    let environment = &system.environment;
    let (Some(url), Some(token)) = (environment.get(REQUEST_URL), environment.get(REQUEST_TOKEN)) else {
        return Err(TokenError::NotAllowed);
    };
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}audience={}", utf8_percent_encode(audience, NON_ALPHANUMERIC));
    let request = Request::new(Method::GET, url)
        .header("authorization", format!("Bearer {token}"))
        .header("accept", "application/json")
        .time_limit(LIMIT);
    let body = ask(system.http.as_ref(), system.clock.as_ref(), &request).await?;
    serde_json::from_slice(&body)
        .map(|answer: Answer| answer.value)
        .map_err(|_| TokenError::Document("answer"))
}

/// Verifies a token's signature, issuer, audience and times. The token of an artifact may have expired since: `age` is
/// how long ago its validity may have ended.
///
/// # Errors
/// The issuer does not answer, or the token is not valid.
pub async fn verify(
    system: &System,
    issuer: &str,
    token: &Secret<String>,
    audience: &str,
    age: SignedDuration,
) -> Result<Claims, TokenError> {
    let token = token.expose();
    // A malformed token fetches nothing.
    oidc::token::key_id(token, Typed::IdToken).map_err(refused)?;
    let keys = keys(system.http.as_ref(), system.clock.as_ref(), issuer).await?;
    let verified = verify_by(&keys, token)?;
    if verified.claims.aud != audience {
        return Err(TokenError::Refused("it is for somebody else".to_owned()));
    }
    check_times(&verified.claims, system.clock.now(), age)?;
    Ok(verified.claims)
}

/// A token with a verified signature.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The claims that decisions depend on.
    pub claims: Claims,
    /// Every claim that is a string, by which a policy identifies workloads.
    pub texts: BTreeMap<String, String>,
}

/// Verifies only signature and issuer. The caller still has to check audience and times. Fetches nothing.
///
/// # Errors
/// The token is not valid.
pub fn verify_by(keys: &KeySet, token: &str) -> Result<Verified, TokenError> {
    let claims = oidc::token::signed_claims(token, &keys.keys).map_err(refused)?;
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let texts = claims.iter().filter_map(text).collect();
    let unread = |error: serde_json::Error| TokenError::Refused(sanitise(&error.to_string()));
    let claims: Claims = serde_json::from_value(Value::Object(claims)).map_err(unread)?;
    if claims.iss != keys.issuer {
        return Err(TokenError::Refused("it is another issuer's".to_owned()));
    }
    Ok(Verified { claims, texts })
}

fn refused(error: IdTokenError) -> TokenError {
    match error {
        IdTokenError::UnknownKey => TokenError::NoKey,
        other => TokenError::Refused(other.to_string()),
    }
}

/// Checks that a token was valid at a time, or within `age` before it.
///
/// # Errors
/// It had expired, or was not issued yet.
pub fn check_times(claims: &Claims, now: Timestamp, age: SignedDuration) -> Result<(), TokenError> {
    let now = now.as_second();
    let refused = |cause: &str| Err(TokenError::Refused(cause.to_owned()));
    if claims.exp.saturating_add(age.as_secs()).saturating_add(SKEW) <= now {
        return refused("it has expired");
    }
    let latest = now.saturating_add(SKEW);
    if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) || claims.exp <= claims.iat {
        return refused("it is not valid yet");
    }
    Ok(())
}

/// The current signing keys of an issuer.
#[derive(Debug, Clone)]
pub struct KeySet {
    /// The issuer.
    pub issuer: String,
    keys: oidc::KeySet,
}

/// Fetches an issuer's keys.
///
/// # Errors
/// It does not answer, or refers to another host.
pub async fn keys(http: &dyn Http, clock: &dyn Clock, issuer: &str) -> Result<KeySet, TokenError> {
    #[derive(Deserialize)]
    struct Discovery {
        issuer: String,
        jwks_uri: String,
    }
    let url = format!("{issuer}/.well-known/openid-configuration");
    let body = ask(http, clock, &Request::new(Method::GET, &url).time_limit(LIMIT)).await?;
    let discovery: Discovery =
        serde_json::from_slice(&body).map_err(|_| TokenError::Document("discovery document"))?;
    if discovery.issuer != issuer || !same_origin(issuer, &discovery.jwks_uri) {
        return Err(TokenError::Document("discovery document"));
    }
    let body = ask(http, clock, &Request::new(Method::GET, &discovery.jwks_uri).time_limit(LIMIT)).await?;
    let keys = oidc::KeySet::read(&body).map_err(|_| TokenError::Document("key set"))?;
    Ok(KeySet { issuer: issuer.to_owned(), keys })
}

/// Fetches a document, with retries if the server fails.
async fn ask(http: &dyn Http, clock: &dyn Clock, request: &Request) -> Result<Vec<u8>, TokenError> {
    let mut attempt = 1;
    loop {
        let passing = match http.send(request.clone()).await {
            Ok(response) if response.status == 200 => return Ok(response.body),
            Ok(response) if response.status < 500 => return Err(TokenError::Answer(response.status)),
            Ok(response) => TokenError::Answer(response.status),
            Err(error) => error.into(),
        };
        if attempt == ATTEMPTS {
            return Err(passing);
        }
        clock.sleep(Duration::from_millis(500 << attempt)).await;
        attempt += 1;
    }
}

fn same_origin(issuer: &str, other: &str) -> bool {
    match (url::Url::parse(issuer), url::Url::parse(other)) {
        (Ok(issuer), Ok(other)) => issuer.origin() == other.origin(),
        _ => false,
    }
}
