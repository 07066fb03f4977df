//! Security event tokens of a provider (RFC 8417). Pure: it reads no clock and fetches nothing.

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;

use super::jwk::KeySet;
use super::token::IdTokenError;
use super::token::SKEW;
use super::token::Typed;
use super::token::seconds;
use super::token::signed;

/// The longest id of an event, in bytes.
const MAX_ID: usize = 255;
/// The oldest event that is accepted, in seconds. Transmitters repeat what was not answered for a while.
const OLDEST: i64 = 24 * 3_600;

/// A verified security event.
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityEvent {
    /// The event's id (`jti`), unique within the issuer.
    pub id: String,
    /// When the provider issued it.
    pub issued: Timestamp,
    /// Its subject (`sub_id`, RFC 9493). `None` if the events name it.
    pub subject: Option<Value>,
    /// The events, by their URI.
    pub events: Map<String, Value>,
}

/// Verifies a security event with a provider's keys at a time. It has no `exp` (RFC 8417, section 2.2), so an event of more
/// than a day ago is refused.
///
/// # Errors
/// The first check that it fails.
pub fn verify(
    token: &str,
    keys: &KeySet,
    issuer: &str,
    audiences: &[&str],
    now: Timestamp,
) -> Result<SecurityEvent, IdTokenError> {
    let (mut claims, _) = signed(token, keys, Typed::Event)?;
    let text = |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(IdTokenError::Claim(name));
    if text("iss")? != issuer {
        return Err(IdTokenError::Issuer);
    }
    let named: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return Err(IdTokenError::Claim("aud")),
    };
    if !named.iter().any(|name| audiences.contains(name)) {
        return Err(IdTokenError::Audience);
    }
    let id = text("jti")?.to_owned();
    if id.is_empty() || id.len() > MAX_ID {
        return Err(IdTokenError::Claim("jti"));
    }
    let at = seconds(&claims, "iat")?.ok_or(IdTokenError::Claim("iat"))?;
    let issued = Timestamp::from_second(at).map_err(|_| IdTokenError::Claim("iat"))?;
    let now = now.as_second();
    if at > now + SKEW {
        return Err(IdTokenError::NotYet);
    }
    if at < now - OLDEST {
        return Err(IdTokenError::Expired);
    }
    let subject = claims.remove("sub_id");
    let Some(Value::Object(events)) = claims.remove("events") else {
        return Err(IdTokenError::Claim("events"));
    };
    Ok(SecurityEvent { id, issued, subject, events })
}
