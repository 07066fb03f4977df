//! Direct roles of Azure: the person's own access tokens, in one tenant and for the role's audiences alone
//! (docs/trust.md, "Direct roles").
//!
//! Entra has no impersonation, so nothing is elevated. The Azure CLI prints each token (`az account get-access-token`),
//! so jit never sees a refresh token. The form is that of azure-cli 2.54 and newer, which prints `expires_on`, and of
//! older ones, which do not. Source: azure-cli 2.91, `get_access_token`. No live tenant has been seen.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::Value;

use super::answers;
use super::claims::App;
use super::claims::Said;
use crate::grant::cloud::azure::Authority;
use crate::grant::cloud::azure::AzureCredentials;
use crate::grant::cloud::azure::AzureTarget;
use crate::grant::cloud::azure::AzureToken;
use crate::grant::text::sanitise;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::processes::Command;

/// The time limit for az, which starts slowly and may renew a token.
const PATIENCE: Duration = Duration::from_secs(60);

/// On Windows the Azure CLI is a script.
const PROGRAM: &str = if cfg!(windows) { "az.cmd" } else { "az" };

/// Names az's cloud, before its own settings (azure-cli: section `cloud`, option `name`).
const CLOUD: &str = "AZURE_CLOUD_NAME";

/// Variables by which az would ask the endpoint of a surrounding `jit exec` instead of the person's own identity.
const OTHERS: [&str; 4] = ["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET"];

/// The answer of `az account get-access-token`.
#[derive(Deserialize)]
struct Printed {
    #[serde(rename = "accessToken")]
    token: Secret<String>,
    /// Seconds of the epoch. Missing before azure-cli 2.54.
    expires_on: Option<Value>,
    /// The local time, without a zone.
    #[serde(rename = "expiresOn")]
    expires_local: Option<String>,
    tenant: Option<String>,
    #[serde(rename = "tokenType")]
    kind: Option<String>,
}

/// Gets an access token of the person's own for each of the target's audiences, or none. They are used until `until` at
/// most; a person who has one may use it until Entra's end.
///
/// # Errors
/// az does not run or has no such sign-in, or a token is for another tenant or audience, or has expired.
pub async fn assume(
    target: &AzureTarget,
    until: Timestamp,
    system: &System,
) -> Result<MintedCredentials, ProviderError> {
    let mut tokens = Vec::new();
    for audience in target.audiences.names() {
        tokens.push(own_token(target, audience, system).await?);
    }
    let first = tokens.iter().map(|token| token.expires).min().unwrap_or(until);
    let credentials = AzureCredentials {
        tokens,
        tenant: target.tenant.clone(),
        client_id: String::new(),
        authority: target.authority.clone(),
        overrun: false,
    };
    let until = crate::provider::whole_seconds(until);
    Ok(MintedCredentials { credentials: credentials.into(), expires: first.min(until) })
}

/// The token that az prints for one audience.
async fn own_token(
    target: &AzureTarget,
    audience: &str,
    system: &System,
) -> Result<AzureToken, ProviderError> {
    let tenant = &target.tenant;
    // An audience begins with a letter or digit, and so does a tenant: neither becomes another argument.
    let arguments =
        ["account", "get-access-token", "--tenant", tenant, "--resource", audience, "--output", "json"];
    let command = Command {
        program: PROGRAM.into(),
        arguments: arguments.into_iter().map(Into::into).collect(),
        environment: environment(target, &system.environment),
    };
    let output = system.processes.run_collected(&command, &[], PATIENCE).await.map_err(|error| {
        fail(
            format!("the Azure CLI `az`, which has your own identity, does not run: {error}"),
            format!("install the Azure CLI, then sign in: {}", sign_in(target)),
        )
    })?;
    let printed = Secret::new(output.stdout);
    if output.code != 0 {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = shorten(&redact(&sanitise(&said)), 300);
        return Err(fail(
            format!("az gives no token of your own for {audience} (exit code {}): {said}", output.code),
            format!("sign in: {}", sign_in(target)),
        ));
    }
    let printed: Printed =
        serde_json::from_slice(printed.expose()).map_err(|_| unlike("something else than a token"))?;
    read(target, audience, printed, system)
}

/// This process's environment, in which nothing leads az to another cloud or another identity.
fn environment(target: &AzureTarget, inherited: &Environment) -> Environment {
    let mut environment = inherited.clone();
    OTHERS.iter().for_each(|name| environment.remove(name));
    if let Some(cloud) = cloud(&target.authority) {
        environment.set(CLOUD, cloud);
    }
    environment
}

/// az's name for a cloud (`az cloud list`). `None` for what stands for Entra on this machine: az does not sign in there.
fn cloud(authority: &Authority) -> Option<&'static str> {
    match authority {
        Authority::Public => Some("AzureCloud"),
        Authority::UsGovernment => Some("AzureUSGovernment"),
        Authority::China => Some("AzureChinaCloud"),
        Authority::Loopback(_) => None,
    }
}

/// How a person signs in, for hints.
fn sign_in(target: &AzureTarget) -> String {
    let login = format!("`az login --tenant {}`", target.tenant);
    match cloud(&target.authority).filter(|_| target.authority != Authority::Public) {
        Some(cloud) => format!("`az cloud set --name {cloud}`, then {login}"),
        None => login,
    }
}

/// Checks what az printed. An opaque token says nothing of itself: az's word stands for it.
fn read(
    target: &AzureTarget,
    audience: &str,
    printed: Printed,
    system: &System,
) -> Result<AzureToken, ProviderError> {
    let Printed { token, expires_on, expires_local, tenant, kind } = printed;
    let is_bearer = kind.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    if !answers::is_token(&token) || !is_bearer {
        return Err(unlike("something else than a token"));
    }
    let said = Said::read(&token).map_err(|odd| unlike(&format!("a token for {audience} that {odd}")))?;
    let app = App { tenant: &target.tenant, client_id: "" };
    let whose = said.as_ref().and_then(|said| said.contradiction(app, audience));
    let whose = whose.or_else(|| tenant.filter(|told| *told != target.tenant).map(|_| "another tenant's"));
    if let Some(whose) = whose {
        return Err(fail(
            format!("az printed a token for {audience} that is {whose}"),
            format!("check `tenant` and `audiences` of the role in config.toml; then {}", sign_in(target)),
        ));
    }
    let epoch = expires_on.as_ref().and_then(answers::seconds);
    let expires = match (epoch, expires_local) {
        (Some(seconds), _) => Timestamp::from_second(seconds).ok(),
        (None, Some(text)) => local(&text, system),
        (None, None) => None,
    };
    let expires = expires.ok_or_else(|| unlike("a token without its end"))?;
    let expires = said.and_then(|said| said.end()).map_or(expires, |end| end.min(expires));
    if expires <= system.clock.now() {
        return Err(fail(
            format!("az printed a token for {audience} that has already expired"),
            format!("compare this machine's clock with the world's; then {}", sign_in(target)),
        ));
    }
    let expires = crate::provider::whole_seconds(expires);
    Ok(AzureToken { audience: audience.to_owned(), token, expires })
}

/// A time of this machine's zone, as Python writes it: `2026-11-23 11:00:00.000000`. Of two times with one name, the earlier.
fn local(text: &str, system: &System) -> Option<Timestamp> {
    let time: DateTime = text.parse().ok()?;
    system.zone.to_ambiguous_timestamp(time).compatible().ok()
}

fn unlike(what: &str) -> ProviderError {
    fail(
        format!("az printed {what}"),
        "check `az version`, and `az account get-access-token` by hand".to_owned(),
    )
}

fn fail(message: String, hint: String) -> ProviderError {
    ProviderError { message, hint: Some(hint), passing: false }
}
