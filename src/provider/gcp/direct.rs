//! Direct roles of Google Cloud: the person's own identity impersonates the service account (docs/trust.md, "Direct roles").
//!
//! gcloud prints a short-lived access token of that identity, as its reference says (`gcloud auth print-access-token`), so jit never sees
//! a refresh token or a key. The token is in no argument and no file.

use std::time::Duration;

use jiff::Timestamp;

use super::Place;
use super::impersonate;
use super::refusal::Call;
use crate::grant::cloud::gcp::GcpCredentials;
use crate::grant::cloud::gcp::GcpTarget;
use crate::grant::text::sanitise;
use crate::provider::MintedCredentials;
use crate::provider::ProviderError;
use crate::provider::exchange::World;
use crate::provider::redact::redact;
use crate::provider::redact::shorten;
use crate::provider::voucher::Voucher;
use crate::secret::Secret;
use crate::system::System;
use crate::system::processes::Command;

/// The time limit for gcloud, which starts slowly and may renew a token.
const PATIENCE: Duration = Duration::from_secs(30);

/// Google's command line. On Windows it is a script, which is found by its whole name only.
pub const PROGRAM: &str = if cfg!(windows) { "gcloud.cmd" } else { "gcloud" };

/// Variables by which gcloud would print another token than the person's own, such as that of the role of a surrounding `jit exec`.
const OTHERS: [&str; 8] = [
    "CLOUDSDK_AUTH_ACCESS_TOKEN",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE",
    "CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT",
    "GCE_METADATA_HOST",
    "GCE_METADATA_IP",
    "GCE_METADATA_ROOT",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// Makes an access token of the target's service account with the person's own identity: of gcloud itself, or its application default
/// credentials.
///
/// # Errors
/// gcloud has no such identity, or Google refused.
pub async fn assume(
    target: &GcpTarget,
    application_default: bool,
    until: Timestamp,
    system: &System,
) -> Result<MintedCredentials, ProviderError> {
    let own = own_token(application_default, system).await?;
    let (_, service) = Place::Credentials.of(target.endpoint.as_deref());
    let world = World::of(system, Voucher::Person, &service);
    let until = crate::provider::whole_seconds(until);
    let access = impersonate(world, Call::Direct, target, &own, (&target.scopes, until)).await?;
    let credentials = GcpCredentials {
        token: access.token,
        service_account: target.service_account.clone(),
        project: target.project.clone(),
        provider: String::new(),
        endpoint: target.endpoint.clone(),
        bounded: false,
    };
    Ok(MintedCredentials { credentials: credentials.into(), expires: access.expires.min(until) })
}

/// The access token that gcloud prints.
async fn own_token(application_default: bool, system: &System) -> Result<Secret<String>, ProviderError> {
    let (words, login): (&[&str], _) = if application_default {
        (
            &["auth", "application-default", "print-access-token", "--quiet"],
            "gcloud auth application-default login",
        )
    } else {
        (&["auth", "print-access-token", "--quiet"], "gcloud auth login")
    };
    let mut environment = system.environment.clone();
    OTHERS.iter().for_each(|name| environment.remove(name));
    let command =
        Command { program: PROGRAM.into(), arguments: words.iter().map(Into::into).collect(), environment };
    let fail = |message: String, hint: String| ProviderError { message, hint: Some(hint), passing: false };
    let output = system.processes.run_collected(&command, &[], PATIENCE).await.map_err(|error| {
        fail(
            format!("gcloud, which has your own Google identity, does not run: {error}"),
            format!("install Google's command line, then sign in: `{login}`"),
        )
    })?;
    let printed = Secret::new(output.stdout);
    if output.code != 0 {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = shorten(&redact(&sanitise(&said)), 200);
        return Err(fail(
            format!("gcloud gives no token of your own identity: {said}"),
            format!("sign in: `{login}`"),
        ));
    }
    let token = std::str::from_utf8(printed.expose()).unwrap_or_default().trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(fail(
            "gcloud printed something else than one token".to_owned(),
            format!("try `{login}`"),
        ));
    }
    Ok(Secret::from(token))
}
