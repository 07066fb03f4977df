//! Google Cloud: our JWT buys a federated token at Google's STS, which buys an access token of the service account.
//!
//! Invariant: the JWT and the federated token never leave the authority. An access token is asked for as long as the lease may last
//! and no longer. Source: Google's discovery documents `sts` v1 and `iamcredentials` v1. No live project has been seen.

mod answers;
mod console;
pub mod direct;
mod form;
mod identify;
pub mod pool;
mod refusal;
pub mod trust;

use async_trait::async_trait;
use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::json;

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
use crate::grant::cloud::gcp::GcpCredentials;
use crate::grant::cloud::gcp::GcpTarget;
use crate::grant::cloud::gcp_scope::Boundary;
use crate::grant::cloud::gcp_scope::OauthScopes;
use crate::secret::Secret;
use crate::system::System;
use crate::system::http::Request;
use answers::AccessToken;
pub use console::console;
pub use identify::belongs_to;
pub use identify::identify;
pub use identify::misfit;
pub use identify::of_environment;
use refusal::Call;

/// The longest life of an access token, in seconds, unless an organisation's policy lists the service account (IAM Credentials v1).
pub const MAX_LIFE: i64 = 3600;

/// How far back a JWT is dated, in seconds: STS allows no time of issue in the future.
const BACK: i64 = 5;

/// The seconds by which an access token is asked for shorter than the lease, since its life begins only when Google answers.
const ON_THE_WAY: i64 = 1;

/// The scope of every federated token: the one that `generateAccessToken` takes.
const FEDERATED_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// The scope by which Google says whose a token is (`tokeninfo`). It shows the service account's address and opens nothing else.
const EMAIL_SCOPE: &str = "https://www.googleapis.com/auth/userinfo.email";

/// Mints access tokens of service accounts.
pub struct GcpProvider {
    tokens: Tokens,
    system: System,
}

/// The limits of an access token: its OAuth scopes, and the access boundary if there is one.
struct Limits<'a> {
    scopes: &'a OauthScopes,
    boundary: Option<&'a Boundary>,
}

impl<'a> Limits<'a> {
    /// Those of the scope, else those of the role.
    fn of(order: &'a MintOrder, target: &'a GcpTarget) -> Result<Self, ProviderError> {
        let Some(scope) = &order.scope else { return Ok(Self { scopes: &target.scopes, boundary: None }) };
        let scope = scope.as_gcp().ok_or_else(super::scope_of_another_cloud)?;
        Ok(Self { scopes: scope.scopes().unwrap_or(&target.scopes), boundary: scope.boundary() })
    }
}

impl GcpProvider {
    /// A provider that buys with these tokens.
    pub fn new(tokens: Tokens, system: &System) -> Self {
        Self { tokens, system: system.clone() }
    }

    fn world<'a>(&'a self, service: &'a str) -> World<'a> {
        World::of(&self.system, self.tokens.voucher(), service)
    }

    /// Our JWT for a federated token (STS v1 `token`). No `Authorization` header: with one the call may fail.
    async fn federate(&self, order: &MintOrder, target: &GcpTarget) -> Result<Secret<String>, ProviderError> {
        let (url, service) = Place::Sts.of(target.endpoint.as_deref());
        let world = self.world(&service);
        let audience = format!("//iam.googleapis.com/{}", target.provider);
        let body = exchange::call(
            world,
            || {
                let token = self.jwt(order, target)?;
                let form = form::of(&[
                    ("grant_type", form::TOKEN_EXCHANGE),
                    ("audience", &audience),
                    ("scope", FEDERATED_SCOPE),
                    ("requested_token_type", form::ACCESS_TOKEN),
                    ("subject_token_type", form::JWT),
                    ("subject_token", token.expose()),
                ]);
                Ok(post(&url).body(form::CONTENT_TYPE, form.as_bytes()))
            },
            |status, told| refusal::refused(world, Call::Federate, (status, told), target),
        )
        .await?;
        answers::read_federated(world, &body)
    }

    /// The JWT, dated a few seconds back.
    fn jwt(&self, order: &MintOrder, target: &GcpTarget) -> Result<Secret<String>, ProviderError> {
        let now = self.system.clock.now();
        let until = now + SignedDuration::from_secs(TOKEN_LIFE);
        let issued = now.as_second() - BACK;
        let times = [("iat".to_owned(), json!(issued)), ("exp".to_owned(), json!(issued + TOKEN_LIFE))];
        self.tokens.token(order, &target.audience(), (now, until, &self.system.entropy.token()), times)
    }

    /// The federated token for an access token of the service account, until `end`.
    async fn impersonate(
        &self,
        target: &GcpTarget,
        federated: &Secret<String>,
        limits: (&OauthScopes, Timestamp),
    ) -> Result<AccessToken, ProviderError> {
        let (_, service) = Place::Credentials.of(target.endpoint.as_deref());
        impersonate(self.world(&service), Call::Impersonate, target, federated, limits).await
    }

    /// The access token for one that a boundary limits (STS v1 `token` with `options`).
    async fn narrow(
        &self,
        target: &GcpTarget,
        access: AccessToken,
        boundary: &Boundary,
    ) -> Result<AccessToken, ProviderError> {
        let (url, service) = Place::Sts.of(target.endpoint.as_deref());
        let world = self.world(&service);
        // Google's own client encodes the JSON and then the form.
        let options = form::encoded(&boundary.options());
        let body = exchange::call(
            world,
            || {
                let form = form::of(&[
                    ("grant_type", form::TOKEN_EXCHANGE),
                    ("requested_token_type", form::ACCESS_TOKEN),
                    ("subject_token_type", form::ACCESS_TOKEN),
                    ("subject_token", access.token.expose()),
                    ("options", &options),
                ]);
                Ok(post(&url).body(form::CONTENT_TYPE, form.as_bytes()))
            },
            |status, told| refusal::refused(world, Call::Narrow, (status, told), target),
        )
        .await?;
        let narrow = answers::read_narrowed(world, &body)?;
        if narrow.expose() == access.token.expose() {
            return Err(answers::not_narrowed(world));
        }
        Ok(AccessToken { token: narrow, expires: access.expires })
    }
}

/// A token that may act as the service account, for an access token of the account itself, until `end` (IAM Credentials v1
/// `generateAccessToken`).
async fn impersonate(
    world: World<'_>,
    call: Call,
    target: &GcpTarget,
    allowed: &Secret<String>,
    (scopes, end): (&OauthScopes, Timestamp),
) -> Result<AccessToken, ProviderError> {
    let (base, _) = Place::Credentials.of(target.endpoint.as_deref());
    let url = format!("{base}/v1/projects/-/serviceAccounts/{}:generateAccessToken", target.service_account);
    let scopes: Vec<String> = scopes.addresses().chain([EMAIL_SCOPE.to_owned()]).collect();
    let body = exchange::call(
        world,
        || {
            let left = end.duration_since(world.clock.now()).as_secs();
            if left < 1 {
                return Err(super::no_time_left());
            }
            let life = (left - ON_THE_WAY).clamp(1, MAX_LIFE);
            let order = json!({ "scope": scopes, "lifetime": format!("{life}s") });
            Ok(post(&url)
                .header("authorization", format!("Bearer {}", allowed.expose()))
                .body("application/json", order.to_string()))
        },
        |status, told| refusal::refused(world, call, (status, told), target),
    )
    .await?;
    let access = answers::read_access(world, &body)?;
    answers::check_life(world, &access, (world.clock.now(), end + SignedDuration::from_secs(MAX_SKEW)))?;
    Ok(access)
}

#[async_trait]
impl Provider for GcpProvider {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        let target = order.target.as_gcp().ok_or_else(|| ProviderError {
            message: "the role does not open [gcp]".to_owned(),
            hint: None,
            passing: false,
        })?;
        let end = super::whole_seconds(order.until.min(order.grant_until));
        if end <= self.system.clock.now() {
            return Err(super::no_time_left());
        }
        let limits = Limits::of(order, target)?;
        let federated = self.federate(order, target).await?;
        let mut access = self.impersonate(target, &federated, (limits.scopes, end)).await?;
        if let Some(boundary) = limits.boundary {
            access = self.narrow(target, access, boundary).await?;
        }
        let credentials = GcpCredentials {
            token: access.token,
            service_account: target.service_account.clone(),
            project: target.project.clone(),
            provider: target.provider.clone(),
            endpoint: target.endpoint.clone(),
            bounded: limits.boundary.is_some(),
        };
        Ok(MintedCredentials { credentials: credentials.into(), expires: access.expires.min(end) })
    }
}

/// The services that are called.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Exchanges tokens.
    Sts,
    /// Gives access tokens of service accounts.
    Credentials,
    /// Says whose a token is.
    TokenInfo,
}

impl Place {
    /// Its address, and its name as the subject of a sentence. The endpoint stands for all of them.
    fn of(self, endpoint: Option<&str>) -> (String, String) {
        let (host, path) = match self {
            Self::Sts => ("https://sts.googleapis.com", "/v1/token"),
            Self::Credentials => ("https://iamcredentials.googleapis.com", ""),
            Self::TokenInfo => ("https://oauth2.googleapis.com", "/tokeninfo"),
        };
        let base = endpoint.unwrap_or(host);
        let shown = base.split_once("://").map_or(base, |(_, name)| name);
        (format!("{base}{path}"), format!("Google's service {shown}"))
    }
}

fn post(url: &str) -> Request {
    Request::new(Method::POST, url).header("accept", "application/json").time_limit(TIME_LIMIT)
}

#[cfg(test)]
mod tests;
