//! OpenBao and HashiCorp Vault: our JWT signs in to a role of JWT authentication, and the token that results makes a child that
//! ends exactly when the lease does.
//!
//! Invariant: the token of the sign-in never leaves the authority. A child cannot be renewed, and its policies are at most those of
//! the role. Tokens of access that ended early are revoked by their accessors. Source: OpenBao's API documentation of `auth/jwt` and `auth/token`, tried with OpenBao 2.7.

mod answers;
mod identify;
mod refusal;
mod taking_back;
pub mod trust;

use async_trait::async_trait;
use http::Method;
use jiff::SignedDuration;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use super::Deny;
use super::Denying;
use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::exchange;
use super::exchange::TIME_LIMIT;
use super::exchange::World;
use super::tokens::TOKEN_LIFE;
use super::tokens::Tokens;
use crate::grant::cloud::vault::Policies;
use crate::grant::cloud::vault::VaultCredentials;
use crate::grant::cloud::vault::VaultTarget;
use crate::secret::Secret;
use crate::system::System;
use crate::system::http::Request;
use answers::Login;
pub use identify::belongs_to;
pub use identify::identify;
pub use identify::misfit;
pub use identify::of_environment;
pub use identify::revoke;
use refusal::Call;

/// Mints tokens of OpenBao and Vault servers.
pub struct VaultProvider {
    tokens: Tokens,
    system: System,
}

impl VaultProvider {
    /// A provider that signs in with these tokens.
    pub fn new(tokens: Tokens, system: &System) -> Self {
        Self { tokens, system: system.clone() }
    }

    fn world<'a>(&'a self, service: &'a str) -> World<'a> {
        World::of(&self.system, self.tokens.voucher(), service)
    }

    /// The JWT of an order.
    fn jwt(&self, order: &MintOrder, target: &VaultTarget) -> Result<Secret<String>, ProviderError> {
        let now = self.system.clock.now();
        let until = now + SignedDuration::from_secs(TOKEN_LIFE);
        self.tokens.token(order, target.audience(), (now, until, &self.system.entropy.token()), [])
    }

    /// Signs in: our JWT for a token of the server (`auth/<mount>/login`).
    async fn sign_in(
        &self,
        target: &VaultTarget,
        world: World<'_>,
        mut jwt: impl FnMut() -> Result<Secret<String>, ProviderError> + Send,
    ) -> Result<Login, ProviderError> {
        let url = format!("{}/v1/auth/{}/login", target.address, target.mount);
        let body = exchange::call(
            world,
            || {
                let form = json!({ "role": target.role, "jwt": jwt()?.expose() });
                Ok(post(&url, target.namespace.as_deref(), None, &form))
            },
            |status, told| refusal::refused(world, Call::SignIn, (status, told), target),
        )
        .await?;
        answers::read_login(world, &body)
    }

    /// Makes the token that the requester gets (`auth/token/create`): a child that expires by itself.
    async fn make_child(
        &self,
        order: &MintOrder,
        target: &VaultTarget,
        (parent, seconds): (&Login, i64),
        world: World<'_>,
    ) -> Result<Login, ProviderError> {
        let policies = policies_of(order, target)?;
        let form = child(order, policies, seconds);
        let url = format!("{}/v1/auth/token/create", target.address);
        let body = exchange::call(
            world,
            || Ok(post(&url, target.namespace.as_deref(), Some(&parent.token), &form)),
            |status, told| refusal::refused(world, Call::Child, (status, told), target),
        )
        .await?;
        let child = answers::read_login(world, &body)?;
        answers::check_child(world, &child, policies)?;
        Ok(child)
    }
}

#[async_trait]
impl Provider for VaultProvider {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        let target = order.target.as_vault().ok_or_else(|| ProviderError {
            message: "the role does not open [vault]".to_owned(),
            hint: None,
            passing: false,
        })?;
        let service = service(&target.address);
        let world = self.world(&service);
        let end = super::whole_seconds(order.until.min(order.grant_until));
        let parent = self.sign_in(target, world, || self.jwt(order, target)).await?;
        answers::check_parent(world, &parent, target)?;
        let now = self.system.clock.now();
        let wanted = end.duration_since(now).as_secs();
        let seconds = wanted.min(parent.seconds);
        if seconds < 1 {
            return Err(super::no_time_left());
        }
        let child = match self.make_child(order, target, (&parent, seconds), world).await {
            Ok(child) => child,
            Err(error) => {
                // Nobody has the first token. Taking it back leaves nothing behind at the server.
                let _ =
                    identify::revoke_self(world, &target.address, target.namespace.as_deref(), &parent.token)
                        .await;
                return Err(error);
            }
        };
        let given = seconds.min(child.seconds);
        say_shortened(order, target, (wanted, given));
        let expires = now.checked_add(SignedDuration::from_secs(given)).unwrap_or(end).min(end);
        let credentials = VaultCredentials {
            token: child.token,
            accessor: child.accessor,
            address: target.address.clone(),
            namespace: target.namespace.clone(),
            mount: target.mount.clone(),
            role: target.role.clone(),
        };
        accept(credentials, expires, self.system.clock.now(), world)
    }

    async fn deny(&self, order: &Deny) -> Result<Denying, ProviderError> {
        self.take_back(order).await
    }
}

/// Tells the authority's administrator that a server gives tokens for less time than the lease: the child ends with its parent, and
/// `token_ttl` of the server's role ends that one.
fn say_shortened(order: &MintOrder, target: &VaultTarget, (wanted, given): (i64, i64)) {
    if given < wanted {
        tracing::warn!(
            role = %order.role,
            request = %order.request,
            wanted_seconds = wanted,
            given_seconds = given,
            "{} gives tokens for less time than the lease, so they are replaced earlier: set token_ttl on auth/{}/role/{} to the lease",
            service(&target.address),
            target.mount,
            target.role
        );
    }
}

fn accept(
    credentials: VaultCredentials,
    expires: Timestamp,
    now: Timestamp,
    world: World<'_>,
) -> Result<MintedCredentials, ProviderError> {
    if expires <= now {
        return Err(ProviderError {
            message: format!("{} answered with a token that has already expired", world.service),
            hint: Some(format!(
                "check {} clock, and `token_ttl` of the server's role",
                world.voucher.whose()
            )),
            passing: false,
        });
    }
    Ok(MintedCredentials { credentials: credentials.into(), expires })
}

/// The policies of the child: those of the scope, else those of the role. `None` for all that the sign-in gives.
fn policies_of<'a>(
    order: &'a MintOrder,
    target: &'a VaultTarget,
) -> Result<Option<&'a Policies>, ProviderError> {
    let Some(scope) = &order.scope else { return Ok(target.policies.as_ref()) };
    let scope = scope.as_vault().ok_or_else(super::scope_of_another_cloud)?;
    Ok(Some(scope.policies()))
}

/// The body of `auth/token/create`. `explicit_max_ttl` ends the token for good, whoever renews it. An empty list of policies would
/// mean all of the parent's, so the member is left out then. The metadata stands in the server's audit log.
fn child(order: &MintOrder, policies: Option<&Policies>, seconds: i64) -> Value {
    let life = format!("{seconds}s");
    let mut form = json!({
        "ttl": life,
        "explicit_max_ttl": life,
        "renewable": false,
        "type": "service",
        "display_name": format!("jit-{}", order.request.as_str()),
        "meta": {
            "jit_request": order.request.as_str(),
            "jit_person": order.person.as_str(),
            "jit_role": order.role.as_str(),
        },
    });
    if let Some(policies) = policies {
        form["policies"] = json!(policies.names());
    }
    form
}

/// The server, as the subject of a sentence.
fn service(address: &str) -> String {
    format!("the server {address}")
}

/// A call with a body in JSON. `X-Vault-Request` marks it as one of an API client, which agents demand (Vault's API overview).
fn post(url: &str, namespace: Option<&str>, token: Option<&Secret<String>>, form: &Value) -> Request {
    let body = Zeroizing::new(form.to_string());
    dress(Request::new(Method::POST, url).body("application/json", body.as_bytes()), namespace, token)
}

/// Adds the headers of every call.
fn dress(request: Request, namespace: Option<&str>, token: Option<&Secret<String>>) -> Request {
    let request = request.header("x-vault-request", "true").time_limit(TIME_LIMIT);
    let request = match namespace {
        Some(namespace) => request.header("x-vault-namespace", namespace),
        None => request,
    };
    match token {
        Some(token) => request.header("x-vault-token", token.expose().as_str()),
        None => request,
    }
}

#[cfg(test)]
mod tests;
