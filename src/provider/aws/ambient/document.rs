//! The JSON with which container endpoints and the instance's metadata hand out credentials, and the call that fetches it.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Found;
use super::Source;
use super::kept_until;
use crate::grant::text::sanitise;
use crate::provider::ProviderError;
use crate::provider::aws::refusal;
use crate::provider::aws::signing::Keys;
use crate::secret::Secret;
use crate::system::System;
use crate::system::http::HttpError;
use crate::system::http::Request;
use crate::system::http::Response;

/// How often a source that is busy is asked.
const TRIES: u32 = 3;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest message of a source that is shown, in characters.
const SHOWN: usize = 200;

/// The credentials. Container endpoints have no `Code`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    code: Option<String>,
    message: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<Secret<String>>,
    token: Option<Secret<String>>,
    expiration: Option<String>,
}

/// An error of a source, in either spelling of the two that exist.
#[derive(Deserialize)]
struct Told {
    #[serde(alias = "Code")]
    code: Option<String>,
    #[serde(alias = "Message")]
    message: Option<String>,
}

/// Reads credentials from an answer of status 200. The error shows none of it: it may be a secret.
pub(super) fn read(response: Response, source: Source) -> Result<Found, ProviderError> {
    let body = Zeroizing::new(response.body);
    let refuse = |what: &str| ProviderError {
        message: format!("{} {what}", source.as_str()),
        hint: Some("check that nothing else answers at its address".to_owned()),
        passing: false,
    };
    let document: Document = serde_json::from_slice(&body)
        .map_err(|_| refuse(&format!("answered {} bytes that are no credentials", body.len())))?;
    if let Some(code) = document.code.as_deref().filter(|code| *code != "Success") {
        let why = document.message.map_or_else(String::new, |message| format!(": {}", short(&message)));
        return Err(refuse(&format!("gives no credentials ({}{why})", short(code))));
    }
    let printable = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    let parts = (document.access_key_id, document.secret_access_key, document.token, document.expiration);
    let (Some(id), Some(secret), Some(token), Some(expiration)) = parts else {
        return Err(refuse("answered without a key, a token or the time when they expire"));
    };
    if !(printable(&id) && printable(secret.expose()) && printable(token.expose())) {
        return Err(refuse("answered with keys that have other characters than keys have"));
    }
    let expires: Timestamp =
        expiration.parse().map_err(|_| refuse("answered with an end that is not a time"))?;
    let keys = Keys { access_key_id: id, secret_access_key: secret, session_token: Some(token) };
    Ok(Found { keys, expires: Some(expires), kept: kept_until(expires), source })
}

/// Sends a request, and again if the source is busy or breaks off. Redirects are never followed.
pub(super) async fn send(
    system: &System,
    source: &Source,
    request: &Request,
) -> Result<Response, Unanswered> {
    let mut tries = 1;
    loop {
        let outcome = system.http.send(request.clone()).await;
        let passing = match &outcome {
            Ok(response) => response.status >= 500 || response.status == 429,
            Err(error) => matches!(error, HttpError::Broken { .. } | HttpError::TimeOut { .. }),
        };
        if passing && tries < TRIES {
            tries += 1;
            system.clock.sleep(PAUSE).await;
            continue;
        }
        return match outcome {
            Ok(response) if response.status == 200 => Ok(response),
            Ok(response) => Err(Unanswered::Status(response.status, refused(source, &response))),
            Err(error) => Err(Unanswered::Network(error)),
        };
    }
}

/// Why there is no answer of status 200.
pub(super) enum Unanswered {
    /// The status, and the error for people.
    Status(u16, ProviderError),
    /// The network's error.
    Network(HttpError),
}

impl Unanswered {
    /// The error for people.
    pub(super) fn error(self, source: &Source) -> ProviderError {
        match self {
            Self::Status(_, error) => error,
            Self::Network(error) => ProviderError {
                message: format!(
                    "{} cannot be asked: {}",
                    source.as_str(),
                    refusal::redact(&error.to_string())
                ),
                hint: Some(
                    "try again in a moment; if it stays, look at it on the broker's machine".to_owned(),
                ),
                passing: !matches!(error, HttpError::TooLarge { .. }),
            },
        }
    }
}

fn refused(source: &Source, response: &Response) -> ProviderError {
    let status = response.status;
    let what = if (300..400).contains(&status) {
        "which is a redirect and is never followed".to_owned()
    } else {
        match serde_json::from_slice::<Told>(&response.body) {
            Ok(Told { code, message }) => {
                let parts: Vec<String> =
                    [code, message].into_iter().flatten().map(|part| short(&part)).collect();
                if parts.is_empty() { "without a reason".to_owned() } else { parts.join(": ") }
            }
            Err(_) => "without a reason that can be read".to_owned(),
        }
    };
    ProviderError {
        message: format!("{} answered HTTP {status}, {what}", source.as_str()),
        hint: Some("look at it on the broker's machine, and at what its own log says".to_owned()),
        passing: status >= 500 || status == 429,
    }
}

fn short(text: &str) -> String {
    sanitise(&refusal::redact(text)).chars().take(SHOWN).collect()
}
