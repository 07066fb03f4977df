//! Exchanges a GitHub App's key for a token with one permission in one repository, for an hour.

use http::Method;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::encode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use super::Slug;
use crate::secret::Secret;
use crate::system::System;

/// How far an app's JWT is backdated, in seconds, because clocks differ.
const BEFORE: i64 = 60;
/// How long it is valid, in seconds. GitHub accepts at most ten minutes from its issue time.
const LIFE: i64 = 300;

#[derive(Deserialize)]
struct Installation {
    id: u64,
}

#[derive(Deserialize)]
struct Granted {
    token: Secret<String>,
}

/// A token of the app's installation, for this repository only: it writes the log, and reads what a run decides on. What
/// it reads counts against the app's own limit, and not against that of all jobs of the repository.
///
/// # Errors
/// The key is invalid, the app is not installed there, or GitHub does not answer.
pub async fn writer(
    api: &str,
    slug: &Slug,
    app: u64,
    key: &Secret<String>,
    system: &System,
) -> Result<Secret<String>, GitHubError> {
    let permissions = json!({ "actions": "read", "contents": "write", "pull_requests": "read" });
    token(api, slug, app, key, &permissions, system).await
}

/// A token of the app's installation that may make requests in this repository: create a branch, open a pull request,
/// start the workflow.
///
/// # Errors
/// The key is invalid, the app is not installed there or has fewer permissions, or GitHub does not answer.
pub async fn asker(
    api: &str,
    slug: &Slug,
    app: u64,
    key: &Secret<String>,
    system: &System,
) -> Result<Secret<String>, GitHubError> {
    let permissions = json!({ "actions": "write", "contents": "write", "pull_requests": "write" });
    token(api, slug, app, key, &permissions, system).await
}

async fn token(
    api: &str,
    slug: &Slug,
    app: u64,
    key: &Secret<String>,
    permissions: &Value,
    system: &System,
) -> Result<Secret<String>, GitHubError> {
    let jwt = jwt(app, key, system)?;
    let github = GitHub::new(api, slug.clone(), jwt, system)?;
    let installation: Installation = github.get(&github.path("/installation")).await?;
    let path = format!("/app/installations/{}/access_tokens", installation.id);
    let body = json!({ "repositories": [slug.name], "permissions": permissions });
    let granted: Granted = github.write(Method::POST, &path, &body).await?;
    Ok(granted.token)
}

/// The token with which an app calls as itself, for five minutes.
pub(super) fn jwt(app: u64, key: &Secret<String>, system: &System) -> Result<Secret<String>, GitHubError> {
    sign(app, key, system.clock.now()).ok_or_else(|| GitHubError::Unreadable {
        asked: "the app's private key".to_owned(),
        cause: "it is not an RSA key in PEM".to_owned(),
    })
}

fn sign(app: u64, key: &Secret<String>, now: Timestamp) -> Option<Secret<String>> {
    let key = EncodingKey::from_rsa_pem(key.expose().as_bytes()).ok()?;
    let now = now.as_second();
    let claims = json!({ "iss": app.to_string(), "iat": now - BEFORE, "exp": now + LIFE });
    encode(&Header::new(Algorithm::RS256), &claims, &key).ok().map(Secret::new)
}
