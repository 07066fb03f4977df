//! A token of the authority's own issuer, for any program that trusts it. Nothing is exchanged: the token is the credential.

use std::sync::Arc;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use super::CallerIdentity;
use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::SUBJECT;
use super::subject;
use super::token_file;
use super::tokens::Tokens;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::claims::Claims;
use crate::grant::cloud::token::TokenCredentials;
use crate::grant::cloud::token::TokenTarget;
use crate::issuer::DISCOVERY_PATH;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::Environment;
use crate::system::System;

/// The variable in which a command finds its token.
pub const VARIABLE: &str = "JIT_TOKEN";
/// The variable with the path of the file in which `jit exec` keeps the token fresh.
pub const FILE_VARIABLE: &str = "JIT_TOKEN_FILE";

/// Signs tokens for the audience of a role.
pub struct TokenProvider {
    tokens: Tokens,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl TokenProvider {
    /// A provider that signs with these tokens' issuer.
    pub fn new(tokens: Tokens, system: &System) -> Self {
        Self { tokens, clock: Arc::clone(&system.clock), entropy: Arc::clone(&system.entropy) }
    }
}

#[async_trait]
impl Provider for TokenProvider {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        let target = target_of(order)?;
        if matches!(self.tokens, Tokens::Given(_)) {
            return Err(ProviderError {
                message: "this authority has no issuer of its own, so it signs no tokens".to_owned(),
                hint: Some("a role that opens [token] needs a broker: `jit serve`".to_owned()),
                passing: false,
            });
        }
        let now = self.clock.now();
        let until = super::whole_seconds(order.until.min(order.grant_until));
        if until <= now {
            return Err(super::no_time_left());
        }
        let claims = claims_of(order, target)?.map(Claims::members).unwrap_or_default();
        let nonce = self.entropy.token();
        let token = self.tokens.token(order, &target.audience, (now, until, &nonce), claims)?;
        let credentials = TokenCredentials { token, audience: target.audience.clone() };
        Ok(MintedCredentials { credentials: credentials.into(), expires: until })
    }
}

fn target_of(order: &MintOrder) -> Result<&TokenTarget, ProviderError> {
    order.target.as_token().ok_or_else(|| ProviderError {
        message: "the role does not open [token]".to_owned(),
        hint: None,
        passing: false,
    })
}

/// The claims: those of the scope, else those of the role.
fn claims_of<'a>(order: &'a MintOrder, target: &'a TokenTarget) -> Result<Option<&'a Claims>, ProviderError> {
    let Some(scope) = &order.scope else { return Ok(target.claims.as_ref()) };
    scope.as_token().map(Some).ok_or_else(super::scope_of_another_cloud)
}

/// The claims of a token that jit compares.
#[derive(Deserialize)]
struct Said {
    sub: String,
    aud: String,
}

/// Reads a token's claims without verifying it: it came sealed from the authority, and the other side verifies it.
fn read(token: &Secret<String>) -> Option<Said> {
    let payload = token.expose().split('.').nth(1)?;
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()
}

/// The identity that a token names. Its audience is asked nothing, since it may be any program.
///
/// # Errors
/// It is not a JWT.
pub fn identify(credentials: &TokenCredentials) -> Result<CallerIdentity, ProviderError> {
    let said = read(&credentials.token).ok_or_else(|| ProviderError {
        message: "this is not a token of jit's issuer".to_owned(),
        hint: Some("tell the broker's administrator".to_owned()),
        passing: false,
    })?;
    Ok(CallerIdentity { place: credentials.place(), who: said.sub })
}

/// The difference between a token and this target, by its own claims. `None` if they match.
pub fn misfit(credentials: &TokenCredentials, target: &Target) -> Option<&'static str> {
    let Some(target) = target.as_token() else {
        return Some("they are for another cloud than the requested one");
    };
    let Some(said) = read(&credentials.token) else { return Some("they are not a token") };
    if credentials.audience != target.audience || said.aud != target.audience {
        return Some("they are for another audience than the requested one");
    }
    None
}

/// The facts that the other side must check, as JSON: nothing has to be made there, so there is no command. The key set is at the place
/// that the issuer's discovery document names.
pub fn trust(role: &Name, target: &TokenTarget, issuer: &str) -> String {
    let facts = serde_json::json!({
        "issuer": issuer,
        "discovery": format!("{issuer}{DISCOVERY_PATH}"),
        "algorithm": "RS256",
        "audience": target.audience,
        "subject": subject(role),
        "claims": target.claims.as_ref().map(Claims::members).unwrap_or_default(),
    });
    format!("{facts:#}")
}

/// The token that a command under `jit exec` finds in its environment, or in the file that its environment names. `None` if there is
/// none.
pub fn of_environment(environment: &Environment) -> Option<TokenCredentials> {
    let token = token_file::found(environment, &[VARIABLE], &[FILE_VARIABLE])?;
    let audience = read(&token)?.aud;
    Some(TokenCredentials { token, audience })
}

/// Whether the word about a token fits the target.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    identity.place == target.place() && identity.who.starts_with(SUBJECT)
}
