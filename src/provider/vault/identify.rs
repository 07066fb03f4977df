//! Asks the server who a token is, compares it with the target, and takes a token back.

use http::Method;

use super::answers::Lookup;
use super::refusal;
use super::refusal::Call;
use super::service;
use crate::grant::Target;
use crate::grant::cloud::vault::VaultCredentials;
use crate::grant::cloud::vault::VaultTarget;
use crate::provider::CallerIdentity;
use crate::provider::ProviderError;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::provider::token_file;
use crate::provider::voucher::Voucher;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::http::Request;

/// The beginning of the display name of jit's tokens, before the id of the request. The server puts `token-` before the name that the
/// maker of a token gives it.
const OWN: &str = "token-jit-";

/// Asks the server who this token is (`auth/token/lookup-self`).
///
/// # Errors
/// The server does not know the token, cannot be reached, or the token has another accessor than the authority named.
pub async fn identify(
    credentials: &VaultCredentials,
    system: &System,
) -> Result<CallerIdentity, ProviderError> {
    let service = service(&credentials.address);
    let world = world(system, &service);
    let target = target_of(credentials);
    let url = format!("{}/v1/auth/token/lookup-self", credentials.address);
    let body = exchange::call(
        world,
        || {
            Ok(super::dress(
                Request::new(Method::GET, url.as_str()),
                target.namespace.as_deref(),
                Some(&credentials.token),
            ))
        },
        |status, told| refusal::refused(world, Call::Own, (status, told), &target),
    )
    .await?;
    let looked = exchange::read::<Lookup>(world, &body)?.data;
    if !credentials.accessor.is_empty() && looked.accessor != credentials.accessor {
        return Err(ProviderError {
            message: format!("{service} knows the token by another accessor than the one that came with it"),
            hint: Some("tell the broker's administrator".to_owned()),
            passing: false,
        });
    }
    let person = looked.meta.as_ref().and_then(|meta| meta.get("jit_person"));
    let who = match person {
        Some(person) => format!("{} of {person}", looked.display_name),
        None => looked.display_name,
    };
    Ok(CallerIdentity { place: credentials.place(), who })
}

/// Whether the server's word fits the target: it is the target's server, and the token was made by jit.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    identity.place == target.place() && identity.who.starts_with(OWN)
}

/// The difference between a token and this target. `None` if they match.
pub fn misfit(credentials: &VaultCredentials, target: &Target) -> Option<&'static str> {
    let Some(target) = target.as_vault() else {
        return Some("they are for another cloud than the requested one");
    };
    if credentials.address != target.address || credentials.namespace != target.namespace {
        return Some("they are for another server than the requested one");
    }
    if credentials.role != target.role || credentials.mount != target.mount {
        return Some("they are for another role than the requested one");
    }
    None
}

/// Takes a token back (`auth/token/revoke-self`). A token that the server does not know any more is taken back already.
///
/// # Errors
/// The server cannot be reached, or the token may not revoke itself.
pub async fn revoke(credentials: &VaultCredentials, system: &System) -> Result<(), ProviderError> {
    let service = service(&credentials.address);
    let namespace = credentials.namespace.as_deref();
    revoke_self(world(system, &service), &credentials.address, namespace, &credentials.token).await
}

pub(super) async fn revoke_self(
    world: World<'_>,
    address: &str,
    namespace: Option<&str>,
    token: &Secret<String>,
) -> Result<(), ProviderError> {
    let url = format!("{address}/v1/auth/token/revoke-self");
    let target = bare(address, namespace);
    let answer = exchange::call(
        world,
        || Ok(super::post(&url, namespace, Some(token), &serde_json::json!({}))),
        |status, told| refusal::refused(world, Call::Own, (status, told), &target),
    );
    answer.await.map(|_| ())
}

fn world<'a>(system: &'a System, service: &'a str) -> World<'a> {
    World::of(system, Voucher::Person, service)
}

fn target_of(credentials: &VaultCredentials) -> VaultTarget {
    let mut target = bare(&credentials.address, credentials.namespace.as_deref());
    target.role.clone_from(&credentials.role);
    target.mount.clone_from(&credentials.mount);
    target
}

fn bare(address: &str, namespace: Option<&str>) -> VaultTarget {
    VaultTarget {
        address: address.to_owned(),
        role: "ROLE".to_owned(),
        mount: crate::grant::cloud::vault::DEFAULT_MOUNT.to_owned(),
        namespace: namespace.map(str::to_owned),
        policies: None,
        audience: None,
    }
}

/// The token that a command under `jit exec` finds in its environment, or in the file that its environment names. `None` if there is
/// none.
pub fn of_environment(environment: &Environment) -> Option<VaultCredentials> {
    let either =
        |names: [&str; 2]| names.into_iter().find_map(|name| environment.get(name)).map(str::to_owned);
    let token = token_file::found(
        environment,
        &["VAULT_TOKEN", "BAO_TOKEN"],
        &["VAULT_TOKEN_FILE", "BAO_TOKEN_FILE"],
    )?;
    let address = either(["VAULT_ADDR", "BAO_ADDR"])?;
    Some(VaultCredentials {
        token,
        accessor: String::new(),
        address: address.trim_end_matches('/').to_owned(),
        namespace: either(["VAULT_NAMESPACE", "BAO_NAMESPACE"]),
        mount: String::new(),
        role: String::new(),
    })
}
