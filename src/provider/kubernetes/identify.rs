//! Asks the API server who a token is, and compares it with the target.

use std::sync::Mutex;
use std::sync::PoisonError;

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Asked;
use super::Call;
use super::are_pinned;
use super::ask;
use super::claims;
use super::refusal;
use super::service;
use crate::grant::Target;
use crate::grant::cloud::kubernetes::KubernetesCredentials;
use crate::grant::cloud::kubernetes::SYSTEM;
use crate::grant::cloud::kubernetes::Way;
use crate::grant::text::sanitise;
use crate::provider::CallerIdentity;
use crate::provider::ProviderError;
use crate::provider::SUBJECT;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::provider::voucher::Voucher;
use crate::system::System;

/// The version of the API with the question who one is (`SelfSubjectReview`), from Kubernetes 1.28 on.
const VERSION: &str = "v1";

/// Its versions in Kubernetes 1.27 and 1.26, where an operator has switched them on.
const OLDER: [&str; 2] = ["v1beta1", "v1alpha1"];

#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    username: String,
    #[serde(default)]
    groups: Vec<String>,
}

/// Asks the API server who this token is.
///
/// A server that has the question in none of its versions refuses it by its authorization, or does not find it. It has accepted the
/// token by then, so the user is the one that the refusal names, or else the token's own subject.
///
/// # Errors
/// The server does not accept the token, cannot be reached, or its certificate is of another authority than the named ones.
pub async fn identify(
    credentials: &KubernetesCredentials,
    system: &System,
) -> Result<CallerIdentity, ProviderError> {
    let service = service(&credentials.server);
    let world = World::of(system, Voucher::Person, &service);
    let mut reviewed = review(world, credentials, VERSION).await?;
    for version in OLDER {
        // Authorization looks at no version: a server that forbids one forbids each.
        if !matches!(reviewed, Reviewed::Absent(_)) {
            break;
        }
        reviewed = review(world, credentials, version).await?;
    }
    let (who, groups) = match reviewed {
        Reviewed::Told(user) => (user.username, user.groups),
        Reviewed::Forbidden(Some(user), _) => (user, Vec::new()),
        Reviewed::Forbidden(None, error) | Reviewed::Absent(error) => {
            (claims::read(&credentials.token).ok_or(error)?.sub, Vec::new())
        }
    };
    if let Some(refusal) = refusal::not_ours(world, &who, &groups) {
        return Err(refusal.error);
    }
    Ok(CallerIdentity { place: credentials.place(), who: sanitise(&who) })
}

/// The answer to the question in one version.
enum Reviewed {
    /// The user that the server takes the token's bearer for.
    Told(UserInfo),
    /// The server's authorization refuses the question, and may name the user.
    Forbidden(Option<String>, ProviderError),
    /// The server does not have this version.
    Absent(ProviderError),
}

async fn review(
    world: World<'_>,
    credentials: &KubernetesCredentials,
    version: &str,
) -> Result<Reviewed, ProviderError> {
    let group = format!("authentication.k8s.io/{version}");
    let asked = Asked {
        method: Method::POST,
        url: format!("{}/apis/{group}/selfsubjectreviews", credentials.server),
        ca: credentials.ca.as_deref(),
        token: &credentials.token,
        body: Some(json!({ "apiVersion": group, "kind": "SelfSubjectReview" })),
    };
    let older: Mutex<Option<(u16, Option<String>)>> = Mutex::new(None);
    let answer = ask(world, &asked, |status, told| {
        if is_older(status, told) {
            let user = refusal::forbidden_user(told);
            *older.lock().unwrap_or_else(PoisonError::into_inner) = Some((status, user));
        }
        refusal::refused(world, Call::Review, (status, told), "")
    })
    .await;
    match (answer, older.into_inner().unwrap_or_else(PoisonError::into_inner)) {
        (Ok(body), _) => Ok(Reviewed::Told(exchange::read::<Review>(world, &body)?.status.user_info)),
        (Err(error), Some((404, _))) => Ok(Reviewed::Absent(error)),
        (Err(error), Some((_, user))) => Ok(Reviewed::Forbidden(user, error)),
        (Err(error), None) => Err(error),
    }
}

/// Whether a refusal is that of a server that does not know the question, or that lets nobody ask it.
fn is_older(status: u16, told: &Value) -> bool {
    told["kind"] == "Status"
        && matches!((status, told["reason"].as_str()), (403, Some("Forbidden")) | (404, Some("NotFound")))
}

/// Whether the server's word fits the target: a service account is the named one, and a token of the issuer is nobody of Kubernetes'
/// own. The cluster chooses how it names that user.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    let Some(cluster) = target.as_kubernetes() else { return false };
    let is_named = match &cluster.way {
        Way::Token { .. } => !identity.who.is_empty() && !identity.who.starts_with(SYSTEM),
        Way::ServiceAccount { namespace, name } => identity.who == user_of(namespace, name),
    };
    identity.place == target.place() && is_named
}

/// The difference between a token and this target, by its own claims. `None` if they match.
pub fn misfit(credentials: &KubernetesCredentials, target: &Target) -> Option<&'static str> {
    let Some(target) = target.as_kubernetes() else {
        return Some("they are for another cloud than the requested one");
    };
    if credentials.server != target.server {
        return Some("they are for another cluster than the requested one");
    }
    if !are_pinned(credentials.ca.as_deref(), target.ca.as_ref()) {
        return Some("they come with other certificates of the cluster than the requested ones");
    }
    let Some(said) = claims::read(&credentials.token) else { return Some("they are not a token") };
    let account = (credentials.namespace.as_deref(), credentials.service_account.as_deref());
    match &target.way {
        Way::Token { audience, groups } => {
            if account != (None, None) || !said.sub.starts_with(SUBJECT) {
                return Some("they are not a token of jit's issuer");
            }
            if !said.aud.are_only(audience) {
                return Some("they are for another audience than the requested one");
            }
            let is_within = said.groups.iter().all(|group| groups.names().contains(group));
            (!is_within).then_some("they name other groups than the requested ones")
        }
        Way::ServiceAccount { namespace, name } => {
            let is_named = account == (Some(namespace), Some(name)) && said.sub == user_of(namespace, name);
            (!is_named).then_some("they are another service account's than the requested one")
        }
    }
}

/// The user that a service account is (Kubernetes, "Service account tokens").
pub(super) fn user_of(namespace: &str, name: &str) -> String {
    format!("system:serviceaccount:{namespace}:{name}")
}
