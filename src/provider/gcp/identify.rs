//! Asks Google whose a token is, and compares it with the target.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use super::Place;
use super::answers::TokenInfo;
use super::post;
use super::refusal;
use crate::address;
use crate::grant::Target;
use crate::grant::cloud::gcp::GcpCredentials;
use crate::grant::cloud::gcp::is_account;
use crate::grant::cloud::gcp::is_project;
use crate::provider::CallerIdentity;
use crate::provider::ProviderError;
use crate::provider::exchange;
use crate::provider::exchange::World;
use crate::provider::token_file;
use crate::provider::voucher::Voucher;
use crate::system::Environment;
use crate::system::System;

/// The variable in which a command under `jit exec` finds the service account of a token that an access boundary limits.
const BOUNDED_ACCOUNT: &str = "JIT_BOUNDED_ACCOUNT";

/// Asks Google whose this token is, by `tokeninfo`. The token travels in a header and never in a URL, as in Google's own client for
/// JavaScript (`OAuth2Client.getTokenInfo`).
///
/// Google says nothing of a token that an access boundary limits. The authority's word stands for it then, but only after Google was
/// asked: it would name the account of a token that no boundary limits.
///
/// # Errors
/// Google does not know the token, cannot be reached, or names another account.
pub async fn identify(
    credentials: &GcpCredentials,
    system: &System,
) -> Result<CallerIdentity, ProviderError> {
    let place = credentials.place();
    let (url, service) = Place::TokenInfo.of(credentials.endpoint.as_deref());
    let world = World::of(system, Voucher::Person, &service);
    let unknown = AtomicBool::new(false);
    let body = exchange::call(
        world,
        || {
            Ok(post(&url)
                .header("authorization", format!("Bearer {}", credentials.token.expose()))
                .body(super::form::CONTENT_TYPE, ""))
        },
        |status, told| {
            unknown.store(status == 400 && told["error"] == "invalid_token", Ordering::Relaxed);
            refusal::own(world, status, told)
        },
    )
    .await;
    if body.is_err() && credentials.bounded && unknown.load(Ordering::Relaxed) {
        return Ok(CallerIdentity { place, who: credentials.service_account.clone() });
    }
    let body = body?;
    let told: TokenInfo = exchange::read(world, &body)?;
    let who = told.email.ok_or_else(|| ProviderError {
        message: format!("{service} does not say whose the token is"),
        hint: Some("tell the broker's administrator".to_owned()),
        passing: false,
    })?;
    if !credentials.service_account.is_empty() && who != credentials.service_account {
        return Err(ProviderError {
            message: format!("the token is another account's than {}", credentials.service_account),
            hint: Some("tell the broker's administrator".to_owned()),
            passing: false,
        });
    }
    Ok(CallerIdentity { place, who })
}

/// Whether Google's word fits the target.
pub fn belongs_to(identity: &CallerIdentity, target: &Target) -> bool {
    target
        .as_gcp()
        .is_some_and(|target| identity.place == target.place() && identity.who == target.service_account)
}

/// The difference between a token and this target. `None` if they match.
pub fn misfit(credentials: &GcpCredentials, target: &Target) -> Option<&'static str> {
    let Some(target) = target.as_gcp() else {
        return Some("they are for another cloud than the requested one");
    };
    if credentials.project != target.project || credentials.endpoint != target.endpoint {
        return Some("they are for another project than the requested one");
    }
    if credentials.service_account != target.service_account || credentials.provider != target.provider {
        return Some("they are for another service account than the requested one");
    }
    None
}

/// The token that a command under `jit exec` finds in its environment, or in the file that its environment names. `None` if there is
/// none.
pub fn of_environment(environment: &Environment) -> Option<GcpCredentials> {
    let either = |names: [&str; 2]| names.into_iter().find_map(|name| environment.get(name));
    let token = token_file::found(
        environment,
        &["CLOUDSDK_AUTH_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"],
        &["CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"],
    )?;
    let bounded = environment.get(BOUNDED_ACCOUNT).filter(|account| is_account(account));
    let project =
        either(["CLOUDSDK_CORE_PROJECT", "GOOGLE_CLOUD_PROJECT"]).filter(|text| is_project(text))?;
    Some(GcpCredentials {
        token,
        service_account: bounded.unwrap_or_default().to_owned(),
        project: project.to_owned(),
        provider: String::new(),
        endpoint: on_this_machine(environment),
        bounded: bounded.is_some(),
    })
}

/// The address on this machine that stands for Google's, where `jit` has set one. Another address is not asked: it would get the token.
fn on_this_machine(environment: &Environment) -> Option<String> {
    let address = environment.get("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS")?.trim_end_matches('/');
    let url = url::Url::parse(address).ok()?;
    (url.scheme() == "http" && address::is_private(&url)).then(|| address.to_owned())
}
