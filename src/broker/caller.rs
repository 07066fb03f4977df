//! Identifies the caller and the source address, and reads a call's body without trusting it.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::num::TryFromIntError;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::OptionalFromRequest;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::forwarded::last_hop;
use super::limits::limited_as;
use super::places::Work;
use super::places::Working;
use super::problem::Code;
use super::problem::Fault;
use super::shared::Shared;
use crate::audit::index::SessionRecord;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::text::sanitise;

/// The largest body, in bytes.
pub const MAX_BODY: usize = 32 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// The source of a call. Extracting it counts against no limit.
pub struct Source(pub Origin);

/// A source address, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The caller's address. `None` if a trusted proxy names no readable one. Never the proxy's own address.
    pub address: Option<IpAddr>,
    /// Whether all callers share this address, because an untrusted proxy stands in front of the broker.
    is_everybodys: bool,
}

impl Origin {
    /// The source of a call.
    ///
    /// # Errors
    /// The connection names no peer.
    pub fn find(parts: &Parts, shared: &Shared) -> Result<Self, Fault> {
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|ConnectInfo(address)| address.ip().to_canonical())
            .ok_or_else(|| Fault::new(Code::Unready, "the caller's address is not known"))?;
        let address = behind_proxies(peer, &parts.headers, &shared.trusted_proxies);
        Ok(Self { address, is_everybodys: shared.one_address_for_all })
    }

    /// The address as events record it.
    pub fn recorded(self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    /// Counts an unauthenticated call. Callers with an unknown address share one bucket. An address that all callers
    /// share has no bucket, because otherwise a stranger could lock out the clouds that fetch the keys.
    pub fn count(self, shared: &Shared) -> Result<(), Fault> {
        if self.is_everybodys {
            return Ok(());
        }
        let key = self.address.map(limited_as);
        shared.limiters.address.take(key, shared.clock()).map_err(too_many)
    }

    /// The address, if it tells callers apart.
    pub fn own_address(self, shared: &Shared) -> Option<IpAddr> {
        self.address.filter(|_| !shared.one_address_for_all).map(limited_as)
    }

    /// Counts a failed login, under the same rules.
    pub fn count_login(self, shared: &Shared) -> Result<(), Fault> {
        if self.is_everybodys {
            return Ok(());
        }
        let key = self.address.map(limited_as);
        shared.limiters.login.take(key, shared.clock()).map_err(too_many)
    }
}

/// The last hop that is not a trusted proxy, if there is one. Headers of an untrusted peer are ignored.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> Option<IpAddr> {
    if !trusted.contains(&peer) {
        return Some(peer);
    }
    let lines: Vec<&[u8]> = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes).collect();
    last_hop(lines.into_iter(), trusted)
}

impl FromRequestParts<Arc<Shared>> for Source {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        Origin::find(parts, shared).map(Self)
    }
}

/// A call to a route without a session. It counts against its address.
pub struct Anonymous;

impl FromRequestParts<Arc<Shared>> for Anonymous {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        Origin::find(parts, shared)?.count(shared)?;
        Ok(Self)
    }
}

/// The error for a caller that exceeds its rate limit, with the seconds to wait.
pub fn too_many(seconds: u64) -> Fault {
    Fault::new(Code::TooMany, "too many calls in a short time").retry_after(seconds)
}

/// A person with a session that the policy in force still accepts.
pub struct Caller {
    /// The person whose session it is.
    pub person: Name,
    /// Their session.
    pub session: SessionRecord,
    /// The SHA-256 of their token.
    pub token: Digest,
    /// The source of the call.
    pub origin: Origin,
    /// Protects the connection from displacement until the call is answered.
    _working: Option<Working>,
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Fault;

    /// A caller with a session counts only against their own limit, so strangers at the same address cannot keep
    /// anybody from denying or revoking.
    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let origin = Origin::find(parts, shared)?;
        let known = match bearer(&parts.headers) {
            Some(token) => identify(shared, token, origin).await,
            None => Err(unauthenticated()),
        };
        match known {
            Ok(caller) => {
                shared.limiters.person.take(caller.person.clone(), shared.clock()).map_err(too_many)?;
                Ok(Self { _working: parts.extensions.get::<Work>().map(Work::begin), ..caller })
            }
            Err(fault) => {
                origin.count(shared)?;
                Err(fault)
            }
        }
    }
}

impl Caller {
    /// The caller as the one who acts.
    pub fn actor(&self) -> Actor<'_> {
        Actor { person: &self.person, origin: self.origin }
    }
}

/// A person who acts, whichever way they came in: by a session, or signed in on the approval page.
#[derive(Clone, Copy)]
pub struct Actor<'a> {
    /// The person.
    pub person: &'a Name,
    /// The source of the call.
    pub origin: Origin,
}

/// The caller that a token belongs to, by the log and the policy in force.
pub async fn identify(shared: &Shared, token: &str, origin: Origin) -> Result<Caller, Fault> {
    let token = Digest::of(token.as_bytes());
    let session = shared.session(&token);
    let session = session.ok_or_else(unauthenticated)?;
    still_fits(shared, &session).await?;
    Ok(Caller { person: session.person.clone(), session, token, origin, _working: None })
}

/// Checks that the session's person and key are still in the policy in force.
pub async fn still_fits(shared: &Shared, session: &SessionRecord) -> Result<(), Fault> {
    let policy = shared.standing().await.policy;
    let fits = policy.owner_of_key(&session.key).is_some_and(|owner| *owner == session.person);
    if fits {
        Ok(())
    } else {
        Err(Fault::new(
            Code::Unauthenticated,
            "the policy no longer knows the key that this session was made with",
        )
        .hint("ask the policy's owner, then `jit login` again"))
    }
}

/// The error for a missing or ended session.
pub fn unauthenticated() -> Fault {
    Fault::new(Code::Unauthenticated, "there is no session, or it has expired").hint("run `jit login`")
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && (16..=256).contains(&token.len())).then_some(token)
}

/// A JSON body of the right type, of at most [`MAX_BODY`] bytes, received within a time limit.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<Shared>> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| {
                value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
            });
        if !json {
            return Err(Fault::new(Code::BadRequest, "the body must be application/json"));
        }
        let bytes = read_body(request, shared).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            Fault::new(
                Code::BadRequest,
                format!("the body does not have the expected form: {}", sanitise(&error.to_string())),
            )
        })
    }
}

/// Reads a body of at most [`MAX_BODY`] bytes within a time limit.
pub async fn read_body(request: Request, shared: &Arc<Shared>) -> Result<Bytes, Fault> {
    tokio::time::timeout(BODY_TIME, Bytes::from_request(request, shared))
        .await
        .map_err(|_| Fault::new(Code::BadRequest, "the body did not arrive in time"))?
        .map_err(|rejection| match rejection.status().as_u16() {
            413 => Fault::new(Code::TooLarge, format!("a body has at most {MAX_BODY} bytes")),
            _ => Fault::new(Code::BadRequest, "the body broke off"),
        })
}

impl<T: DeserializeOwned> OptionalFromRequest<Arc<Shared>> for Body<T> {
    type Rejection = Fault;

    /// `None` if the call has no body at all.
    async fn from_request(request: Request, shared: &Arc<Shared>) -> Result<Option<Self>, Fault> {
        if request.headers().get(header::CONTENT_TYPE).is_none() {
            return Ok(None);
        }
        <Self as FromRequest<Arc<Shared>>>::from_request(request, shared).await.map(Some)
    }
}

/// The one variable part of a path.
pub struct Segment(pub String);

impl FromRequestParts<Arc<Shared>> for Segment {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let Path(text) = Path::<String>::from_request_parts(parts, shared)
            .await
            .map_err(|_| Fault::new(Code::BadRequest, "the path cannot be read"))?;
        Ok(Self(text))
    }
}

/// A number in the query string: non-negative and of 63 bits, like OpenAPI's `int64`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct Count(pub u64);

impl TryFrom<i64> for Count {
    type Error = TryFromIntError;

    fn try_from(value: i64) -> Result<Self, TryFromIntError> {
        u64::try_from(value).map(Self)
    }
}

/// The query string's parameters.
pub struct Parameters<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Arc<Shared>> for Parameters<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Fault> {
        let Query(parameters) = Query::<T>::from_request_parts(parts, shared).await.map_err(|error| {
            Fault::new(
                Code::BadRequest,
                format!("the query cannot be read: {}", sanitise(&error.body_text())),
            )
        })?;
        Ok(Self(parameters))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        headers
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let proxy = address("10.0.0.1");
        let client = address("192.0.2.7");
        let spoofed = forwarded(&["198.51.100.1, 192.0.2.7"]);
        assert_eq!(behind_proxies(client, &spoofed, &[proxy]), Some(client));
        assert_eq!(behind_proxies(proxy, &spoofed, &[proxy]), Some(client));
        assert_eq!(behind_proxies(proxy, &forwarded(&["192.0.2.7", "10.0.0.1"]), &[proxy]), Some(client));
        assert_eq!(behind_proxies(proxy, &forwarded(&["192.0.2.7, nonsense"]), &[proxy]), None);
        assert_eq!(behind_proxies(proxy, &forwarded(&[]), &[proxy]), None);
    }

    #[test]
    fn one_bearer_token_and_nothing_else() {
        let headers = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
            headers
        };
        let token = "t".repeat(43);
        assert_eq!(bearer(&headers(&format!("Bearer {token}"))), Some(token.as_str()));
        assert_eq!(bearer(&headers(&format!("bearer {token}"))), Some(token.as_str()));
        for bad in ["Basic YTpi", "Bearer", "Bearer x", &token] {
            assert_eq!(bearer(&headers(bad)), None, "{bad}");
        }
        let mut twice = headers(&format!("Bearer {token}"));
        twice.append(header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
        assert_eq!(bearer(&twice), None);
    }
}
