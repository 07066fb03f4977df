//! Kubernetes: a JWT of our issuer that names groups, for an API server that trusts the issuer; or a token of a service account
//! that the API server makes for the broker.
//!
//! Invariant: the JWT names only groups of the role, ends with the lease, and lives for 15 minutes at most. A service account's token
//! is bound to a Secret of its request, so that deleting the Secret ends it. Source: Kubernetes' API reference
//! (`authentication.k8s.io/v1`) and `k8s.io/apiserver`.

mod claims;
pub mod direct;
mod identify;
mod refusal;
pub mod service_account;
pub mod terraform;
pub mod trust;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use http::Method;
use jiff::SignedDuration;
use serde_json::Value;
use serde_json::json;
use zeroize::Zeroizing;

use super::MintOrder;
use super::MintedCredentials;
use super::Provider;
use super::ProviderError;
use super::exchange;
use super::exchange::TIME_LIMIT;
use super::exchange::World;
use super::tokens::Tokens;
use crate::grant::cloud::certificates::Certificates;
use crate::grant::cloud::kubernetes::Groups;
use crate::grant::cloud::kubernetes::KubernetesCredentials;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::Way;
use crate::secret::Secret;
use crate::system::System;
use crate::system::http::Request;
pub use identify::belongs_to;
pub use identify::identify;
pub use identify::misfit;
use refusal::Call;

/// The longest life of a JWT for a cluster: nothing takes it back.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// The files with the broker's own tokens, by the API server's address. A token is sent to its own server and to no other.
pub type OwnTokens = BTreeMap<String, PathBuf>;

/// Mints tokens for clusters.
pub struct KubernetesProvider {
    tokens: Tokens,
    own: Arc<OwnTokens>,
    system: System,
}

impl KubernetesProvider {
    /// A provider that signs with these tokens' issuer, and asks for service accounts' tokens with its own tokens.
    pub fn new(tokens: Tokens, own: Arc<OwnTokens>, system: &System) -> Self {
        Self { tokens, own, system: system.clone() }
    }

    /// A token of our issuer with the role's groups, or those of the scope.
    fn sign(
        &self,
        order: &MintOrder,
        (audience, all): (&str, &Groups),
    ) -> Result<(Secret<String>, jiff::Timestamp), ProviderError> {
        if matches!(self.tokens, Tokens::Given(_)) {
            return Err(ProviderError {
                message: "this authority has no issuer of its own, so it signs no tokens for clusters"
                    .to_owned(),
                hint: Some("a role that opens [kubernetes] needs a broker: `jit serve`".to_owned()),
                passing: false,
            });
        }
        let groups = groups_of(order, all)?;
        let now = self.system.clock.now();
        let until = super::whole_seconds(order.until.min(order.grant_until).min(now + LONGEST));
        if until <= now {
            return Err(super::no_time_left());
        }
        let nonce = self.system.entropy.token();
        let claims = [("groups".to_owned(), json!(groups.names()))];
        Ok((self.tokens.token(order, audience, (now, until, &nonce), claims)?, until))
    }
}

#[async_trait]
impl Provider for KubernetesProvider {
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError> {
        let target = order.target.as_kubernetes().ok_or_else(|| ProviderError {
            message: "the role does not open [kubernetes]".to_owned(),
            hint: None,
            passing: false,
        })?;
        let ca = certificates_of(target)?;
        let ((token, expires), account) = match &target.way {
            Way::Token { audience, groups } => (self.sign(order, (audience, groups))?, None),
            Way::ServiceAccount { namespace, name } => {
                if order.scope.is_some() {
                    return Err(super::scope_of_another_cloud());
                }
                let minted = self.ask_for_account(order, target, (namespace, name)).await?;
                (minted, Some((namespace.clone(), name.clone())))
            }
        };
        let (namespace, service_account) = account.unzip();
        let server = target.server.clone();
        let credentials = KubernetesCredentials { token, server, ca, namespace, service_account };
        Ok(MintedCredentials { credentials: credentials.into(), expires })
    }
}

/// The groups of the token: those of the scope, else those of the role. A scope never has more than its role.
fn groups_of<'a>(order: &'a MintOrder, all: &'a Groups) -> Result<&'a Groups, ProviderError> {
    let Some(scope) = &order.scope else { return Ok(all) };
    let groups = scope.as_kubernetes().ok_or_else(super::scope_of_another_cloud)?.groups();
    if groups.is_within(all) {
        return Ok(groups);
    }
    Err(ProviderError {
        message: "the scope has groups that the role does not have".to_owned(),
        hint: Some("tell the broker's administrator".to_owned()),
        passing: false,
    })
}

/// The certificates of the target in PEM. A statement names only their digest; the policy has them.
fn certificates_of(target: &KubernetesTarget) -> Result<Option<String>, ProviderError> {
    let Some(ca) = &target.ca else { return Ok(None) };
    let pem = ca.pem().ok_or_else(|| ProviderError {
        message: "the certificates of the cluster are not at hand".to_owned(),
        hint: Some("tell the broker's administrator: the role's `ca` names them".to_owned()),
        passing: false,
    })?;
    Ok(Some(pem.to_owned()))
}

/// Whether these certificates are the ones that a target pins.
fn are_pinned(pem: Option<&str>, pin: Option<&Certificates>) -> bool {
    match (pem, pin) {
        (None, None) => true,
        (Some(pem), Some(pin)) => pin.digest() == crate::grant::Digest::of(pem.as_bytes()),
        _ => false,
    }
}

/// The cluster, as the subject of a sentence.
fn service(server: &str) -> String {
    format!("the cluster {server}")
}

/// A call of an API server: its address and path, the authorities of its certificate, and the caller's token.
struct Asked<'a> {
    method: Method,
    url: String,
    ca: Option<&'a str>,
    token: &'a Secret<String>,
    body: Option<Value>,
}

/// Makes a call. A certificate of another authority than the named ones gets a hint of its own.
async fn ask(
    world: World<'_>,
    asked: &Asked<'_>,
    refuse: impl Fn(u16, &Value) -> exchange::Refusal + Send + Sync,
) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
    let build = || {
        let bearer = Zeroizing::new(format!("Bearer {}", asked.token.expose()));
        let request = Request::new(asked.method.clone(), asked.url.as_str())
            .header("accept", "application/json")
            .header("authorization", bearer.as_str())
            .authorities(asked.ca)
            .time_limit(TIME_LIMIT);
        Ok(match &asked.body {
            Some(body) => request.body("application/json", body.to_string()),
            None => request,
        })
    };
    exchange::call(world, build, refuse).await.map_err(|error| {
        if error.message.contains("certificate") {
            let hint = "compare `ca` of the role with the cluster's: `kubectl config view --raw`";
            return ProviderError { hint: Some(hint.to_owned()), passing: false, ..error };
        }
        error
    })
}

#[cfg(test)]
mod tests;
