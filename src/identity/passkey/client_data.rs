//! The client data, which the browser writes for an assertion or a registration (WebAuthn §5.8.1).

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::Visitor;
use serde_json::Value;

use super::site::Site;

/// The type of an assertion.
pub(super) const GET: &str = "webauthn.get";
/// The type of a registration.
pub(super) const CREATE: &str = "webauthn.create";

/// Demands that a browser made this client data: of this type, for exactly this challenge, on a page of this site that is in no
/// other site's frame, and spelt as OpenSSH expects it (`ssh-ecdsa-sk.c`, `webauthn_check_prepare_hash`).
///
/// # Errors
/// The cause, as a sentence about "it".
pub(super) fn check(json: &[u8], kind: &str, challenge: &[u8], site: &Site) -> Result<(), String> {
    let Members(members) = serde_json::from_slice(json)
        .map_err(|error| format!("its client data is not one JSON object ({error})"))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("type") != kind {
        return Err(format!("it was made by {:?}, not by {kind:?}", text("type")));
    }
    let challenge = BASE64URL_NOPAD.encode(challenge);
    if text("challenge") != challenge {
        return Err("it answers another challenge: it was made over other bytes".to_owned());
    }
    if text("origin") != site.origin {
        return Err(format!("it was made at {:?}, not at {}", text("origin"), site.origin));
    }
    if members.contains_key("topOrigin") || members.get("crossOrigin").is_some_and(|cross| *cross != false) {
        return Err("it was made in a frame of another site".to_owned());
    }
    let beginning = format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{}""#, site.origin);
    // White space after the object would be no part of it.
    if json.starts_with(beginning.as_bytes()) && json.ends_with(b"}") {
        Ok(())
    } else {
        Err("its client data is not spelt as browsers spell it".to_owned())
    }
}

/// The members of an object. A member that comes twice is refused.
struct Members(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once).map(Self)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = BTreeMap<String, Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{name:?} comes twice")));
            }
            members.insert(name, value);
        }
        Ok(members)
    }
}
