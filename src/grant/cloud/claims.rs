//! Claims of a token that a policy chooses: what a relying party reads besides the subject.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::error::shown;
use crate::grant::Digest;

/// The longest claims, in characters of their compact form: a token of this size still fits into every header and
/// keychain item.
pub const MAX_CLAIMS: usize = 1024;

/// The claims that the authority itself writes, and those that would change what a token is: the registered ones of RFC 7519
/// and OpenID Connect that say who, for whom and when, and `cnf`, which binds a token to a key (RFC 7800).
const RESERVED: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "act",
    "may_act",
    "cnf",
    "nonce",
    "auth_time",
    "client_id",
];

/// Claims that are reserved by their beginning: our own, and those in which clouds read roles and session tags.
const RESERVED_BEGINNINGS: [&str; 3] = ["jit_", "https://aws.amazon.com/", "https://sts.amazonaws.com/"];

/// Why claims are refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// Not a JSON object of claims.
    #[error("claims are a table of names and values")]
    Shape,
    /// A claim that the authority writes itself.
    #[error("the claim `{0}` is written by jit alone")]
    Reserved(String),
    /// A name that is empty, too long, or has characters that a statement cannot show.
    #[error("{0:?} cannot be the name of a claim")]
    Name(String),
    /// A value other than a text, a whole number, a truth value or a list of texts.
    #[error("the claim `{0}` must be a text, a whole number, true or false, or a list of texts")]
    Value(String),
    /// Longer than a token may carry.
    #[error("the claims have {0} characters; at most {MAX_CLAIMS} fit")]
    TooLong(usize),
    /// There is none.
    #[error("there is no claim in it")]
    Empty,
}

/// At least one claim, in a canonical form: compact JSON with the names in order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Claims(String);

impl Claims {
    /// Checks claims and brings them into their canonical form.
    ///
    /// # Errors
    /// A name is reserved or strange, a value is of another kind, or there is too much of it.
    pub fn of(claims: impl IntoIterator<Item = (String, Value)>) -> Result<Self, ClaimsError> {
        let mut sorted = BTreeMap::new();
        for (name, value) in claims {
            check_name(&name)?;
            if !is_plain(&value) {
                return Err(ClaimsError::Value(name));
            }
            sorted.insert(name, value);
        }
        if sorted.is_empty() {
            return Err(ClaimsError::Empty);
        }
        let text = serde_json::to_string(&sorted).map_err(|_| ClaimsError::Shape)?;
        if text.len() > MAX_CLAIMS {
            return Err(ClaimsError::TooLong(text.len()));
        }
        Ok(Self(text))
    }

    /// Reads claims from JSON, in any form.
    ///
    /// # Errors
    /// It is not an object of claims.
    pub fn parse(text: &str) -> Result<Self, ClaimsError> {
        let value: Value = serde_json::from_str(text).map_err(|_| ClaimsError::Shape)?;
        let Value::Object(members) = value else { return Err(ClaimsError::Shape) };
        Self::of(members)
    }

    /// The canonical JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The claims by name.
    pub fn members(&self) -> BTreeMap<String, Value> {
        serde_json::from_str(&self.0).unwrap_or_default()
    }

    /// The parts of these claims that others do not have: a name, or a name and a text of its list, as `NAME=VALUE`. Everything, if there are no
    /// others.
    pub fn beside(&self, others: Option<&Self>) -> Vec<String> {
        let known = others.map(Self::members).unwrap_or_default();
        let mut added = Vec::new();
        for (name, value) in self.members() {
            match (&value, known.get(&name)) {
                (_, Some(other)) if *other == value => {}
                (Value::Array(texts), Some(Value::Array(others))) => {
                    let new = texts.iter().filter(|text| !others.contains(text));
                    added.extend(new.map(|text| format!("{name}={}", text.as_str().unwrap_or_default())));
                }
                _ => added.push(name),
            }
        }
        added
    }

    /// The SHA-256 of [`Claims::as_str`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }
}

impl fmt::Display for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

fn check_name(name: &str) -> Result<(), ClaimsError> {
    let is_reserved = RESERVED.contains(&name) || RESERVED_BEGINNINGS.iter().any(|own| name.starts_with(own));
    if is_reserved {
        return Err(ClaimsError::Reserved(name.to_owned()));
    }
    let fits = (1..=128).contains(&name.len()) && is_printable(name);
    if fits { Ok(()) } else { Err(ClaimsError::Name(shown(name, 64))) }
}

/// ASCII that a person can read: reviewers see claims in the statement that they sign.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::String(text) => is_printable(text),
        Value::Bool(_) => true,
        Value::Number(number) => number.is_i64() || number.is_u64(),
        Value::Array(items) => items.iter().all(|item| item.as_str().is_some_and(is_printable)),
        Value::Null | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_have_one_form() {
        let one = Claims::parse(r#"{ "groups": ["b", "a"], "admin": true, "level": 3 }"#).unwrap();
        assert_eq!(one.as_str(), r#"{"admin":true,"groups":["b","a"],"level":3}"#);
        assert_eq!(Claims::parse(one.as_str()).unwrap(), one);
    }

    #[test]
    fn what_would_change_whose_token_it_is_is_refused() {
        for name in ["sub", "aud", "exp", "iss", "azp", "cnf", "jit_role", "https://aws.amazon.com/roles"] {
            let text = format!(r#"{{"{name}":"x"}}"#);
            assert!(matches!(Claims::parse(&text), Err(ClaimsError::Reserved(_))), "{name}");
        }
        for bad in
            [r#"{}"#, "[]", "x", r#"{"a":null}"#, r#"{"a":{"b":1}}"#, r#"{"a":1.5}"#, r#"{"a":["b",1]}"#]
        {
            assert!(Claims::parse(bad).is_err(), "{bad}");
        }
        for bad in ["{\"a\\n\":1}", r#"{"":1}"#, "{\"a\":\"\u{202e}b\"}"] {
            assert!(Claims::parse(bad).is_err(), "{bad}");
        }
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_CLAIMS));
        assert!(matches!(Claims::parse(&long), Err(ClaimsError::TooLong(_))));
    }
}
