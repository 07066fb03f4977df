//! Azure: our JWT signs an application in at Microsoft Entra, once for each audience of the role.
//!
//! Invariants: the JWT never leaves the authority; there is a token for every audience, or none; no token is given away
//! that outlives, by more than a minute, a grant whose role does not accept it. Entra alone decides how long a token lives,
//! and nobody takes one back. Source: Microsoft's documentation of the client credentials grant with a federated credential, and
//! azure-identity's requests. No live tenant has been seen.

mod answers;
mod claims;
mod console;
pub mod direct;
mod identify;
mod refusal;
pub mod trust;

use async_trait::async_trait;
use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::exchange;
use super::exchange::TIME_LIMIT;
use super::exchange::World;
use super::timing::MAX_SKEW;
use super::tokens::TOKEN_LIFE;
use super::tokens::Tokens;
use crate::grant::cloud::azure::Audiences;
use crate::grant::cloud::azure::AzureCredentials;
use crate::grant::cloud::azure::AzureTarget;
use crate::grant::cloud::azure::AzureToken;
use crate::grant::cloud::azure::LONGEST_LIFE;
use crate::grant::span::Span;
use crate::secret::Secret;
use crate::system::System;
use crate::system::http::Request;
pub use claims::App;
pub use console::console;
pub use identify::belongs_to;
pub use identify::identify;
pub use identify::misfit;
pub use identify::misfit_of_scope;
pub use identify::of_environment;

/// How far back a JWT is dated, in seconds.
const BACK: i64 = 5;

/// The kind of `client_assertion` (RFC 7523 §2.2).
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Mints access tokens of applications.
pub struct AzureProvider {
    tokens: Tokens,
    system: System,
}

impl AzureProvider {
    /// A provider that signs in with these tokens.
    pub fn new(tokens: Tokens, system: &System) -> Self {
        Self { tokens, system: system.clone() }
    }

    /// The access token for one audience.
    async fn token(
        &self,
        order: &MintOrder,
        target: &AzureTarget,
        audience: &str,
    ) -> Result<AzureToken, ProviderError> {
        let base = target.authority.url();
        let url = format!("{base}/{}/oauth2/v2.0/token", target.tenant);
        let host = base.split_once("://").map_or(base, |(_, host)| host);
        let service = format!("Entra at {host}");
        let world = World::of(&self.system, self.tokens.voucher(), &service);
        let scope = format!("{audience}/.default");
        let body = exchange::call(
            world,
            || {
                let assertion = self.assertion(order, target)?;
                let form = Zeroizing::new(
                    url::form_urlencoded::Serializer::new(String::new())
                        .append_pair("client_id", &target.client_id)
                        .append_pair("grant_type", "client_credentials")
                        .append_pair("scope", &scope)
                        .append_pair("client_assertion_type", JWT_BEARER)
                        .append_pair("client_assertion", assertion.expose())
                        .finish(),
                );
                let request = Request::new(Method::POST, &url).header("accept", "application/json");
                Ok(request.time_limit(TIME_LIMIT).body("application/x-www-form-urlencoded", form.as_bytes()))
            },
            |status, told| refusal::refused(world, (status, told), target, audience),
        )
        .await?;
        let (token, life) = answers::read(world, &body)?;
        let expires = super::whole_seconds(self.system.clock.now() + SignedDuration::from_secs(life));
        let app = App { tenant: &target.tenant, client_id: &target.client_id };
        claims::check(world, &token, (app, audience), expires)?;
        Ok(AzureToken { audience: audience.to_owned(), token, expires })
    }

    /// The JWT, dated a few seconds back.
    fn assertion(&self, order: &MintOrder, target: &AzureTarget) -> Result<Secret<String>, ProviderError> {
        let now = self.system.clock.now();
        let issued = now.as_second() - BACK;
        let times = [
            ("iat".to_owned(), json!(issued)),
            ("nbf".to_owned(), json!(issued)),
            ("exp".to_owned(), json!(issued + TOKEN_LIFE)),
        ];
        let until = now + SignedDuration::from_secs(TOKEN_LIFE);
        let audience = target.authority.exchange_audience();
        self.tokens.token(order, audience, (now, until, &self.system.entropy.token()), times)
    }
}

/// The audiences of the scope, else those of the role.
fn audiences<'a>(order: &'a MintOrder, target: &'a AzureTarget) -> Result<&'a Audiences, ProviderError> {
    let Some(scope) = &order.scope else { return Ok(&target.audiences) };
    let audiences = scope.as_azure().ok_or_else(super::scope_of_another_cloud)?.audiences();
    if audiences.is_within(&target.audiences) { Ok(audiences) } else { Err(super::scope_of_another_cloud()) }
}

#[async_trait]
impl Provider for AzureProvider {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        let target = order.target.as_azure().ok_or_else(|| ProviderError {
            message: "the role does not open [azure]".to_owned(),
            hint: None,
            passing: false,
        })?;
        let end = super::whole_seconds(order.grant_until);
        check_left(target, end, self.system.clock.now())?;
        let mut tokens = Vec::new();
        for audience in audiences(order, target)?.names() {
            let token = self.token(order, target, audience).await?;
            if !target.overrun && token.expires > end + SignedDuration::from_secs(MAX_SKEW) {
                return Err(outlives(&token, end));
            }
            tokens.push(token);
        }
        let first = tokens.iter().map(|token| token.expires).min().unwrap_or(end);
        let credentials = AzureCredentials {
            tokens,
            tenant: target.tenant.clone(),
            client_id: target.client_id.clone(),
            authority: target.authority.clone(),
            overrun: target.overrun,
        };
        Ok(MintedCredentials { credentials: credentials.into(), expires: first.min(end) })
    }
}

/// Refuses a mint whose token could outlive the grant, unless the role accepts that. The answer's own life is checked
/// again. A minute is allowed for: a grant of exactly the shortest length begins with its first mint.
fn check_left(target: &AzureTarget, end: Timestamp, now: Timestamp) -> Result<(), ProviderError> {
    let left = end.duration_since(now).as_secs();
    if left < 1 {
        return Err(super::no_time_left());
    }
    let needed = target.shortest_grant().map_or(0, |span| i64::try_from(span.seconds()).unwrap_or(i64::MAX));
    if left + MAX_SKEW >= needed {
        return Ok(());
    }
    let left =
        u64::try_from(left).ok().and_then(Span::of_seconds).map_or_else(String::new, |span| span.to_string());
    Err(ProviderError {
        message: format!(
            "{left} of the access are left, and a token of Entra lives up to {LONGEST_LIFE}: none is asked for that could outlive it"
        ),
        hint: Some(
            "tokens handed out before work until they expire; `jit extend` or a new request gives more time, and a role with overrun = \
             \"accept\" gives tokens until its end"
                .to_owned(),
        ),
        passing: false,
    })
}

/// The error of a token that lives on after its grant, against the role's word. It is dropped here.
fn outlives(token: &AzureToken, end: Timestamp) -> ProviderError {
    let over = token.expires.duration_since(end).as_secs();
    ProviderError {
        message: format!(
            "Entra's token for {} would outlive the access by {over} seconds, and was thrown away",
            token.audience
        ),
        hint: Some("ask for more time, or for overrun = \"accept\" in the role's file".to_owned()),
        passing: false,
    }
}

#[cfg(test)]
mod tests;
