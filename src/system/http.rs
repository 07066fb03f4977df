//! The network: outgoing requests with limits of time and size. Redirects are not followed.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use crate::address;
use crate::address::LOCALHOST;

/// The largest response that is read if the request sets no limit, in bytes. A larger one is refused, not cut.
pub const MAX_ANSWER: usize = 1024 * 1024;

/// The time limit of a request that sets none.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(20);

/// One request. The body is sent unchanged.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `POST`, `DELETE` …
    pub method: http::Method,
    /// The absolute URL.
    pub url: String,
    /// Header names (lower case) and values.
    pub headers: Vec<(String, String)>,
    /// The body. Empty for none.
    pub body: Vec<u8>,
    /// The time limit of the whole exchange.
    pub time_limit: Duration,
    /// The largest response that is read, in bytes.
    pub size_limit: usize,
    /// Certificates in PEM: the server's own must come from one of these authorities, and those that the machine trusts do not
    /// count. `None` for those of the machine.
    pub authorities: Option<String>,
}

impl Request {
    /// A request without headers or body and with the default time limit.
    pub fn new(method: http::Method, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            time_limit: DEFAULT_TIME_LIMIT,
            size_limit: MAX_ANSWER,
            authorities: None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the body and its content type.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = self.header("content-type", content_type);
        request.body = body.into();
        request
    }

    /// Sets the time limit of the whole exchange.
    #[must_use]
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sets the largest response that is read, in bytes.
    #[must_use]
    pub fn size_limit(mut self, limit: usize) -> Self {
        self.size_limit = limit;
        self
    }

    /// Trusts these certificates, in PEM, instead of those that the machine trusts. `None` changes nothing.
    #[must_use]
    pub fn authorities(mut self, pem: Option<&str>) -> Self {
        self.authorities = pem.map(str::to_owned);
        self
    }
}

/// One response, read completely.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header names (lower case) and values, as received.
    pub headers: Vec<(String, String)>,
    /// The body, at most as long as the request allows.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of this name (give it in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no response. The message never contains the URL's query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The name does not resolve, nothing listens, or TLS failed. The request was not sent.
    #[error("cannot connect to {host}: {cause}")]
    Connect {
        /// The host and port.
        host: String,
        /// The innermost cause.
        cause: String,
    },
    /// No complete response within the limit. The other side may have acted.
    #[error("{host} did not answer in time")]
    TimeOut {
        /// The host and port.
        host: String,
    },
    /// The response broke off or is not HTTP. The other side may have acted.
    #[error("the answer of {host} broke off: {cause}")]
    Broken {
        /// The host and port.
        host: String,
        /// The innermost cause.
        cause: String,
    },
    /// The response is larger than the request allows.
    #[error("the answer of {host} is larger than jit reads")]
    TooLarge {
        /// The host and port.
        host: String,
    },
}

/// Sends requests.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends one request and reads the whole response. A redirect is returned as a response and never followed.
    async fn send(&self, request: Request) -> Result<Response, HttpError>;
}

/// The real network. TLS is loaded on first use, because it costs two milliseconds that `jit prompt` does not have.
#[derive(Default)]
pub struct Client {
    anywhere: OnceLock<reqwest::Client>,
    this_machine: OnceLock<reqwest::Client>,
    /// Clients that trust other authorities than the machine, by whether they call this machine, and by the certificates.
    apart: Mutex<BTreeMap<(bool, String), reqwest::Client>>,
}

/// A client's settings. A proxy from the environment must never see traffic for this machine.
fn builder(local: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .user_agent(concat!("jit/", env!("CARGO_PKG_VERSION")));
    if local {
        builder.no_proxy().resolve_to_addrs("localhost", &LOCALHOST.map(|address| (address, 0).into()))
    } else {
        builder
    }
}

impl Client {
    fn client(&self, url: &str) -> Result<&reqwest::Client, reqwest::Error> {
        // A proxy from the environment must never see traffic for this machine, or for what its cloud tells it alone.
        let local = is_past_proxies(url);
        let slot = if local { &self.this_machine } else { &self.anywhere };
        if slot.get().is_none() {
            let _ = slot.set(builder(local).build()?);
        }
        #[expect(clippy::expect_used, reason = "set just above")]
        Ok(slot.get().expect("the client was just set"))
    }

    /// A client that trusts these authorities and no others.
    fn client_trusting(&self, url: &str, authorities: &str) -> Result<reqwest::Client, reqwest::Error> {
        let key = (is_past_proxies(url), authorities.to_owned());
        let mut apart = self.apart.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = apart.get(&key) {
            return Ok(client.clone());
        }
        let certificates = reqwest::Certificate::from_pem_bundle(authorities.as_bytes())?;
        let client = builder(key.0).tls_certs_only(certificates).build()?;
        apart.insert(key, client.clone());
        Ok(client)
    }
}

/// Whether this client connects on this machine or to its cloud's own service, past every proxy and resolver.
fn is_past_proxies(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| {
        address::is_this_machine(&url)
            || address::is_localhost(&url)
            || address::is_machines_own_service(&url)
    })
}

#[async_trait]
impl Http for Client {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let (host, size_limit) = (host_of(&request.url), request.size_limit);
        let client = match &request.authorities {
            Some(authorities) => self.client_trusting(&request.url, authorities),
            None => self.client(&request.url).cloned(),
        }
        .map_err(|error| HttpError::Connect { host: host.clone(), cause: innermost(&error) })?;
        let mut builder =
            client.request(request.method, &request.url).timeout(request.time_limit).body(request.body);
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let mut answer = builder.send().await.map_err(|error| explain(&host, &error))?;
        let status = answer.status().as_u16();
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| explain(&host, &error))? {
            if body.len() + chunk.len() > size_limit {
                return Err(HttpError::TooLarge { host });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body })
    }
}

fn explain(host: &str, error: &reqwest::Error) -> HttpError {
    let host = host.to_owned();
    if error.is_connect() || error.is_builder() {
        HttpError::Connect { host, cause: innermost(error) }
    } else if error.is_timeout() {
        HttpError::TimeOut { host }
    } else {
        HttpError::Broken { host, cause: innermost(error) }
    }
}

/// The innermost cause. reqwest's outer ones repeat the URL, whose query may contain secrets.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// The host and port of a URL, for messages.
fn host_of(url: &str) -> String {
    url::Url::parse(url)
        .ok()
        .and_then(|url| {
            let host = url.host_str()?.to_owned();
            Some(url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}")))
        })
        .unwrap_or_else(|| "an invalid address".to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one request and says what host it was asked for.
    async fn answer_once(listener: TcpListener) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut read = vec![0; 4096];
        let length = stream.read(&mut read).await.unwrap();
        let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).await.unwrap();
        let text = String::from_utf8_lossy(&read[..length]).to_lowercase();
        let host = text.lines().find(|line| line.starts_with("host:"));
        host.unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn localhost_is_this_machine_in_both_families() {
        for address in LOCALHOST {
            // A machine without IPv6 has one of the two.
            let Ok(listener) = TcpListener::bind((address, 0)).await else { continue };
            let port = listener.local_addr().unwrap().port();
            let served = tokio::spawn(answer_once(listener));
            let url = format!("http://localhost:{port}/");
            let answer = Client::default().send(Request::new(http::Method::GET, url)).await.unwrap();
            assert_eq!(answer.status, 204, "{address}");
            assert_eq!(served.await.unwrap(), format!("host: localhost:{port}"), "{address}");
        }
    }

    #[test]
    fn what_is_meant_for_this_machine_goes_past_proxies() {
        for (url, local) in [
            ("http://127.0.0.1:1/", true),
            ("http://[::1]:1/", true),
            ("http://localhost:1/", true),
            ("https://localhost/", true),
            ("http://127.1/", true),
            ("http://169.254.169.254/latest/api/token", true),
            ("http://169.254.170.2/v2/credentials/x", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://[fd00:ec3::23]/", false),
            ("http://169.255.170.2/", false),
            ("http://169.254.169.254.example.com/", false),
            ("http://localhost.example.com/", false),
            ("http://127.0.0.1@example.com/", false),
            ("no address", false),
        ] {
            assert_eq!(is_past_proxies(url), local, "{url}");
        }
    }
}
