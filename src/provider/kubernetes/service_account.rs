//! A service account's token, made by the API server for the broker (`TokenRequest`), and bound to a Secret that is named after the
//! request: without the Secret the token is worth nothing.

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::Asked;
use super::Call;
use super::KubernetesProvider;
use super::OwnTokens;
use super::ask;
use super::certificates_of;
use super::claims;
use super::identify::user_of;
use super::refusal;
use super::service;
use crate::grant::RequestId;
use crate::grant::cloud::kubernetes::KubernetesTarget;
use crate::grant::cloud::kubernetes::Way;
use crate::provider::MintOrder;
use crate::provider::ProviderError;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::provider::voucher::Voucher;
use crate::secret::Secret;
use crate::system::System;
use crate::system::files;

/// The shortest life of a token that an API server makes, in seconds (`TokenRequestSpec.expirationSeconds`).
pub(super) const SHORTEST: i64 = 600;

/// The beginning of the names of Secrets.
pub const SECRET_PREFIX: &str = "jit-";

#[derive(Deserialize)]
struct Answer {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Secret<String>,
    expiration_timestamp: Timestamp,
}

/// The name of the Secret of a request. Names in Kubernetes are in lower case.
pub fn secret_name(request: &RequestId) -> String {
    format!("{SECRET_PREFIX}{}", request.as_str().to_ascii_lowercase())
}

impl KubernetesProvider {
    /// Makes the Secret, and a token that is bound to it.
    pub(super) async fn ask_for_account(
        &self,
        order: &MintOrder,
        target: &KubernetesTarget,
        (namespace, name): (&str, &str),
    ) -> Result<(Secret<String>, Timestamp), ProviderError> {
        let service = service(&target.server);
        let world = World::of(&self.system, Voucher::Broker, &service);
        let end = crate::provider::whole_seconds(order.until.min(order.grant_until));
        let seconds = end.duration_since(self.system.clock.now()).as_secs();
        if seconds < 1 {
            return Err(crate::provider::no_time_left());
        }
        let own = own_token(&self.own, &target.server)?;
        let ca = certificates_of(target)?;
        let post = |path: String, body| Asked {
            method: Method::POST,
            url: format!("{}/api/v1/namespaces/{namespace}/{path}", target.server),
            ca: ca.as_deref(),
            token: &own,
            body: Some(body),
        };
        let secret = secret_name(&order.request);
        make_secret(world, &post("secrets".to_owned(), secret_of(order, &secret)), namespace).await?;
        let asked = post(
            format!("serviceaccounts/{name}/token"),
            json!({
                "apiVersion": "authentication.k8s.io/v1",
                "kind": "TokenRequest",
                "spec": {
                    "expirationSeconds": seconds.max(SHORTEST),
                    "boundObjectRef": { "apiVersion": "v1", "kind": "Secret", "name": secret },
                },
            }),
        );
        let place = format!("{namespace}/{name}");
        let body =
            ask(world, &asked, |status, told| refusal::refused(world, Call::Token, (status, told), &place))
                .await?;
        let made = exchange::read::<Answer>(world, &body)?.status;
        let is_named = claims::read(&made.token).is_some_and(|said| said.sub == user_of(namespace, name));
        if !is_named || made.expiration_timestamp <= self.system.clock.now() {
            return Err(ProviderError {
                message: format!("{service} answered with another token than the one that was asked for"),
                hint: Some(
                    "check the address: it does not behave like an API server of Kubernetes".to_owned(),
                ),
                passing: false,
            });
        }
        Ok((made.token, made.expiration_timestamp.min(end)))
    }
}

fn secret_of(order: &MintOrder, name: &str) -> serde_json::Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "labels": { "app.kubernetes.io/managed-by": "jit" },
            "annotations": {
                "jit-request": order.request.as_str(),
                "jit-person": order.person.as_str(),
                "jit-role": order.role.as_str(),
            },
        },
    })
}

/// Makes the Secret. One that is there already is of an earlier lease of the same request.
async fn make_secret(world: World<'_>, asked: &Asked<'_>, namespace: &str) -> Result<(), ProviderError> {
    let exists = std::sync::atomic::AtomicBool::new(false);
    let place = format!("make Secrets in the namespace {namespace}");
    let made = ask(world, asked, |status, told| {
        let refused = refusal::refused(world, Call::Secret, (status, told), &place);
        if status == 409 && told["reason"] == "AlreadyExists" {
            exists.store(true, std::sync::atomic::Ordering::Relaxed);
            return exchange::Refusal { again: false, ..refused };
        }
        refused
    })
    .await;
    match made {
        Err(_) if exists.into_inner() => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Deletes the Secret of a request, and so ends every token that is bound to it within the API server's cache time (ten seconds by
/// default, `--service-account-…` of `kube-apiserver`). A Secret that is gone is deleted already.
///
/// # Errors
/// The target is no service account, the broker has no token for the cluster, or the server refused or cannot be reached.
pub async fn end(
    request: &RequestId,
    target: &KubernetesTarget,
    own: &OwnTokens,
    system: &System,
) -> Result<(), ProviderError> {
    let Way::ServiceAccount { namespace, .. } = &target.way else { return Ok(()) };
    let service = service(&target.server);
    let world = World::of(system, Voucher::Broker, &service);
    let (own, ca) = (own_token(own, &target.server)?, certificates_of(target)?);
    let asked = Asked {
        method: Method::DELETE,
        url: format!("{}/api/v1/namespaces/{namespace}/secrets/{}", target.server, secret_name(request)),
        ca: ca.as_deref(),
        token: &own,
        body: None,
    };
    let gone = std::sync::atomic::AtomicBool::new(false);
    let place = format!("delete Secrets in the namespace {namespace}");
    let deleted = ask(world, &asked, |status, told| {
        if status == 404 && told["reason"] == "NotFound" {
            gone.store(true, std::sync::atomic::Ordering::Relaxed);
        }
        refusal::refused(world, Call::Delete, (status, told), &place)
    })
    .await;
    match deleted {
        Err(_) if gone.into_inner() => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Checks that each of the broker's own tokens can be read.
///
/// # Errors
/// A file is missing, cannot be read, or holds something else than one token.
pub fn check_own(own: &OwnTokens) -> Result<(), ProviderError> {
    own.keys().try_for_each(|server| own_token(own, server).map(|_| ()))
}

/// The broker's own token for a cluster. The file is read at each call, because Kubernetes renews it.
fn own_token(own: &OwnTokens, server: &str) -> Result<Secret<String>, ProviderError> {
    let fail = |message: String, hint: String| ProviderError { message, hint: Some(hint), passing: false };
    let path = own.get(server).ok_or_else(|| {
        fail(
            format!("the broker has no token of its own for the cluster {server}"),
            format!("the broker's operator names its file: `jit serve --kubernetes {server}=FILE`"),
        )
    })?;
    let unread = |why: &str| {
        fail(
            format!("the broker's own token for the cluster {server} cannot be read: {why}"),
            format!("the broker's operator checks {}", path.display()),
        )
    };
    let content = files::read(path).map_err(|error| unread(&error.to_string()))?;
    let content = content.map(Secret::new).ok_or_else(|| unread("there is no such file"))?;
    let text = std::str::from_utf8(content.expose()).map_err(|_| unread("it is not text"))?.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unread("it is not one token"));
    }
    Ok(Secret::new(text.to_owned()))
}
