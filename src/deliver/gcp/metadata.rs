//! An endpoint in the form of Google's metadata server, for programs that find a token in no other way.
//!
//! That protocol has no secret: a process that reaches the port gets the token. So the endpoint is there only when somebody asks for it,
//! and it answers only processes of the same user.
//!
//! Source of the protocol: "About VM metadata" and "Predefined metadata keys" of Compute Engine's documentation.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use http::StatusCode;
use http::header;
use http::request::Parts;
use http_body_util::Full;
use hyper::body::Incoming;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::deliver::endpoint::Desk;
use crate::deliver::endpoint::door::Door;
use crate::deliver::endpoint::door::Refusal;
use crate::deliver::endpoint::serve;
use crate::deliver::endpoint::slot::Slot;
use crate::deliver::endpoint::source::Answer;
use crate::grant::Credentials;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::loopback::Listener;
use crate::system::peer;

/// The header that a request must have and an answer has, with its value.
const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");
/// A request with one was passed on by a proxy. The real server refuses it too.
const PASSED_ON: &str = "x-forwarded-for";

/// A running endpoint. Dropping it closes every connection.
pub struct Metadata {
    host: String,
    _tasks: JoinSet<()>,
}

struct Shared {
    /// Only its checks of the sender count: there is no secret.
    door: Door,
    slot: Arc<Slot>,
    clock: Arc<dyn Clock>,
}

impl Metadata {
    /// Binds a free port on 127.0.0.1 and serves the role of this slot, which somebody else keeps fresh. Needs a tokio runtime.
    ///
    /// # Errors
    /// No port can be bound.
    pub(in crate::deliver) async fn open(slot: Arc<Slot>, clock: &Arc<dyn Clock>) -> io::Result<Self> {
        let listener = Listener::bind().await?;
        let host = format!("127.0.0.1:{}", listener.port());
        let door = Door { host: host.clone(), token: Secret::new(String::new()), paths: Vec::new() };
        let shared = Arc::new(Shared { door, slot, clock: Arc::clone(clock) });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, shared, Arc::clone(clock)));
        Ok(Self { host, _tasks: tasks })
    }

    /// Its address and port, without a scheme, as `GCE_METADATA_HOST` takes it.
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// A client's question to the server.
enum Wanted {
    /// Whether it is there.
    Presence,
    /// The project's id.
    Project,
    /// Everything about the service account.
    Account,
    Email,
    Token,
    /// The part of Google's cloud.
    Universe,
}

impl Wanted {
    /// The question that a path asks, for the service account `account` or `default`. `None` if this server does not know it.
    fn of(path: &str, account: &str) -> Option<Self> {
        let path = path.trim_end_matches('/');
        if matches!(path, "" | "/computeMetadata/v1" | "/computeMetadata/v1/instance") {
            return Some(Self::Presence);
        }
        match path.strip_prefix("/computeMetadata/v1/")? {
            "project/project-id" => return Some(Self::Project),
            "universe/universe-domain" | "universe/universe_domain" => return Some(Self::Universe),
            _ => {}
        }
        let (named, rest) = path
            .strip_prefix("/computeMetadata/v1/instance/service-accounts/")
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))?;
        if named != "default" && named != account {
            return None;
        }
        match rest {
            "" => Some(Self::Account),
            "email" => Some(Self::Email),
            "token" => Some(Self::Token),
            _ => None,
        }
    }
}

#[async_trait]
impl Desk for Shared {
    fn admits(&self, stream: &TcpStream) -> bool {
        peer::is_own(stream)
    }

    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        let (parts, _) = request.into_parts();
        if let Err(refusal) = self.check(&parts) {
            return text(refusal.status().0, refusal.to_string());
        }
        match self.slot.answer().await {
            Answer::Lease(lease, expires) => {
                let Credentials::Gcp(credentials) = &lease.credentials else {
                    return text(StatusCode::INTERNAL_SERVER_ERROR, "there is no token".to_owned());
                };
                let account = credentials.service_account.as_str();
                match Wanted::of(parts.uri.path(), account) {
                    Some(Wanted::Presence) => text(StatusCode::OK, "computeMetadata/\n".to_owned()),
                    Some(Wanted::Project) => text(StatusCode::OK, credentials.project.clone()),
                    Some(Wanted::Universe) => text(StatusCode::OK, "googleapis.com".to_owned()),
                    Some(Wanted::Email) => text(StatusCode::OK, account.to_owned()),
                    // A lease does not say its OAuth scopes, and a list that says too much would mislead.
                    Some(Wanted::Account) => {
                        json(&Account { aliases: ["default"], email: account, scopes: [] })
                    }
                    Some(Wanted::Token) => json(&Token {
                        access_token: credentials.token.expose(),
                        expires_in: expires.duration_since(self.clock.now()).as_secs().max(1),
                        token_type: "Bearer",
                    }),
                    None => text(StatusCode::NOT_FOUND, "jit does not answer this".to_owned()),
                }
            }
            Answer::Ended(cause) => text(StatusCode::FORBIDDEN, cause),
            Answer::Unavailable(cause) => text(StatusCode::SERVICE_UNAVAILABLE, cause),
        }
    }
}

impl Shared {
    fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        if parts.method != Method::GET {
            return Err(Refusal::Method);
        }
        self.door.check_sender(parts)?;
        let mut flavors = parts.headers.get_all(FLAVOR.0).iter();
        let is_right = flavors.next().is_some_and(|value| value == FLAVOR.1) && flavors.next().is_none();
        if !is_right || parts.headers.contains_key(PASSED_ON) {
            return Err(Refusal::Stranger);
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Account<'a> {
    aliases: [&'static str; 1],
    email: &'a str,
    scopes: [&'static str; 0],
}

#[derive(Serialize)]
struct Token<'a> {
    access_token: &'a str,
    expires_in: i64,
    token_type: &'static str,
}

fn text(status: StatusCode, body: String) -> http::Response<Full<Bytes>> {
    reply(status, "application/text", body.into_bytes())
}

fn json(document: &impl Serialize) -> http::Response<Full<Bytes>> {
    reply(StatusCode::OK, "application/json", serde_json::to_vec(document).unwrap_or_default())
}

fn reply(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> http::Response<Full<Bytes>> {
    let mut response = super::endpoint::reply(status, content_type, body);
    response.headers_mut().insert(FLAVOR.0, header::HeaderValue::from_static(FLAVOR.1));
    response
}
