//! The endpoint for Azure's client libraries, in the form of App Service's managed identities (`api-version=2019-08-01`).
//!
//! A library believes that it runs in App Service, and asks for a token of its machine's identity. The header that App
//! Service hides from other processes is a random secret of this run. Invariant: the JWT with which the authority signs
//! in never comes here, and only the role's own audiences are answered.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use http::header;
use http::header::HeaderName;
use http_body_util::Full;
use hyper::body::Incoming;
use jiff::Timestamp;
use serde::Serialize;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use crate::deliver::endpoint::Desk;
use crate::deliver::endpoint::door::Door;
use crate::deliver::endpoint::serve;
use crate::deliver::endpoint::slot::Slot;
use crate::deliver::endpoint::source::Answer;
use crate::grant::Credentials;
use crate::grant::Lease;
use crate::grant::cloud::azure::AzureCredentials;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::loopback::Listener;

/// The header of the secret.
const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-identity-header");

/// The only version that is answered.
const API_VERSION: &str = "2019-08-01";

/// A running endpoint. Dropping it closes every connection.
pub struct AzureEndpoint {
    url: Secret<String>,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    door: Door,
    slot: Arc<Slot>,
}

/// A library's request for a token, as its query says it. A missing field is empty.
#[derive(Debug, Default, PartialEq, Eq)]
struct Asked {
    version: String,
    resource: String,
    /// A user-assigned identity, by its application's id.
    client_id: Option<String>,
}

impl AzureEndpoint {
    /// Binds a free port on 127.0.0.1 and serves the role of this slot, which somebody else keeps fresh. Needs a tokio
    /// runtime.
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
        let path = format!("/{}", entropy.token());
        let url = Secret::new(format!("http://{host}{path}"));
        let door = Door { host, token: Secret::new(entropy.token()), paths: vec![Secret::new(path)] };
        let shared = Arc::new(Shared { door, slot });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, Arc::clone(&shared), Arc::clone(clock)));
        Ok(Self { url, shared, _tasks: tasks })
    }

    /// Its address.
    pub fn url(&self) -> &Secret<String> {
        &self.url
    }

    /// The value that a request sends as `X-IDENTITY-HEADER`.
    pub fn secret(&self) -> &Secret<String> {
        &self.shared.door.token
    }
}

#[async_trait]
impl Desk for Shared {
    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        // The body is never read: the headers of a request that announces one are enough to refuse it.
        let (parts, _) = request.into_parts();
        if let Err(refusal) = self.door.check_query(&parts, &IDENTITY_HEADER) {
            return trouble(refusal.status().0, &refusal.to_string());
        }
        let asked = match Asked::read(parts.uri.query().unwrap_or_default()) {
            Ok(asked) => asked,
            Err(why) => return trouble(StatusCode::BAD_REQUEST, why),
        };
        match self.slot.answer().await {
            Answer::Lease(lease, expires) => granted(&lease, &asked, expires),
            Answer::Ended(cause) => trouble(StatusCode::BAD_REQUEST, &cause),
            Answer::Unavailable(cause) => trouble(StatusCode::SERVICE_UNAVAILABLE, &cause),
        }
    }
}

impl Asked {
    /// Reads a query. Each known field counts once; others are a library's own, as those of continuous access evaluation
    /// are.
    fn read(query: &str) -> Result<Self, &'static str> {
        let (mut version, mut resource, mut client_id) = (None, None, None);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let part = match name.as_ref() {
                "api-version" => &mut version,
                "resource" => &mut resource,
                "client_id" => &mut client_id,
                "mi_res_id" | "object_id" | "principal_id" => {
                    return Err("an identity is named here by its client_id alone, or not at all");
                }
                _ => continue,
            };
            if part.replace(value.into_owned()).is_some() {
                return Err("a field occurs twice");
            }
        }
        let asked =
            Self { version: version.unwrap_or_default(), resource: resource.unwrap_or_default(), client_id };
        if asked.version != API_VERSION {
            return Err("only api-version 2019-08-01 is answered here");
        }
        if asked.resource.is_empty() { Err("`resource` is missing") } else { Ok(asked) }
    }
}

/// The answer with the token for a resource.
#[derive(Serialize)]
struct Granted<'a> {
    access_token: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    client_id: &'a str,
    expires_on: String,
    resource: &'a str,
    token_type: &'static str,
}

fn granted(lease: &Lease, asked: &Asked, expires: Timestamp) -> http::Response<Full<Bytes>> {
    let Credentials::Azure(credentials) = &lease.credentials else {
        return trouble(StatusCode::INTERNAL_SERVER_ERROR, "there is no token");
    };
    if asked.client_id.as_ref().is_some_and(|id| *id != credentials.client_id) {
        return trouble(StatusCode::BAD_REQUEST, &other_identity(credentials));
    }
    let Some(token) = credentials.token_for(&asked.resource) else {
        return trouble(StatusCode::BAD_REQUEST, &no_token(credentials));
    };
    let document = Granted {
        access_token: token.token.expose(),
        client_id: &credentials.client_id,
        expires_on: expires.as_second().to_string(),
        resource: &asked.resource,
        token_type: "Bearer",
    };
    let body = Zeroizing::new(serde_json::to_vec(&document).unwrap_or_default());
    reply(StatusCode::OK, Bytes::from_owner(body))
}

fn other_identity(credentials: &AzureCredentials) -> String {
    match credentials.client_id.as_str() {
        "" => "the role is the person's own identity: ask without a client_id".to_owned(),
        own => format!("the role's application is {own}, and no other"),
    }
}

/// The message for a resource that the role has no token for. It does not repeat that resource, whose name comes from a program.
fn no_token(credentials: &AzureCredentials) -> String {
    let names: Vec<&str> = credentials.tokens.iter().map(|token| token.audience.as_str()).collect();
    format!("the role has tokens for {}, and for no other resource", names.join(", "))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Trouble<'a> {
    status_code: u16,
    message: &'a str,
}

fn trouble(status: StatusCode, message: &str) -> http::Response<Full<Bytes>> {
    let document = Trouble { status_code: status.as_u16(), message };
    reply(status, serde_json::to_vec(&document).unwrap_or_default().into())
}

fn reply(status: StatusCode, body: Bytes) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::grant::cloud::azure::Authority;
    use crate::grant::cloud::azure::AzureToken;

    /// A direct role answers its own audiences, and none of what else the person may do.
    #[tokio::test]
    async fn a_persons_own_identity_has_no_application() {
        let expires = Timestamp::UNIX_EPOCH;
        let token =
            AzureToken { audience: "https://vault.azure.net".to_owned(), token: "own".into(), expires };
        let credentials = AzureCredentials {
            tokens: vec![token],
            tenant: "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90".to_owned(),
            client_id: String::new(),
            authority: Authority::Public,
            overrun: false,
        };
        let lease = Lease { number: 1, expires, credentials: credentials.into() };
        let answer = async |resource: &str, client_id: Option<&str>| {
            let client_id = client_id.map(str::to_owned);
            let asked = Asked { version: API_VERSION.to_owned(), resource: resource.to_owned(), client_id };
            let (parts, body) = granted(&lease, &asked, expires).into_parts();
            (
                parts.status.as_u16(),
                String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
            )
        };
        let (status, body) = answer("https://vault.azure.net/", None).await;
        assert!(status == 200 && body.contains("\"own\"") && !body.contains("client_id"), "{body}");
        let (status, body) = answer("https://graph.microsoft.com", None).await;
        assert!(status == 400 && body.contains("for no other resource"), "{body}");
        let (status, body) =
            answer("https://vault.azure.net", Some("7c1e2d3f-aaaa-4bbb-8ccc-123456789abc")).await;
        assert!(status == 400 && body.contains("without a client_id"), "{body}");
    }

    #[test]
    fn a_query_names_one_resource_and_one_version() {
        let read = |query: &str| Asked::read(query);
        let asked = read("api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net").unwrap();
        assert_eq!((asked.resource.as_str(), asked.client_id), ("https://vault.azure.net", None));
        let more = "api-version=2019-08-01&resource=a&client_id=b&xms_cc=cp1&token_sha256_to_refresh=c";
        assert_eq!(read(more).unwrap().client_id.as_deref(), Some("b"));
        for bad in [
            "",
            "resource=a",
            "api-version=2019-08-01",
            "api-version=2019-08-01&resource=",
            "api-version=2018-02-01&resource=a",
            "api-version=2019-08-01&resource=a&resource=b",
            "api-version=2019-08-01&api-version=2019-08-01&resource=a",
            "api-version=2019-08-01&resource=a&mi_res_id=b",
            "api-version=2019-08-01&resource=a&principal_id=b",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
