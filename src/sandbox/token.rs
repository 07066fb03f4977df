//! Verifies a web identity token as STS does: the issuer's own documents, the signature, every claim, AWS's tolerance.

use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use jsonwebtoken::decode;
use jsonwebtoken::decode_header;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::Value;

use super::Sandbox;
use super::answer::Fault;
use crate::issuer::DISCOVERY_PATH;
use crate::system::http::Request;

/// The largest accepted difference of a token's times, either way, in seconds.
const TOLERANCE: i64 = 300;

/// The time limit for fetching one document from the issuer.
const FETCH_LIMIT: Duration = Duration::from_secs(5);

/// The longest token, in bytes (API reference of `AssumeRoleWithWebIdentity`).
const MAX_TOKEN: usize = 20_000;

/// The claims of a verified token. Unknown claims are ignored, as at STS. A repeated claim is refused, where STS takes
/// the last. Times are whole numbers; a fraction fails at STS too.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// The subject.
    pub sub: String,
    /// The audience, exactly one.
    pub aud: String,
    iss: String,
    azp: Option<String>,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    #[serde(rename = "https://aws.amazon.com/roles")]
    roles: Option<Roles>,
    /// The person behind the session.
    #[serde(rename = "https://aws.amazon.com/source_identity")]
    pub source_identity: Option<String>,
    /// The groups, in a token for a cluster. Other places read nothing in it, so it may have any form.
    pub groups: Option<Value>,
    /// The person, for the other side's records.
    pub jit_person: Option<String>,
    /// The request, for the other side's records.
    pub jit_request: Option<String>,
    /// The role, for the other side's records.
    pub jit_role: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Roles {
    One(String),
    Several(Vec<String>),
}

impl Claims {
    /// When the token was issued, in seconds since 1970.
    pub fn issued(&self) -> i64 {
        self.iat
    }

    /// When the token expires, in seconds since 1970.
    pub fn expires(&self) -> i64 {
        self.exp
    }

    /// Whether the token is for this role. Without the claim it is for any role, as at STS.
    pub fn is_for(&self, role_arn: &str) -> bool {
        match &self.roles {
            None => true,
            Some(Roles::One(roles)) => roles.split(';').any(|role| role == role_arn),
            Some(Roles::Several(roles)) => roles.iter().any(|role| role == role_arn),
        }
    }
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl Sandbox {
    /// Verifies a token for AWS and returns its claims.
    pub(super) async fn verify_token(&self, token: &str) -> Result<Claims, Fault> {
        self.verify_for(token, &self.settings.audience).await
    }

    /// Verifies a token for an audience and returns its claims.
    pub(super) async fn verify_for(&self, token: &str, audience: &str) -> Result<Claims, Fault> {
        self.verify_among(token, &[audience]).await
    }

    /// Verifies a token for one of some audiences and returns its claims.
    pub(super) async fn verify_among(&self, token: &str, audiences: &[&str]) -> Result<Claims, Fault> {
        if token.len() > MAX_TOKEN {
            return Err(Fault::validation("WebIdentityToken is too long"));
        }
        let header =
            decode_header(token).map_err(|_| Fault::token("The ID Token provided is not a valid JWT."))?;
        if header.alg != Algorithm::RS256 {
            return Err(Fault::token("The token's algorithm is not RS256."));
        }
        if header.crit.is_some() {
            return Err(Fault::token("The token has critical headers that are not understood."));
        }
        let kid = header.kid.ok_or_else(|| Fault::token("The token's header has no key id."))?;
        let key = self.issuer_key(&kid).await?;
        let claims = decode::<Claims>(token, &key, &self.validation(audiences))
            .map_err(|error| refused(&error))?
            .claims;
        check_times(&claims, self.clock.now())?;
        // The library checks both already. STS compares them byte for byte, and so does the sandbox.
        if claims.iss != self.settings.issuer_url {
            return Err(Fault::token("No OpenIDConnect provider found in your account for this issuer."));
        }
        let is_for = |name: &str| audiences.contains(&name);
        if !is_for(&claims.aud) || claims.azp.as_ref().is_some_and(|azp| *azp != claims.aud) {
            return Err(Fault::token("Incorrect token audience"));
        }
        Ok(claims)
    }

    /// The library's checks. They exclude the times: the library would read the machine's clock, and `check_times`
    /// reads the sandbox's.
    fn validation(&self, audiences: &[&str]) -> Validation {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.set_issuer(&[&self.settings.issuer_url]);
        validation.set_audience(audiences);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    async fn issuer_key(&self, kid: &str) -> Result<DecodingKey, Fault> {
        let issuer = &self.settings.issuer_url;
        let discovery: Discovery = self.fetch(&format!("{issuer}{DISCOVERY_PATH}")).await?;
        if discovery.issuer != *issuer || !same_origin(issuer, &discovery.jwks_uri) {
            return Err(Fault::token("The discovery document is not the issuer's."));
        }
        let set: KeySet = self.fetch(&discovery.jwks_uri).await?;
        let mut named = set.keys.iter().filter(|key| key.get("kid").and_then(Value::as_str) == Some(kid));
        let (Some(key), None) = (named.next(), named.next()) else {
            return Err(Fault::token("The issuer has no key, or several, with the token's key id."));
        };
        // STS refuses a key that declares its uses with `key_ops`.
        let is_rsa_signing = key.get("kty").and_then(Value::as_str) == Some("RSA")
            && key.get("use").and_then(Value::as_str).is_none_or(|purpose| purpose == "sig")
            && key.get("key_ops").is_none();
        let jwk = serde_json::from_value::<Jwk>(key.clone()).ok().filter(|_| is_rsa_signing);
        jwk.and_then(|jwk| DecodingKey::from_jwk(&jwk).ok())
            .ok_or_else(|| Fault::token("The issuer's key is not an RSA signing key."))
    }

    async fn fetch<T: serde::de::DeserializeOwned>(&self, url: &str) -> Result<T, Fault> {
        let request = Request::new(http::Method::GET, url).time_limit(FETCH_LIMIT);
        let response = self.http.send(request).await.map_err(|_| {
            Fault::new(400, "IDPCommunicationError", "The issuer's documents could not be fetched.")
        })?;
        let unusable = || Fault::token("Couldn't retrieve verification key from your identity provider");
        if response.status != 200 {
            return Err(unusable());
        }
        serde_json::from_slice(&response.body).map_err(|_| unusable())
    }
}

fn same_origin(issuer: &str, other: &str) -> bool {
    match (url::Url::parse(issuer), url::Url::parse(other)) {
        (Ok(issuer), Ok(other)) => issuer.origin() == other.origin(),
        _ => false,
    }
}

fn check_times(claims: &Claims, now: Timestamp) -> Result<(), Fault> {
    let now = now.as_second();
    if claims.exp.saturating_add(TOLERANCE) <= now {
        return Err(Fault::new(400, "ExpiredTokenException", "Token expired"));
    }
    let latest = now.saturating_add(TOLERANCE);
    if claims.iat > latest || claims.nbf.is_some_and(|nbf| nbf > latest) || claims.exp <= claims.iat {
        return Err(Fault::token("The token's times are in the future or contradict each other."));
    }
    Ok(())
}

fn refused(error: &jsonwebtoken::errors::Error) -> Fault {
    use jsonwebtoken::errors::ErrorKind;
    Fault::token(match error.kind() {
        ErrorKind::InvalidSignature => "The signature is not the issuer's.",
        ErrorKind::InvalidIssuer => "No OpenIDConnect provider found in your account for this issuer.",
        ErrorKind::InvalidAudience => "Incorrect token audience",
        ErrorKind::MissingRequiredClaim(_) => "The token lacks a claim that is required.",
        _ => "The ID Token provided is not a valid JWT.",
    })
}
