//! The device flow (RFC 8628): a person enters a code on GitHub's own page, and the client receives a token.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::GitHubError;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Http;
use crate::system::http::Request;

/// The use of a token, which decides its scope (GitHub, "Scopes for OAuth apps").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenUse {
    /// It reads and writes private repositories.
    Repository,
    /// It only says whose account it is. The empty scope reads public facts.
    Account,
}

impl TokenUse {
    fn scope(self) -> &'static str {
        match self {
            Self::Repository => "repo",
            Self::Account => "",
        }
    }
}

/// The longest pause between two polls, in seconds.
const MOST: u64 = 60;

/// A device flow in progress.
pub struct Device {
    http: Arc<dyn Http>,
    web: String,
    client: String,
    code: Secret<String>,
    /// The code that the person enters.
    pub user_code: String,
    /// The address of the page where the person enters the code.
    pub address: String,
    /// The time limit of the whole flow.
    pub limit: Duration,
    /// The pause before each poll.
    pub interval: Duration,
}

/// The result of a poll.
pub enum Answer {
    /// The person has not decided yet.
    Pending,
    /// The person authorised it.
    Token(Secret<String>),
    /// The flow ended: the person refused, or the code expired.
    Over(String),
}

#[derive(Deserialize)]
struct Begun {
    device_code: Secret<String>,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    interval: u64,
}

/// The website that belongs to an API: github.com for its API, or the host itself for GitHub Enterprise Server.
pub fn web_of(api: &str) -> Option<String> {
    let url = url::Url::parse(api).ok()?;
    let host = url.host_str()?;
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let host = if url.path().trim_end_matches('/').is_empty() {
        host.strip_prefix("api.").unwrap_or(host)
    } else {
        host
    };
    Some(format!("{}://{host}{port}", url.scheme()))
}

impl Device {
    /// Starts the flow.
    ///
    /// # Errors
    /// GitHub does not answer, or does not know the app.
    pub async fn begin(
        http: &Arc<dyn Http>,
        api: &str,
        client: &str,
        purpose: TokenUse,
    ) -> Result<Self, GitHubError> {
        let web = web_of(api).ok_or_else(|| GitHubError::Address(sanitise(api)))?;
        let answer = post(
            http,
            &format!("{web}/login/device/code"),
            &[("client_id", client), ("scope", purpose.scope())],
        )
        .await?;
        let unreadable = || unreadable("POST /login/device/code", &answer);
        let begun: Begun = serde_json::from_value(answer.clone()).map_err(|_| unreadable())?;
        let shown = begun.user_code.chars().take(32).collect::<String>();
        // A page elsewhere would receive a code that gives access to the account.
        if !begun.verification_uri.starts_with(&format!("{web}/")) {
            return Err(unreadable());
        }
        Ok(Self {
            http: Arc::clone(http),
            web,
            client: client.to_owned(),
            code: begun.device_code,
            user_code: sanitise(&shown),
            address: sanitise(&begun.verification_uri),
            limit: Duration::from_secs(begun.expires_in.min(3600)),
            interval: Duration::from_secs(begun.interval.clamp(1, MOST)),
        })
    }

    /// Polls for the person's decision. Call it only after [`Device::interval`] has passed since the last poll.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn ask(&mut self) -> Result<Answer, GitHubError> {
        let fields = [
            ("client_id", self.client.as_str()),
            ("device_code", self.code.expose()),
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ];
        let answer = post(&self.http, &format!("{}/login/oauth/access_token", self.web), &fields).await?;
        if let Some(token) = answer.get("access_token").and_then(Value::as_str) {
            return Ok(Answer::Token(Secret::new(token.to_owned())));
        }
        // Errors come with status 200.
        Ok(match answer.get("error").and_then(Value::as_str) {
            Some("authorization_pending") => Answer::Pending,
            Some("slow_down") => {
                let wanted = answer.get("interval").and_then(Value::as_u64);
                let wanted = wanted.unwrap_or(self.interval.as_secs() + 5);
                self.interval = Duration::from_secs(wanted.clamp(1, MOST));
                Answer::Pending
            }
            Some("access_denied") => Answer::Over("it was refused on GitHub".to_owned()),
            Some("expired_token") => Answer::Over("nobody typed the code in time".to_owned()),
            Some("device_flow_disabled") => Answer::Over("the app's device flow is switched off".to_owned()),
            Some(other) => Answer::Over(format!("GitHub says {}", sanitise(other))),
            None => return Err(unreadable("POST /login/oauth/access_token", &answer)),
        })
    }
}

async fn post(http: &Arc<dyn Http>, url: &str, fields: &[(&str, &str)]) -> Result<Value, GitHubError> {
    // The serialiser must not be held across an await.
    let form = Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::new(http::Method::POST, url)
        .header("accept", "application/json")
        .header("user-agent", concat!("jit/", env!("CARGO_PKG_VERSION")))
        .body("application/x-www-form-urlencoded", form);
    let response = http.send(request).await?;
    let asked = format!("POST {}", url::Url::parse(url).map(|url| url.path().to_owned()).unwrap_or_default());
    if response.status != 200 {
        let message = "the device flow is not available there".to_owned();
        return Err(GitHubError::Refused { status: response.status, asked, message });
    }
    serde_json::from_slice(&response.body)
        .map_err(|_| GitHubError::Unreadable { asked, cause: "it is not JSON".to_owned() })
}

/// The answer may contain a token, so only the error that it names is shown.
fn unreadable(asked: &str, answer: &Value) -> GitHubError {
    let error = answer.get("error").and_then(Value::as_str).unwrap_or("something else than was expected");
    GitHubError::Unreadable { asked: asked.to_owned(), cause: sanitise(&format!("it says {error}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_an_api_elsewhere() {
        for (api, web) in [
            ("https://api.github.com", "https://github.com"),
            ("https://git.example.com/api/v3", "https://git.example.com"),
            ("https://api.acme.ghe.com", "https://acme.ghe.com"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(web_of(api).as_deref(), Some(web));
        }
        assert_eq!(web_of("nothing"), None);
    }
}
