//! The client side: how a named profile's `credential_process`, or an exec plugin, fetches credentials from the endpoint.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use http_body_util::Empty;
use http_body_util::Limited;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde::Serialize;

use crate::deliver::aws::document::Received;
use crate::deliver::aws::document::Told;
use crate::deliver::kubernetes::exec_credential;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::files;
use crate::system::loopback;

/// The time limit for the whole exchange.
const LIMIT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 64 * 1024;

/// A file in the private folder that describes where the endpoint serves one role.
#[derive(Serialize)]
pub struct Card<'a> {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The role's path.
    pub path: &'a str,
    /// The endpoint's token.
    pub token: &'a str,
}

#[derive(Deserialize)]
struct OwnedCard {
    port: u16,
    path: Secret<String>,
    token: Secret<String>,
}

/// Why there are no credentials. It fits on one line: the SDKs show it only when the process fails.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The file is missing or unreadable.
    #[error("the `jit exec` that this file belongs to is over")]
    Over,
    /// The file was not written by `jit`.
    #[error("this file does not say where a running `jit exec` serves credentials")]
    NotACard,
    /// The endpoint no longer listens, or its response broke off.
    #[error("the `jit exec` that this file belongs to does not answer: {0}")]
    Silent(String),
    /// The endpoint answered with an error.
    #[error("{0}")]
    Told(String),
}

impl FetchError {
    /// How to fix it. `None` if there is no advice.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Over | Self::Silent(_) => Some("start the command again with `jit exec`".to_owned()),
            Self::NotACard | Self::Told(_) => None,
        }
    }
}

/// The endpoint's document, by the kind of the role.
#[derive(Deserialize)]
#[serde(untagged)]
enum Fetched {
    Aws(Received),
    Kubernetes(exec_credential::Received),
}

/// [`fetch_for`] for a client that says nothing of what it expects.
///
/// # Errors
/// The command is over, or has no credentials.
pub async fn fetch(card: &Path, clock: &dyn Clock) -> Result<Secret<String>, FetchError> {
    fetch_for(card, clock, None).await
}

/// Fetches credentials from the endpoint that the file at `card` describes. Returns the JSON that `credential_process` prints, or an
/// exec plugin of Kubernetes, whose client says in `info` what it expects.
///
/// # Errors
/// The command is over, or has no credentials.
pub async fn fetch_for(
    card: &Path,
    clock: &dyn Clock,
    info: Option<&str>,
) -> Result<Secret<String>, FetchError> {
    let document = match fetched(card, clock).await? {
        Fetched::Aws(received) => received.to_process_document(),
        Fetched::Kubernetes(received) => received.to_document(clock.now(), info),
    };
    document.map_err(|error| broken(&error.to_string()))
}

/// Fetches a token for a cluster from the endpoint that the file at `card` describes.
///
/// # Errors
/// The command is over, or has no such token.
pub async fn fetch_token(card: &Path, clock: &dyn Clock) -> Result<Secret<String>, FetchError> {
    match fetched(card, clock).await? {
        Fetched::Kubernetes(received) => Ok(received.into_token()),
        Fetched::Aws(_) => Err(broken("it has no token for a cluster")),
    }
}

async fn fetched(card: &Path, clock: &dyn Clock) -> Result<Fetched, FetchError> {
    let content = match files::read(card) {
        Ok(Some(content)) => Secret::new(content),
        Ok(None) | Err(_) => return Err(FetchError::Over),
    };
    let card: OwnedCard = serde_json::from_slice(content.expose()).map_err(|_| FetchError::NotACard)?;
    let (status, body) = tokio::select! {
        answer = ask(&card) => answer?,
        () = clock.sleep(LIMIT) => return Err(FetchError::Silent("no answer in time".to_owned())),
    };
    if status == StatusCode::OK {
        return serde_json::from_slice(body.expose()).map_err(|_| broken("no credentials in it"));
    }
    let told: Told = serde_json::from_slice(body.expose()).map_err(|_| broken(status.as_str()))?;
    Err(FetchError::Told(sanitise(&told.message)))
}

async fn ask(card: &OwnedCard) -> Result<(StatusCode, Secret<Vec<u8>>), FetchError> {
    // Connects straight to loopback: a proxy from the environment must never see the token.
    let stream =
        loopback::connect(card.port, LIMIT).await.map_err(|error| FetchError::Silent(error.to_string()))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error.to_string()))?;
    let request = http::Request::get(card.path.expose())
        .header(http::header::HOST, format!("127.0.0.1:{}", card.port))
        .header(http::header::AUTHORIZATION, card.token.expose())
        .body(Empty::<Bytes>::new())
        .map_err(|_| FetchError::NotACard)?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|error| broken(&error.to_string()))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), MAX_ANSWER)
            .collect()
            .await
            .map_err(|error| broken(&error.to_string()))?;
        Ok((status, Secret::new(body.to_bytes().to_vec())))
    };
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => answer,
        ended = connection => {
            // The response may be complete even if the connection has already ended.
            ended.map_err(|error| broken(&error.to_string()))?;
            exchange.await
        }
    }
}

fn broken(cause: &str) -> FetchError {
    FetchError::Silent(format!("the answer broke off: {}", sanitise(cause)))
}
