//! A GitHub App that a person makes from a manifest in their browser (GitHub, "Registering a GitHub App from a manifest"), and its
//! installation.

use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use super::Slug;
use super::app;
use super::settings::segment;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Http;
use crate::system::System;
use crate::system::http::Request;

/// The longest name of a GitHub App, in characters.
const LONGEST_NAME: usize = 34;

/// The name of the app that writes the log of a repository. The person can change it on GitHub's page, and must if it is taken.
pub fn name_for(repository: &str) -> String {
    format!("jit-log-{repository}").chars().take(LONGEST_NAME).collect()
}

/// The manifest of the app that writes a repository's log. It has no webhook, and nobody else may install it. `home` is the
/// repository's page.
pub fn manifest(repository: &str, home: &str, redirect: &str) -> Value {
    json!({
        "name": name_for(repository),
        "url": home,
        // GitHub wants an address even for a hook that it never calls.
        "hook_attributes": { "url": home, "active": false },
        "redirect_url": redirect,
        "description": format!("Writes the log of {repository}, for jit"),
        "public": false,
        "default_events": [],
        "default_permissions": {
            "actions": "read",
            "contents": "write",
            "metadata": "read",
            "pull_requests": "read",
        },
    })
}

/// A new app. Its key is shown this once.
#[derive(Debug, Deserialize)]
pub struct NewApp {
    /// Its id.
    pub id: u64,
    /// Its name in URLs.
    pub slug: String,
    /// Its private key, in PEM.
    pub pem: Secret<String>,
}

/// Exchanges the code that the browser brought for the app ("Create a GitHub App from a manifest"). The code gives the private key,
/// so no message contains it.
///
/// # Errors
/// The code is unknown, used or older than an hour, or GitHub does not answer.
pub async fn convert(http: &Arc<dyn Http>, api: &str, code: &Secret<String>) -> Result<NewApp, GitHubError> {
    let url = format!("{}/app-manifests/{}/conversions", api.trim_end_matches('/'), segment(code.expose()));
    let request = Request::new(Method::POST, url)
        .header("accept", "application/vnd.github+json")
        .header("user-agent", concat!("jit/", env!("CARGO_PKG_VERSION")));
    let response = http.send(request).await?;
    let asked = "POST /app-manifests/…/conversions".to_owned();
    if response.status != 201 {
        let message = "it does not know the code of the new app".to_owned();
        return Err(GitHubError::Refused { status: response.status, asked, message });
    }
    // The cause may quote the answer, which holds the key.
    let unreadable = |_| GitHubError::Unreadable { asked, cause: "it describes no app".to_owned() };
    let app: NewApp = serde_json::from_slice(&response.body).map_err(unreadable)?;
    Ok(NewApp { slug: sanitise(&app.slug), ..app })
}

/// The installation of an app on a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Installed {
    /// `selected`, or `all` for every repository of the account.
    pub repository_selection: String,
}

/// The app's installation on a repository ("Get a repository installation for the authenticated app"). `None` if it is not installed
/// there.
///
/// # Errors
/// The key is not an RSA key, or GitHub does not answer.
pub async fn installation(
    api: &str,
    slug: &Slug,
    new: &NewApp,
    system: &System,
) -> Result<Option<Installed>, GitHubError> {
    let jwt = app::jwt(new.id, &new.pem, system)?;
    let github = GitHub::new(api, slug.clone(), jwt, system)?;
    match github.find(&github.path("/installation")).await {
        // A new app is not known everywhere at once.
        Err(error) if error.status() == Some(401) => Ok(None),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_whatever_the_repository_is_called() {
        assert_eq!(name_for("access"), "jit-log-access");
        assert_eq!(name_for(&"a".repeat(100)).len(), LONGEST_NAME);
    }
}
