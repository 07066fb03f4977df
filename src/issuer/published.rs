//! The documents that the host of an issuer serves, and how they differ from those that it should serve.
//!
//! Everything is fetched from the issuer's own URL, never from an address that a document names. Redirects are not followed.

use std::time::Duration;

use serde_json::Value;

use super::DISCOVERY_PATH;
use super::Documents;
use super::KEY_SET_PATH;
use super::keys::is_named_by_thumbprint;
use crate::grant::text::sanitise;
use crate::system::Http;
use crate::system::http::HttpError;
use crate::system::http::Request;
use crate::system::http::Response;

/// The time limit for one document. AWS gives up after five seconds for both.
const LIMIT: Duration = Duration::from_secs(5);

/// The largest document that is read, in bytes: a hundred keys, which is the most that AWS takes.
const LARGEST: usize = 64 * 1024;

/// The longest text of a host that is quoted, in characters.
const QUOTED: usize = 120;

/// Why a document of a host cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The host does not answer in time, or not at all.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The host answers with a redirect.
    #[error("the host redirects to {0}, and clouds need not follow")]
    Redirect(String),
    /// The host answers with an error.
    #[error("the host answers {0}")]
    Status(u16),
    /// The document is too large.
    #[error("it is larger than {LARGEST} bytes")]
    TooLarge,
    /// The document is not what it should be.
    #[error("it is not {0}")]
    Form(&'static str),
}

/// A document that cannot be read, with its address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url} cannot be read: {why}")]
pub struct LookError {
    /// The address of the document.
    pub url: String,
    /// The cause.
    pub why: Unreadable,
}

/// Both documents of a host, as it serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    discovery: Value,
    keys: Vec<Value>,
    /// The addresses of documents that are not served as JSON, with the content type.
    other_types: Vec<(String, Option<String>)>,
}

/// A difference between the documents of a host and those that it should serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// A member of the discovery document. Clouds refuse every token of such an issuer.
    Member {
        /// Its name.
        name: String,
        /// The value that the host serves, as JSON. `None` if there is none.
        served: Option<String>,
        /// The right value, as JSON.
        right: String,
    },
    /// The host does not serve this key.
    Missing(String),
    /// The host serves a key with this id that differs in these members.
    Changed(String, Vec<String>),
    /// The host serves several keys with this id.
    Twice(String),
    /// The host serves a key that is not published here. Its holder may sign for this issuer.
    Strange {
        /// Its id.
        kid: String,
        /// Whether the id is the thumbprint of the key, so that it tells which key this is.
        is_thumbprint: bool,
    },
    /// A document is served under another content type than JSON.
    ContentType(String, Option<String>),
}

impl Difference {
    /// Whether it is a matter of taste, not of function.
    pub fn is_mild(&self) -> bool {
        matches!(self, Self::ContentType(..))
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Member { name, served: Some(served), right } => {
                write!(to, "its discovery document has {name} {served} instead of {right}")
            }
            Self::Member { name, served: None, right } => {
                write!(to, "its discovery document lacks {name} {right}")
            }
            Self::Missing(kid) => write!(to, "it does not serve the key {kid}"),
            Self::Changed(kid, members) => {
                write!(to, "it serves another key as {kid}, which differs in {}", members.join(", "))
            }
            Self::Twice(kid) => write!(to, "it serves several keys as {kid}"),
            Self::Strange { kid, .. } => write!(to, "it serves the key {kid}, which is not the broker's"),
            Self::ContentType(url, Some(kind)) => {
                write!(to, "it serves {url} as {kind} instead of application/json")
            }
            Self::ContentType(url, None) => write!(to, "it serves {url} without a content type"),
        }
    }
}

/// A host's documents compared with the right ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The ids of the keys that clouds find there: the discovery document leads to them, and each is there once and
    /// unchanged.
    pub usable: Vec<String>,
    /// The differences from the right documents. Empty if there are none.
    pub differences: Vec<Difference>,
}

/// Fetches both documents from the host of an issuer.
///
/// # Errors
/// One of them cannot be read. The host may be away, or answer with something else.
pub async fn look(http: &dyn Http, issuer_url: &str) -> Result<Served, LookError> {
    let (discovery_url, keys_url) =
        (format!("{issuer_url}{DISCOVERY_PATH}"), format!("{issuer_url}{KEY_SET_PATH}"));
    let (discovery, keys) = tokio::join!(fetch(http, &discovery_url), fetch(http, &keys_url));
    let (discovery, keys) = (discovery?, keys?);
    let other_types = [(&discovery_url, &discovery), (&keys_url, &keys)]
        .into_iter()
        .filter_map(|(url, answer)| Some((url.clone(), other_type(answer)?)))
        .collect();
    let unfit = |url: &str, form| LookError { url: url.to_owned(), why: Unreadable::Form(form) };
    let parsed: Option<Value> = serde_json::from_slice(&discovery.body).ok();
    let discovery = parsed
        .filter(Value::is_object)
        .ok_or_else(|| unfit(&discovery_url, "a discovery document (OpenID Connect)"))?;
    let parsed: Option<Value> = serde_json::from_slice(&keys.body).ok();
    let keys = parsed
        .and_then(|set| set.get("keys")?.as_array().cloned())
        .ok_or_else(|| unfit(&keys_url, "a key set (JWKS)"))?;
    Ok(Served { discovery, keys, other_types })
}

async fn fetch(http: &dyn Http, url: &str) -> Result<Response, LookError> {
    let request = Request::new(http::Method::GET, url).time_limit(LIMIT);
    let fail = |why| LookError { url: url.to_owned(), why };
    let answer = match http.send(request).await {
        Ok(answer) => answer,
        Err(HttpError::TooLarge { .. }) => return Err(fail(Unreadable::TooLarge)),
        Err(error) => return Err(fail(error.into())),
    };
    match answer.status {
        200 if answer.body.len() > LARGEST => Err(fail(Unreadable::TooLarge)),
        200 => Ok(answer),
        300..=399 => {
            let to = answer.header("location").map_or_else(|| "nowhere".to_owned(), quoted);
            Err(fail(Unreadable::Redirect(to)))
        }
        status => Err(fail(Unreadable::Status(status))),
    }
}

/// The content type, if it is not JSON (RFC 6839 §3.1: `application/…+json` is).
fn other_type(answer: &Response) -> Option<Option<String>> {
    let Some(kind) = answer.header("content-type") else { return Some(None) };
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json");
    (!is_json).then(|| Some(quoted(&kind)))
}

/// Text of a host, safe to show.
fn quoted(text: &str) -> String {
    sanitise(text).chars().take(QUOTED).collect()
}

/// Compares what a host serves with what it should serve.
pub fn compare(right: &Documents, served: &Served) -> Comparison {
    let mut found = Comparison::default();
    for (name, right) in right.members() {
        let there = served.discovery.get(&name);
        if there != Some(&right) {
            let served = there.map(|there| quoted(&there.to_string()));
            found.differences.push(Difference::Member { name, served, right: right.to_string() });
        }
    }
    let leads_to_the_keys = found.differences.is_empty();
    for (kid, key) in right.keys() {
        let named: Vec<&Value> = served.keys.iter().filter(|key| id_of(key) == Some(kid)).collect();
        match named.as_slice() {
            [] => found.differences.push(Difference::Missing(kid.to_owned())),
            [there] if *there == key => found.usable.push(kid.to_owned()),
            [there] => {
                found.differences.push(Difference::Changed(kid.to_owned(), different_members(key, there)));
            }
            _ => found.differences.push(Difference::Twice(kid.to_owned())),
        }
    }
    if !leads_to_the_keys {
        found.usable.clear();
    }
    for key in &served.keys {
        if id_of(key).is_none_or(|kid| right.keys().all(|(own, _)| own != kid)) {
            let kid = id_of(key).map_or_else(|| "without an id".to_owned(), quoted);
            let is_thumbprint = is_named_by_thumbprint(key);
            found.differences.push(Difference::Strange { kid, is_thumbprint });
        }
    }
    let types = served.other_types.iter().cloned();
    found.differences.extend(types.map(|(url, kind)| Difference::ContentType(url, kind)));
    found
}

fn id_of(key: &Value) -> Option<&str> {
    key.get("kid")?.as_str()
}

/// The names of the members in which two keys differ.
fn different_members(right: &Value, there: &Value) -> Vec<String> {
    let members = |key: &Value| key.as_object().cloned().unwrap_or_default();
    let (right, there) = (members(right), members(there));
    let mut names: Vec<String> = right
        .iter()
        .filter(|(name, value)| there.get(*name) != Some(value))
        .map(|(name, _)| name.clone())
        .chain(there.keys().filter(|name| !right.contains_key(*name)).map(|name| quoted(name)))
        .collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
#[path = "published_tests.rs"]
mod tests;
