//! The endpoint for Google's client libraries: a subject token for its secret, and for the subject token the access token of the lease.
//!
//! A library believes that it exchanges a token of its own at Google's STS. The subject token is a random text that is good for
//! nothing but this endpoint. Invariant: the JWT with which the authority buys never comes here.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use http::StatusCode;
use http::header;
use http_body_util::BodyExt;
use http_body_util::Full;
use http_body_util::Limited;
use hyper::body::Incoming;
use serde::Serialize;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::deliver::endpoint::Desk;
use crate::deliver::endpoint::door::Door;
use crate::deliver::endpoint::door::Refusal;
use crate::deliver::endpoint::door::equal;
use crate::deliver::endpoint::serve;
use crate::deliver::endpoint::slot::Slot;
use crate::deliver::endpoint::source::Answer;
use crate::grant::Lease;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::loopback::Listener;

/// The largest body of an exchange that is read, in bytes. A library sends about 500.
const MAX_BODY: usize = 4 * 1024;

/// The `grant_type` of an exchange (RFC 8693 §2.1).
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// A running endpoint. Dropping it closes every connection.
pub struct GcpEndpoint {
    subject_url: Secret<String>,
    token_url: Secret<String>,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    /// Its one path gives the subject token.
    door: Door,
    /// The path of the exchange.
    exchange: Secret<String>,
    subject: Secret<String>,
    slot: Arc<Slot>,
    clock: Arc<dyn Clock>,
}

impl GcpEndpoint {
    /// Binds a free port on 127.0.0.1 and serves the role of this slot, which somebody else keeps fresh. Needs a tokio runtime.
    ///
    /// # Errors
    /// No port can be bound.
    pub(in crate::deliver) async fn open(
        slot: Arc<Slot>,
        clock: &Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> io::Result<Self> {
        let listener = Listener::bind().await?;
        let host = format!("127.0.0.1:{}", listener.port());
        let (subject_path, exchange) = (format!("/{}", entropy.token()), format!("/{}", entropy.token()));
        let subject_url = Secret::new(format!("http://{host}{subject_path}"));
        let token_url = Secret::new(format!("http://{host}{exchange}"));
        let shared = Arc::new(Shared {
            door: Door { host, token: Secret::new(entropy.token()), paths: vec![Secret::new(subject_path)] },
            exchange: Secret::new(exchange),
            subject: Secret::new(entropy.token()),
            slot,
            clock: Arc::clone(clock),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&shared), Arc::clone(clock)));
        Ok(Self { subject_url, token_url, shared, _tasks: tasks })
    }

    /// The address of the subject token.
    pub fn subject_url(&self) -> &Secret<String> {
        &self.subject_url
    }

    /// The address of the exchange.
    pub fn token_url(&self) -> &Secret<String> {
        &self.token_url
    }

    /// The role that it serves.
    pub(in crate::deliver) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.shared.slot)
    }

    /// The value that a request for the subject token sends as `Authorization`.
    pub fn secret(&self) -> &Secret<String> {
        &self.shared.door.token
    }
}

#[async_trait]
impl Desk for Shared {
    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return match self.door.check(&parts) {
                Ok(_) => reply(StatusCode::OK, "text/plain", self.subject.expose().clone().into_bytes()),
                Err(refusal) => refused(refusal),
            };
        }
        if let Err(refusal) = self.door.check_sent(&parts, &self.exchange) {
            return refused(refusal);
        }
        let Ok(body) = Limited::new(body, MAX_BODY).collect().await else { return refused(Refusal::Body) };
        let body = Zeroizing::new(body.to_bytes().to_vec());
        if !self.is_exchange(&body) {
            return refused(Refusal::Stranger);
        }
        self.exchanged(&self.slot.answer().await)
    }
}

impl Shared {
    /// Whether a form asks for an exchange of the subject token. Each field counts once.
    fn is_exchange(&self, body: &[u8]) -> bool {
        let only = |wanted: &str| {
            let mut found = url::form_urlencoded::parse(body).filter(|(name, _)| name == wanted);
            let first = found.next().map(|(_, value)| Zeroizing::new(value.into_owned()));
            first.filter(|_| found.next().is_none()).unwrap_or_default()
        };
        let known = equal(&only("subject_token"), self.subject.expose());
        known && *only("grant_type") == TOKEN_EXCHANGE
    }

    /// The answer of an exchange (RFC 8693 §2.2), or an error (RFC 6749 §5.2).
    fn exchanged(&self, answer: &Answer) -> http::Response<Full<Bytes>> {
        match answer {
            Answer::Lease(lease, expires) => match bearer(lease) {
                Some(token) => {
                    let left = expires.duration_since(self.clock.now()).as_secs().max(1);
                    let document = Exchanged {
                        access_token: token.expose(),
                        issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
                        token_type: "Bearer",
                        expires_in: left,
                    };
                    json(StatusCode::OK, &document)
                }
                None => trouble(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "there is no token"),
            },
            Answer::Ended(cause) => trouble(StatusCode::BAD_REQUEST, "invalid_grant", cause),
            Answer::Unavailable(cause) => {
                trouble(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", cause)
            }
        }
    }
}

fn bearer(lease: &Lease) -> Option<&Secret<String>> {
    lease.credentials.bearer()
}

#[derive(Serialize)]
struct Exchanged<'a> {
    access_token: &'a str,
    issued_token_type: &'static str,
    token_type: &'static str,
    expires_in: i64,
}

#[derive(Serialize)]
struct Trouble<'a> {
    error: &'a str,
    error_description: &'a str,
}

fn refused(refusal: Refusal) -> http::Response<Full<Bytes>> {
    trouble(refusal.status().0, "access_denied", &refusal.to_string())
}

fn trouble(status: StatusCode, error: &str, error_description: &str) -> http::Response<Full<Bytes>> {
    json(status, &Trouble { error, error_description })
}

fn json(status: StatusCode, document: &impl Serialize) -> http::Response<Full<Bytes>> {
    reply(status, "application/json", serde_json::to_vec(document).unwrap_or_default())
}

/// An answer that no cache keeps.
pub(super) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: Vec<u8>,
) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
