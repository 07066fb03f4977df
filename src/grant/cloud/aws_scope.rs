//! The permissions of a scope of an AWS role: an IAM policy document, small enough to travel with every session.

use std::fmt;

use serde::Deserialize;
use serde::Deserializer;
use serde::de::Error;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;

use crate::grant::Digest;

/// The longest session policy that STS accepts, in characters (API reference of `AssumeRoleWithWebIdentity`).
pub const MAX_SESSION_POLICY: usize = 2048;

/// The most characters that the authority's own statements take: the end of the grant, and the requester's address.
pub const OWN_STATEMENTS: usize = 320;

/// The characters left for a scope's document.
const MAX_DOCUMENT: usize = MAX_SESSION_POLICY - OWN_STATEMENTS;

/// Why a text is not a scope's document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not JSON, or a member is duplicated.
    #[error("this is not JSON: {message}")]
    Json {
        /// The mistake.
        message: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// Not a session policy.
    #[error("this is not a session policy of IAM: {0}")]
    Shape(&'static str),
    /// Longer than STS accepts.
    #[error(
        "the document has {0} characters without blanks; at most {MAX_DOCUMENT} fit beside the end of the grant"
    )]
    TooLong(usize),
    /// Not the form of another place than AWS; the text says how.
    #[error("{0}")]
    Other(String),
}

impl DocumentError {
    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::Json { message: without_place(&error.to_string()), line: error.line(), column: error.column() }
    }
}

/// An IAM policy document that fits into a session policy, in compact form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsScopeDocument {
    text: String,
    statements: String,
    digest: Digest,
}

impl AwsScopeDocument {
    /// Parses a document. `expand` is applied to every string value in it.
    pub fn parse(text: &str, expand: impl Fn(&str) -> String) -> Result<Self, DocumentError> {
        let Strict(mut value) = serde_json::from_str(text).map_err(|error| DocumentError::json(&error))?;
        expand_texts(&mut value, &expand);
        let statements = check(&value)?;
        let text = value.to_string();
        let length = text.chars().count();
        if length > MAX_DOCUMENT {
            return Err(DocumentError::TooLong(length));
        }
        // STS accepts only these characters (`sessionPolicyDocumentType`).
        if text.chars().any(|character| !matches!(character, ' '..='\u{ff}')) {
            return Err(DocumentError::Shape("it has characters beyond U+00FF"));
        }
        Ok(Self { digest: Digest::of(text.as_bytes()), statements, text })
    }

    /// The whole document in compact form.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its statements as JSON, separated by commas.
    pub fn statements(&self) -> &str {
        &self.statements
    }

    /// The SHA-256 of [`AwsScopeDocument::as_str`]: what a request names, and what ends it when it changes.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

/// The message of `serde_json` without the position, which is reported separately.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(said, _)| said).to_owned()
}

/// Checks a session policy as far as possible without AWS. Returns its statements, separated by commas.
fn check(value: &Value) -> Result<String, DocumentError> {
    let Value::Object(members) = value else { return Err(DocumentError::Shape("it is not an object")) };
    if members.get("Version").and_then(Value::as_str) != Some("2012-10-17") {
        return Err(DocumentError::Shape("its Version is not \"2012-10-17\""));
    }
    if members.keys().any(|key| !matches!(key.as_str(), "Version" | "Id" | "Statement")) {
        return Err(DocumentError::Shape("it has members besides Version, Id and Statement"));
    }
    let statements = match members.get("Statement") {
        Some(Value::Array(statements)) if !statements.is_empty() => statements.as_slice(),
        Some(statement @ Value::Object(_)) => std::slice::from_ref(statement),
        _ => return Err(DocumentError::Shape("it has no Statement")),
    };
    for statement in statements {
        let Value::Object(members) = statement else {
            return Err(DocumentError::Shape("a statement is not an object"));
        };
        let known = |key: &String| {
            matches!(
                key.as_str(),
                "Sid" | "Effect" | "Action" | "NotAction" | "Resource" | "NotResource" | "Condition"
            )
        };
        if !members.keys().all(known) {
            return Err(DocumentError::Shape("a statement has members that a session policy cannot have"));
        }
        if !matches!(members.get("Effect").and_then(Value::as_str), Some("Allow" | "Deny")) {
            return Err(DocumentError::Shape("a statement's Effect is neither Allow nor Deny"));
        }
        let one_of = |one, other| members.contains_key(one) != members.contains_key(other);
        if !one_of("Action", "NotAction") || !one_of("Resource", "NotResource") {
            return Err(DocumentError::Shape("a statement needs one Action and one Resource"));
        }
    }
    Ok(statements.iter().map(Value::to_string).collect::<Vec<_>>().join(","))
}

/// Applies `expand` to every string value. `serde_json` has already bounded the depth.
pub(super) fn expand_texts(value: &mut Value, expand: &impl Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = expand(text),
        Value::Array(items) => items.iter_mut().for_each(|item| expand_texts(item, expand)),
        Value::Object(members) => members.values_mut().for_each(|member| expand_texts(member, expand)),
        _ => {}
    }
}

/// JSON without duplicate members: two parsers might each take a different one.
pub(super) struct Strict(pub(super) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Strict;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("JSON")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Strict, E> {
                Ok(Strict(value.into()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Strict, E> {
                Ok(Strict(value.into()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Strict, E> {
                Ok(Strict(value.into()))
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Strict, E> {
                Err(E::custom("a fraction has no place in a policy"))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Strict, E> {
                Ok(Strict(value.into()))
            }

            fn visit_unit<E: Error>(self) -> Result<Strict, E> {
                Err(E::custom("null has no place in a policy"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
                let mut found = Vec::new();
                while let Some(Strict(item)) = items.next_element()? {
                    found.push(item);
                }
                Ok(Strict(found.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Strict, A::Error> {
                let mut found = Map::new();
                while let Some((name, Strict(value))) = members.next_entry::<String, Strict>()? {
                    if found.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member occurs twice"));
                    }
                }
                Ok(Strict(found.into()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = r#"{ "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:*:{id}:table/orders" }] }"#;

    #[test]
    fn blanks_do_not_matter_and_everything_else_does() {
        let read = |text: &str| AwsScopeDocument::parse(text, str::to_owned).unwrap();
        let compact = READ.replace(['\n', ' '], "");
        assert_eq!(read(READ), read(&compact));
        assert_eq!(read(READ).as_str(), compact);
        assert_ne!(read(READ).digest(), read(&READ.replace("GetItem", "PutItem")).digest());
        let expanded = AwsScopeDocument::parse(READ, |text| text.replace("{id}", "111122223333")).unwrap();
        assert!(expanded.statements().contains(":111122223333:table"));
    }

    #[test]
    fn what_is_no_session_policy_is_refused() {
        let refused = |text: &str| AwsScopeDocument::parse(text, str::to_owned).unwrap_err().to_string();
        assert!(refused("{").starts_with("this is not JSON"));
        assert!(refused(r#"{"Version":"2012-10-17","Version":"2012-10-17"}"#).contains("twice"));
        assert!(refused(&READ.replace("\"Allow\"", "\"Allow\",\"Effect\":\"Deny\"")).contains("twice"));
        assert!(refused(&READ.replace("2012", "2008")).contains("Version"));
        assert!(refused(&READ.replace("Effect\": \"Allow", "Effect\": \"allow")).contains("Effect"));
        assert!(
            refused(&READ.replace("\"Resource\"", "\"Principal\": \"*\", \"Resource\"")).contains("members")
        );
        assert!(refused(&READ.replace("\"Resource\"", "\"Sid\"")).contains("one Resource"));
        assert!(refused(&READ.replace("orders", "bestellung-\u{20ac}")).contains("U+00FF"));
        assert!(refused(&READ.replace("orders", &"x".repeat(2000))).contains("characters without blanks"));
        assert!(refused(&READ.replace("\"dynamodb:GetItem\"", "null")).contains("null"));
        assert!(refused(r#"{"Version":"2012-10-17","Statement":[]}"#).contains("no Statement"));
        assert!(refused(&"[".repeat(100_000)).starts_with("this is not JSON"));
    }
}
