//! The loopback address to which a provider sends the browser back (RFC 8252, section 7.3).
//!
//! Another program of this machine can reach the port. It gets an empty refusal, learns nothing, and ends nothing: only
//! a request that the caller accepts closes the address.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http::StatusCode;
use http::header;
use http::request::Parts;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use url::Url;

use super::exchange::SignInError;
use crate::address;
use crate::system::Clock;
use crate::system::loopback::Listener;

/// The path that the provider redirects to. Providers compare it, and should ignore the port (RFC 8252, section 7.3).
pub const PATH: &str = "/callback";
/// How long a person has for signing in.
pub const LIMIT: Duration = Duration::from_secs(5 * 60);
/// The time limit of one connection. Browsers open some in advance and send nothing on them.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);
/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 32 * 1024;
/// How many connections may be open at once.
const CONNECTIONS: usize = 32;

/// The page after the provider's answer. It has nothing of the request in it.
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>jit</title>\
<p>jit has the answer of your identity provider. Go back to the terminal; you can close this page.</p></html>";

/// A page of ours that begins the way to the provider, where a link is not enough: some take a form alone.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its path, with 256 random bits in it: only those who were told can read the page.
    pub path: String,
    /// The page.
    pub html: String,
    /// The nonce of its script (Content Security Policy Level 3 §2.3.1).
    pub nonce: String,
}

/// Listens on 127.0.0.1 for one answer.
pub struct Landing {
    listener: Listener,
    host: String,
    start: Option<Start>,
}

/// Reads a query and decides whether it is the awaited answer.
type Judge<T> = dyn Fn(&str) -> Option<T> + Send + Sync;

impl Landing {
    /// Starts to listen. `host` is the host in the redirect: 127.0.0.1 or its name. `port` is for providers that compare the
    /// port; without it the system chooses one.
    ///
    /// # Errors
    /// No port is free, another program listens on the port, or the host is another one.
    pub async fn open(host: &str, port: Option<u16>) -> Result<Self, SignInError> {
        let is_here = host == "127.0.0.1"
            || Url::parse(&format!("http://{host}"))
                .is_ok_and(|url| address::is_localhost(&url) && url.host_str() == Some(host));
        if !is_here {
            return Err(SignInError::Listen("the broker names a redirect to another machine".to_owned()));
        }
        let listener = match port {
            None => Listener::bind().await.map_err(|error| SignInError::Listen(error.to_string()))?,
            Some(port) => Listener::bind_at(port).await.map_err(|error| taken(port, &error))?,
        };
        let host = format!("{host}:{}", listener.port());
        Ok(Self { listener, host, start: None })
    }

    /// Also serves a page that begins the way. Returns its address.
    pub fn begin_at(&mut self, start: Start) -> String {
        let address = format!("http://{}{}", self.host, start.path);
        self.start = Some(start);
        address
    }

    /// The address for `redirect_uri`.
    pub fn redirect(&self) -> String {
        format!("http://{}{PATH}", self.host)
    }

    /// Waits until a request is the awaited answer, then closes the port. Dropping the future closes it too.
    pub async fn answer<T: Send + 'static>(self, clock: Arc<dyn Clock>, judge: Arc<Judge<T>>) -> T {
        let Self { listener, host, start } = self;
        let start = Arc::new(start);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                stream = listener.accept(), if connections.len() < CONNECTIONS => {
                    let (start, clock, judge) = (Arc::clone(&start), Arc::clone(&clock), Arc::clone(&judge));
                    connections.spawn(converse(stream, host.clone(), start, clock, judge));
                }
                Some(ended) = connections.join_next() => {
                    if let Some(answer) = ended.ok().flatten() {
                        return answer;
                    }
                }
            }
        }
    }
}

/// A port that the policy demands cannot be replaced by another one.
fn taken(port: u16, error: &io::Error) -> SignInError {
    if error.kind() == io::ErrorKind::AddrInUse {
        return SignInError::Port(port);
    }
    SignInError::Listen(format!("port {port}: {error}"))
}

/// Whether a request may carry the answer: a GET of the one path at the one host, and not from a script of a page. A
/// provider's redirect is a navigation, so it may have a `Referer` and has no `Origin`.
fn status_of(request: &Parts, host: &str, path: &str) -> StatusCode {
    let mut hosts = request.headers.get_all(header::HOST).iter();
    let named = (hosts.next().and_then(|value| value.to_str().ok()), hosts.next());
    let authority = request.uri.authority().is_none_or(|authority| authority.as_str() == host);
    if named != (Some(host), None) || !authority || request.headers.contains_key(header::ORIGIN) {
        StatusCode::FORBIDDEN
    } else if request.uri.path() != path {
        StatusCode::NOT_FOUND
    } else if request.method != Method::GET {
        StatusCode::METHOD_NOT_ALLOWED
    } else {
        StatusCode::OK
    }
}

/// Serves one connection. Returns what the judge took from it.
async fn converse<T: Send>(
    stream: TcpStream,
    host: String,
    start: Arc<Option<Start>>,
    clock: Arc<dyn Clock>,
    judge: Arc<Judge<T>>,
) -> Option<T> {
    let taken = Mutex::new(None);
    let service = service_fn(|request: http::Request<Incoming>| {
        let (parts, _) = request.into_parts();
        if let Some(start) = start.as_ref().as_ref().filter(|start| parts.uri.path() == start.path) {
            let status = status_of(&parts, &host, &start.path);
            return std::future::ready(Ok(first_page(status, start)));
        }
        let mut status = status_of(&parts, &host, PATH);
        if status == StatusCode::OK {
            let answer = judge(parts.uri.query().unwrap_or_default());
            if answer.is_none() {
                status = StatusCode::FORBIDDEN;
            }
            *taken.lock().unwrap_or_else(PoisonError::into_inner) = answer;
        }
        let body = if status == StatusCode::OK { PAGE } else { "" };
        let policy = "default-src 'none'; frame-ancestors 'none'";
        std::future::ready(Ok::<_, Infallible>(page(status, body, policy, "no-referrer")))
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MAX_REQUEST)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A peer that breaks off needs no response.
        _ = connection => {}
        () = clock.sleep(CONNECTION_LIMIT) => {}
    }
    taken.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// The first page. Its policy names no `form-action`: the provider's own sign-in may redirect the form to other hosts.
fn first_page(status: StatusCode, start: &Start) -> http::Response<Full<Bytes>> {
    let body = if status == StatusCode::OK { start.html.as_str() } else { "" };
    let policy = format!("default-src 'none'; script-src 'nonce-{}'; frame-ancestors 'none'", start.nonce);
    page(status, body, &policy, "origin")
}

fn page(status: StatusCode, body: &str, policy: &str, referrer: &str) -> http::Response<Full<Bytes>> {
    let mut answer = http::Response::new(Full::new(Bytes::copy_from_slice(body.as_bytes())));
    *answer.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, referrer),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        if let Ok(value) = header::HeaderValue::from_str(value) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer
}
