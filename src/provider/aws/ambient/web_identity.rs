//! A role opened by a token in a file, which something else keeps fresh: IAM roles for service accounts on EKS, and profiles
//! with `web_identity_token_file`.

use std::path::Path;

use super::Found;
use super::OwnPlace;
use super::Source;
use super::kept_until;
use super::refuse;
use super::world;
use crate::grant::cloud::aws::RoleArn;
use crate::grant::text::sanitise;
use crate::provider::ProviderError;
use crate::provider::aws::answers;
use crate::provider::aws::check_session;
use crate::provider::aws::naming::fit_session_name;
use crate::provider::aws::refusal;
use crate::provider::aws::signing::Keys;
use crate::provider::aws::wire;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::files;

/// The name of sessions for which the operator names none.
pub(super) const SESSION: &str = "jit-broker";

/// The largest token that STS takes, in bytes (`AssumeRoleWithWebIdentity`).
const MAX_TOKEN: usize = 20_000;

/// A token file and the role that it opens.
pub(super) struct Given {
    pub(super) token_file: String,
    pub(super) role_arn: String,
    pub(super) session_name: Option<String>,
    pub(super) source: String,
}

/// The token file that the environment names. `None` if it names none.
///
/// # Errors
/// It names one and no role.
pub(super) fn of_environment(environment: &Environment) -> Result<Option<Given>, ProviderError> {
    let Some(token_file) = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE") else { return Ok(None) };
    let Some(role_arn) = environment.get("AWS_ROLE_ARN") else {
        return Err(refuse(
            "the broker's environment has AWS_WEB_IDENTITY_TOKEN_FILE and no AWS_ROLE_ARN".to_owned(),
            "set both: on EKS the annotation eks.amazonaws.com/role-arn of the service account does",
        ));
    };
    Ok(Some(Given {
        token_file: token_file.to_owned(),
        role_arn: role_arn.to_owned(),
        session_name: environment.get("AWS_ROLE_SESSION_NAME").map(str::to_owned),
        source: "AWS_WEB_IDENTITY_TOKEN_FILE".to_owned(),
    }))
}

/// Exchanges the token for a session of the role, at the place of the operator's choice: a token would open the role for
/// whoever gets it.
///
/// # Errors
/// The file cannot be read, or STS refuses.
pub(super) async fn fetch(system: &System, place: &OwnPlace, given: &Given) -> Result<Found, ProviderError> {
    let source = Source(given.source.clone());
    let role: RoleArn = given
        .role_arn
        .parse()
        .map_err(|error| refuse(sanitise(&format!("{}: {error}", given.source)), "check AWS_ROLE_ARN"))?;
    let session = fit_session_name(given.session_name.as_deref().unwrap_or(SESSION));
    let answer = wire::call(&world(system), || {
        // Read at each try: the program that keeps the file fresh may have written it meanwhile.
        let token = token(given)?;
        let parameters = [
            ("RoleArn", role.as_str()),
            ("RoleSessionName", session.as_str()),
            ("WebIdentityToken", token.expose()),
        ];
        Ok(wire::post(&place.url, &wire::form("AssumeRoleWithWebIdentity", &parameters)))
    })
    .await
    .map_err(|error| ProviderError {
        message: format!(
            "the broker's own role {role} was not opened by {}: {}",
            given.source, error.message
        ),
        ..error
    })?;
    let minted = answers::read_minted(&answer).ok_or_else(|| refusal::unreadable(answer.len()).error)?;
    check_session(&minted, &role, &format!("the broker's own role {role}"))?;
    let expires = minted.expiration;
    let keys = Keys {
        access_key_id: minted.access_key_id,
        secret_access_key: minted.secret_access_key,
        session_token: Some(minted.session_token),
    };
    Ok(Found { keys, expires: Some(expires), kept: kept_until(expires), source })
}

fn token(given: &Given) -> Result<Secret<String>, ProviderError> {
    let path = &given.token_file;
    let unfit = |why: &str| {
        refuse(
            sanitise(&format!("the token file {path} cannot be used: {why}")),
            "see that the broker's user may read it, and that it is the file of a projected service account token",
        )
    };
    let read = files::read_small(Path::new(path), MAX_TOKEN).map_err(|error| unfit(&error.to_string()))?;
    let text = String::from_utf8(read.content).map_err(|_| unfit("it is not text"))?;
    let token = text.trim();
    if token.is_empty() { Err(unfit("it is empty")) } else { Ok(Secret::from(token)) }
}
