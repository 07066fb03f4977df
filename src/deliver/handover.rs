//! Hands one address to a browser without putting it into a process's arguments: a loopback address redirects there
//! once.
//!
//! The address in the arguments is good for one visit, by the first program that comes. If that was another program,
//! the browser finds no page, and the person notices.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http::HeaderMap;
use http::Method;
use http::StatusCode;
use http::header;
use http::request::Parts;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::loopback::Listener;

/// How long the address waits for its visit.
pub const LIMIT: Duration = Duration::from_secs(60);
/// The time limit of one connection. Browsers open some in advance and send nothing on them.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);
/// The largest request that is read, in bytes. Browsers also send the cookies of other loopback pages.
const MAX_REQUEST: usize = 32 * 1024;
/// How many connections may be open at once.
const CONNECTIONS: usize = 32;

/// An address on 127.0.0.1 that redirects to another one, once. Dropping it closes the address.
pub struct Handover {
    url: Secret<String>,
    taken: oneshot::Receiver<()>,
    _server: JoinSet<()>,
}

impl Handover {
    /// Binds a free port and waits there for one visit to a random path. Needs a tokio runtime.
    pub async fn open(
        target: &Secret<String>,
        clock: &Arc<dyn Clock>,
        entropy: &dyn Entropy,
    ) -> io::Result<Self> {
        let location = header::HeaderValue::from_str(target.expose())
            .map_err(|_| io::Error::other("the address cannot be written in a header"))?;
        let listener = Listener::bind().await?;
        let host = format!("127.0.0.1:{}", listener.port());
        let path = format!("/{}", entropy.token());
        let url = Secret::new(format!("http://{host}{path}"));
        let (take, taken) = oneshot::channel();
        let desk = Arc::new(Desk { host, path: Secret::new(path), held: Mutex::new(Some((location, take))) });
        let mut server = JoinSet::new();
        server.spawn(serve(listener, desk, Arc::clone(clock)));
        Ok(Self { url, taken, _server: server })
    }

    /// The address to open. It is good for one visit.
    pub fn url(&self) -> &Secret<String> {
        &self.url
    }

    /// Returns when the address has been visited. The response is on its way by then.
    pub async fn taken(&mut self) {
        // The sender is dropped only together with the server, and so with this value.
        let _ = (&mut self.taken).await;
    }
}

struct Desk {
    host: String,
    path: Secret<String>,
    held: Mutex<Option<(header::HeaderValue, oneshot::Sender<()>)>>,
}

impl Desk {
    /// Gives out the address, or returns what is wrong with the request. A wrong request does not use up the visit.
    fn give(&self, request: &Parts) -> Result<(header::HeaderValue, oneshot::Sender<()>), StatusCode> {
        // A page that came here through a name of its own (DNS rebinding) still sends that name.
        if only(&request.headers, &header::HOST) != Some(self.host.as_str())
            || request.uri.authority().is_some_and(|authority| authority.as_str() != self.host)
        {
            return Err(StatusCode::FORBIDDEN);
        }
        // A browser that the person opened comes from no page.
        if request.headers.contains_key(header::ORIGIN) || request.headers.contains_key(header::REFERER) {
            return Err(StatusCode::FORBIDDEN);
        }
        let path = request.uri.path_and_query().map_or("", http::uri::PathAndQuery::as_str);
        if verify_slices_are_equal(path.as_bytes(), self.path.expose().as_bytes()).is_err() {
            return Err(StatusCode::NOT_FOUND);
        }
        if request.method != Method::GET {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        self.held.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or(StatusCode::NOT_FOUND)
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() { None } else { first.to_str().ok() }
}

async fn serve(listener: Listener, desk: Arc<Desk>, clock: Arc<dyn Clock>) {
    let mut connections: JoinSet<Option<oneshot::Sender<()>>> = JoinSet::new();
    let mut done = None;
    // After the visit the port is closed. The connection of the visit is served to its end.
    while done.is_none() {
        tokio::select! {
            stream = listener.accept(), if connections.len() < CONNECTIONS => {
                connections.spawn(converse(stream, Arc::clone(&desk), Arc::clone(&clock)));
            }
            Some(ended) = connections.join_next() => done = ended.ok().flatten(),
        }
    }
    drop(listener);
    if let Some(take) = done {
        // The receiver is gone if the command was stopped.
        let _ = take.send(());
    }
}

/// Serves one connection. Returns the sender to notify if this connection took the address.
async fn converse(
    stream: tokio::net::TcpStream,
    desk: Arc<Desk>,
    clock: Arc<dyn Clock>,
) -> Option<oneshot::Sender<()>> {
    let mine = Mutex::new(None);
    let service = service_fn(|request: http::Request<Incoming>| {
        let (parts, _) = request.into_parts();
        let answer = match desk.give(&parts) {
            Ok((location, take)) => {
                *mine.lock().unwrap_or_else(PoisonError::into_inner) = Some(take);
                found(location)
            }
            Err(status) => refused(status),
        };
        std::future::ready(Ok::<_, Infallible>(answer))
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
    mine.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn found(location: header::HeaderValue) -> http::Response<Full<Bytes>> {
    let mut answer = refused(StatusCode::FOUND);
    answer.headers_mut().insert(header::LOCATION, location);
    answer
}

/// A response that no cache keeps and whose address no later page learns.
fn refused(status: StatusCode) -> http::Response<Full<Bytes>> {
    let mut answer = http::Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    for (name, value) in [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        answer.headers_mut().insert(name, header::HeaderValue::from_static(value));
    }
    answer
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;
    use crate::system::clock::RealClock;
    use crate::system::entropy::OsEntropy;

    const TARGET: &str = "https://signin.aws.amazon.com/federation?SigninToken=canary";

    async fn open() -> (Handover, String, String) {
        let clock: Arc<dyn Clock> = Arc::new(RealClock);
        let handover = Handover::open(&Secret::new(TARGET.to_owned()), &clock, &OsEntropy).await.unwrap();
        let url = url::Url::parse(handover.url().expose()).unwrap();
        let host = format!("127.0.0.1:{}", url.port().unwrap());
        let path = url.path().to_owned();
        (handover, host, path)
    }

    /// The response. `None` if the port is closed.
    async fn ask(to: &str, line: &str, headers: &str) -> Option<String> {
        let mut stream = tokio::net::TcpStream::connect(to).await.ok()?;
        stream.write_all(format!("{line} HTTP/1.1\r\n{headers}\r\n").as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    #[tokio::test]
    async fn the_first_visit_is_led_on_and_the_second_finds_nobody() {
        let (mut handover, host, path) = open().await;
        assert_eq!(path.len(), 44, "256 bits");
        let good = format!("Host: {host}\r\nCookie: a=b\r\n");
        let answer = ask(&host, &format!("GET {path}"), &good).await.unwrap().to_lowercase();
        assert!(answer.starts_with("http/1.1 302"), "{answer}");
        assert!(answer.contains(&format!("location: {}\r\n", TARGET.to_lowercase())), "{answer}");
        assert!(answer.contains("referrer-policy: no-referrer\r\n"), "{answer}");
        assert!(answer.contains("cache-control: no-store\r\n"), "{answer}");
        handover.taken().await;
        assert_eq!(ask(&host, &format!("GET {path}"), &good).await, None);
    }

    #[tokio::test]
    async fn two_at_the_same_moment_get_one_answer() {
        let (_handover, host, path) = open().await;
        let line = format!("GET {path}");
        let headers = format!("Host: {host}\r\n");
        let asks = (0..8).map(|_| ask(&host, &line, &headers));
        let mut set = JoinSet::new();
        for _ in asks {
            let (host, line, headers) = (host.clone(), line.clone(), headers.clone());
            set.spawn(async move { ask(&host, &line, &headers).await });
        }
        let answers = set.join_all().await;
        let led = answers.iter().flatten().filter(|answer| answer.contains("canary")).count();
        assert_eq!(led, 1, "{answers:?}");
    }

    #[tokio::test]
    async fn strangers_get_nothing_and_use_nothing_up() {
        let (mut handover, host, path) = open().await;
        let good = format!("Host: {host}\r\n");
        let (_, port) = host.split_once(':').unwrap();
        for (line, headers, status) in [
            (format!("GET {path}x"), good.clone(), "404"),
            (format!("GET {path}?x"), good.clone(), "404"),
            ("GET /".to_owned(), good.clone(), "404"),
            (format!("GET {path}"), "Host: evil.example\r\n".to_owned(), "403"),
            (format!("GET {path}"), format!("Host: localhost:{port}\r\n"), "403"),
            (format!("GET {path}"), format!("{good}{good}"), "403"),
            (format!("GET {path}"), String::new(), "403"),
            (format!("GET http://evil.example{path}"), good.clone(), "403"),
            (format!("GET {path}"), format!("{good}Origin: null\r\n"), "403"),
            (format!("GET {path}"), format!("{good}Referer: http://x/\r\n"), "403"),
            (format!("POST {path}"), format!("{good}Content-Length: 0\r\n"), "405"),
            (format!("HEAD {path}"), good.clone(), "405"),
        ] {
            let answer = ask(&host, &line, &headers).await.unwrap();
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{line} {headers}: {answer}");
            assert!(!answer.contains("canary") && !answer.to_lowercase().contains("location"), "{answer}");
        }
        // A silent connection, as browsers open in advance, does not block others.
        let _silent = tokio::net::TcpStream::connect(&host).await.unwrap();
        assert!(ask(&host, &format!("GET {path}"), &good).await.unwrap().contains("canary"));
        handover.taken().await;
    }

    #[tokio::test]
    async fn what_is_dropped_is_closed() {
        let (handover, host, path) = open().await;
        drop(handover);
        while ask(&host, &format!("GET {path}"), &format!("Host: {host}\r\n")).await.is_some() {
            tokio::task::yield_now().await;
        }
    }
}
