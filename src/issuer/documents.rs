//! The two documents that clouds fetch from an issuer's address.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::KEY_SET_PATH;

/// The members of a key that clouds accept, in name order (AWS refuses `key_ops`, Google refuses `x5c`).
const KEY_MEMBERS: [&str; 6] = ["alg", "e", "kid", "kty", "n", "use"];

/// The discovery document (OpenID Connect Discovery 1.0 §3) of an issuer. It names only what exists.
pub fn discovery_json(issuer_url: &str) -> String {
    discovery(issuer_url).to_string()
}

fn discovery(issuer_url: &str) -> Value {
    json!({
        "issuer": issuer_url,
        "jwks_uri": format!("{issuer_url}{KEY_SET_PATH}"),
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["iss", "sub", "aud", "iat", "exp", "jti"],
    })
}

/// Both documents, as the host of the issuer must serve them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Documents {
    issuer: String,
    discovery: Value,
    keys: Vec<Value>,
}

/// Why two texts are not the documents of an issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentsError {
    /// The discovery document is not one that jit writes.
    #[error("the discovery document {0}")]
    Discovery(&'static str),
    /// The key set is not one that jit writes.
    #[error("the key set {0}")]
    KeySet(&'static str),
}

impl Documents {
    /// The documents of an issuer with this key set, which [`super::Issuer::key_set_json`] made.
    ///
    /// # Errors
    /// The text is not such a key set.
    pub fn of(issuer_url: &str, key_set: &str) -> Result<Self, DocumentsError> {
        let keys = keys_of(key_set.as_bytes())?;
        Ok(Self { issuer: issuer_url.to_owned(), discovery: discovery(issuer_url), keys })
    }

    /// Reads the documents that a broker serves.
    ///
    /// # Errors
    /// One of them does not have the form that jit writes, or they do not belong together.
    pub fn read(discovery: &[u8], key_set: &[u8]) -> Result<Self, DocumentsError> {
        let no = DocumentsError::Discovery;
        let document: Value = serde_json::from_slice(discovery).map_err(|_| no("is not JSON"))?;
        let text = |name: &str| document.get(name).and_then(Value::as_str);
        let issuer = text("issuer").ok_or(no("names no issuer"))?.to_owned();
        if text("jwks_uri") != Some(&format!("{issuer}{KEY_SET_PATH}")) {
            return Err(no("names another address of the key set than the issuer's"));
        }
        Ok(Self { keys: keys_of(key_set)?, issuer, discovery: document })
    }

    /// The same keys for an issuer with another URL.
    #[must_use]
    pub fn at(self, issuer_url: &str) -> Self {
        Self { issuer: issuer_url.to_owned(), discovery: discovery(issuer_url), keys: self.keys }
    }

    /// The issuer's URL.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The discovery document as JSON.
    pub fn discovery_json(&self) -> String {
        self.discovery.to_string()
    }

    /// The key set as JSON (RFC 7517 §5). Google takes the same text as `jwksJson`.
    pub fn key_set_json(&self) -> String {
        json!({ "keys": self.keys }).to_string()
    }

    /// The members of the discovery document.
    pub(super) fn members(&self) -> Map<String, Value> {
        self.discovery.as_object().cloned().unwrap_or_default()
    }

    /// The keys (RFC 7517 §4) with their ids.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.keys.iter().filter_map(|key| Some((key.get("kid")?.as_str()?, key)))
    }
}

/// The keys of a key set that jit wrote. Nothing else may be published as ours.
fn keys_of(key_set: &[u8]) -> Result<Vec<Value>, DocumentsError> {
    let no = DocumentsError::KeySet;
    let document: Value = serde_json::from_slice(key_set).map_err(|_| no("is not JSON"))?;
    let keys = document.get("keys").and_then(Value::as_array).ok_or(no("has no list of keys"))?;
    let fits = |key: &Value| {
        key.as_object().is_some_and(|members| {
            let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
            names.sort_unstable();
            names == KEY_MEMBERS && members.values().all(Value::is_string)
        })
    };
    if keys.is_empty() {
        Err(no("is empty"))
    } else if !keys.iter().all(fits) {
        Err(no("has a key with other members than clouds accept"))
    } else {
        Ok(keys.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://jit.example.com/team";

    fn key(more: &str) -> String {
        format!(
            r#"{{"keys":[{{"kty":"RSA","use":"sig","alg":"RS256","kid":"one","n":"AQ","e":"AQAB"{more}}}]}}"#
        )
    }

    #[test]
    fn a_brokers_documents_are_read_and_written_alike() {
        let documents = Documents::of(ISSUER, &key("")).unwrap();
        let (discovery, keys) = (documents.discovery_json(), documents.key_set_json());
        assert_eq!(Documents::read(discovery.as_bytes(), keys.as_bytes()).unwrap(), documents);
        assert_eq!(documents.keys().map(|(kid, _)| kid).collect::<Vec<_>>(), ["one"]);
        let moved = documents.at("https://a.example.com");
        assert_eq!(moved.discovery_json(), discovery_json("https://a.example.com"));
        assert_eq!(moved.key_set_json(), keys);
    }

    #[test]
    fn what_jit_did_not_write_is_refused() {
        let discovery = discovery_json(ISSUER);
        for (bad, keys) in [
            ("<html>", key("")),
            ("{}", key("")),
            (r#"{"issuer":"https://a.example.com","jwks_uri":"https://b.example.com/keys"}"#, key("")),
            (&discovery, "<html>".to_owned()),
            (&discovery, r#"{"keys":[]}"#.to_owned()),
            (&discovery, r#"{"keys":{}}"#.to_owned()),
            (&discovery, key(r#","key_ops":["verify"]"#)),
            (&discovery, key(r#","d":"canary-private-exponent""#)),
            (&discovery, key("").replace(r#""AQAB""#, "3")),
        ] {
            let error = Documents::read(bad.as_bytes(), keys.as_bytes()).unwrap_err().to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
