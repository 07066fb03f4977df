//! A provider's key set (RFC 7517): which keys can verify an ID token, and which one a token names.

use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value;

use super::IdTokenError;

/// The most keys that a set may have. Google and Entra publish fewer than ten.
const MAX_KEYS: usize = 100;
/// The longest key, in bytes of canonical JSON. An RSA key of 8192 bits needs 1.5 KiB.
const MAX_KEY: usize = 8 * 1024;
/// The members of a key that verification needs. A certificate chain is left out.
const MEMBERS: [&str; 8] = ["alg", "crv", "e", "kid", "kty", "n", "use", "x"];
/// The second coordinate of a point on a curve.
const ORDINATE: &str = "y";

/// A key that can verify ID tokens.
#[derive(Debug, Clone)]
pub struct Key {
    id: Option<String>,
    /// The algorithms that fit the key's type, and its own `alg` if it has one.
    algorithms: Vec<Algorithm>,
    decoding: DecodingKey,
    text: String,
}

impl Key {
    /// Reads one key. `None` if it cannot verify an ID token: an unknown type, another purpose, or a broken value.
    fn read(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let text = |name: &str| members.get(name).map(|value| value.as_str());
        // A member of another type than text makes the key unusable.
        let own = |name: &str| match text(name) {
            None => Some(None),
            Some(value) => value.map(Some),
        };
        if own("use")?.is_some_and(|purpose| purpose != "sig") || !may_verify(members) {
            return None;
        }
        let (kind, curve, named) = (own("kty")??, own("crv")?, own("alg")?);
        let fitting: &[(Algorithm, &str)] = match (kind, curve) {
            ("RSA", _) => &[(Algorithm::RS256, "RS256"), (Algorithm::PS256, "PS256")],
            ("EC", Some("P-256")) => &[(Algorithm::ES256, "ES256")],
            ("OKP", Some("Ed25519")) => &[(Algorithm::EdDSA, "EdDSA")],
            _ => &[],
        };
        let fits = |own: &str| named.is_none_or(|named| named == own);
        let algorithms: Vec<_> =
            fitting.iter().filter(|(_, name)| fits(name)).map(|(algorithm, _)| *algorithm).collect();
        let kept: Map<String, Value> = members
            .iter()
            .filter(|(name, _)| MEMBERS.contains(&name.as_str()) || *name == ORDINATE)
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let jwk: Jwk = serde_json::from_value(Value::Object(kept.clone())).ok()?;
        let decoding = DecodingKey::from_jwk(&jwk).ok()?;
        let text = serde_json_canonicalizer::to_string(&kept).ok()?;
        let usable = !algorithms.is_empty() && text.len() <= MAX_KEY;
        usable.then_some(Self { id: own("kid")?.map(str::to_owned), algorithms, decoding, text })
    }

    /// Whether the key may verify this algorithm.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// The key in the library's form.
    pub(super) fn decoding(&self) -> &DecodingKey {
        &self.decoding
    }

    /// The key as canonical JSON, for the log.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Whether the key's operations allow verifying, if it lists any (RFC 7517, section 4.3).
fn may_verify(members: &Map<String, Value>) -> bool {
    members.get("key_ops").is_none_or(|listed| {
        listed.as_array().is_some_and(|listed| listed.iter().any(|operation| operation == "verify"))
    })
}

/// The usable keys of a provider.
#[derive(Debug, Clone)]
pub struct KeySet {
    keys: Vec<Key>,
}

impl KeySet {
    /// Reads a key set. Keys of unknown types, for other purposes or with broken values are ignored (RFC 7517, section 5).
    ///
    /// # Errors
    /// The document is not a key set, or lists more than 100 keys. The text says which.
    pub fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        #[derive(Deserialize)]
        struct Document {
            keys: Vec<Value>,
        }
        let document: Document = serde_json::from_slice(bytes).map_err(|_| "it is not a key set")?;
        if document.keys.len() > MAX_KEYS {
            return Err("it has too many keys");
        }
        Ok(Self { keys: document.keys.iter().filter_map(Key::read).collect() })
    }

    /// Reads one key as [`super::Proven::key`] keeps it.
    pub(super) fn of_one(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        Key::read(&value).map(|key| Self { keys: vec![key] })
    }

    /// Finds the key that a token names. A key id is compared as text and never interpreted. A token without a key id is
    /// accepted only if the provider has exactly one usable key.
    ///
    /// # Errors
    /// No key or more than one key has this id.
    pub(super) fn find(&self, id: Option<&str>) -> Result<&Key, IdTokenError> {
        let mut fitting = self.keys.iter().filter(|key| id.is_none() || key.id.as_deref() == id);
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) if id.is_none() => Err(IdTokenError::NamesNoKey),
            (Some(_), Some(_)) => Err(IdTokenError::SeveralKeys),
            (None, _) => Err(IdTokenError::UnknownKey),
        }
    }
}
