//! The documents of SCIM 2.0 (RFC 7643, RFC 7644), as far as the end of an account needs them.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::leavers::Known;
use super::leavers::subjects;
use crate::broker::shared::Shared;
use crate::broker::signing_in::UNVERIFIED;
use crate::policy::Oidc;

/// The schema of a user.
pub const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The schema of an error.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The longest subject, in characters.
const MAX_SUBJECT: usize = 255;
/// The most operations of one patch.
const MAX_OPERATIONS: usize = 100;

/// A user as a client sends it. Members that end nothing are not read.
#[derive(Debug, Default)]
pub struct Sent {
    /// The name at the provider.
    pub user_name: Option<String>,
    /// The id at the provider.
    pub external_id: Option<String>,
    /// Whether a member says that the account is in use no more.
    is_over: bool,
}

impl Sent {
    /// Reads a user. The names of attributes have no case (RFC 7643, section 2.1). `None` if the bytes are no JSON object, or
    /// a name or an id is no text.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let Value::Object(members) = serde_json::from_slice(bytes).ok()? else { return None };
        let mut sent = Self::default();
        for (name, value) in &members {
            match name.to_ascii_lowercase().as_str() {
                "username" if !value.is_null() => sent.user_name = Some(value.as_str()?.to_owned()),
                "externalid" if !value.is_null() => sent.external_id = Some(value.as_str()?.to_owned()),
                "active" => sent.is_over |= is_false(value),
                _ => {}
            }
        }
        Some(sent)
    }

    /// The subject that the policy would know the user by. `None` if the client did not send it.
    pub fn subject(&self, oidc: &Oidc) -> Option<String> {
        let sent = if oidc.is_typed() { &self.user_name } else { &self.external_id };
        sent.clone().filter(|subject| is_subject(subject))
    }

    /// Whether it says that the account is in use no more.
    pub fn is_over(&self) -> bool {
        self.is_over
    }
}

/// A patch (RFC 7644, section 3.5.2).
#[derive(Debug, Deserialize)]
pub struct Patch {
    /// The operations, in order.
    #[serde(rename = "Operations", alias = "operations")]
    operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    op: String,
    path: Option<String>,
    #[serde(default)]
    value: Value,
}

impl Patch {
    /// Whether the account is in use no more after it. Entra ID writes `Replace` and `"False"`; Okta sends an object without a
    /// path.
    ///
    /// # Errors
    /// There are too many operations, or SCIM does not know one of them.
    pub fn is_over(&self) -> Result<bool, &'static str> {
        if self.operations.len() > MAX_OPERATIONS {
            return Err("at most 100 operations");
        }
        let mut is_over = false;
        for operation in &self.operations {
            let op = operation.op.to_ascii_lowercase();
            if !["add", "replace", "remove"].contains(&op.as_str()) {
                return Err("an operation is add, replace or remove");
            }
            let path = operation
                .path
                .as_deref()
                .map(|path| path.strip_prefix(USER).map_or(path, |rest| rest.trim_start_matches(':')));
            let said = match path {
                Some(path) if path.eq_ignore_ascii_case("active") => Some(&operation.value),
                Some(_) => None,
                None => operation.value.as_object().and_then(|members| {
                    members
                        .iter()
                        .find(|(name, _)| name.eq_ignore_ascii_case("active"))
                        .map(|(_, value)| value)
                }),
            };
            if let Some(value) = said {
                is_over = op == "remove" || is_false(value);
            }
        }
        Ok(is_over)
    }
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        Value::String(text) => text.eq_ignore_ascii_case("false"),
        _ => false,
    }
}

fn is_subject(subject: &str) -> bool {
    !subject.is_empty()
        && subject.chars().count() <= MAX_SUBJECT
        && crate::grant::text::check(subject).is_ok()
}

/// The id of a subject as a resource. Nothing is kept for it.
pub fn id_of(subject: &str) -> String {
    BASE64URL_NOPAD.encode(subject.as_bytes())
}

/// The subject of an id. `None` if the broker does not make such ids.
pub fn subject_of(id: &str) -> Option<String> {
    let bytes = BASE64URL_NOPAD.decode(id.as_bytes()).ok()?;
    String::from_utf8(bytes).ok().filter(|subject| is_subject(subject))
}

/// The subjects that a filter asks for: `userName eq "…"` or `externalId eq "…"` (RFC 7644, section 3.4.2.2).
///
/// # Errors
/// It is another filter.
pub fn filtered(shared: &Shared, oidc: &Oidc, filter: &str) -> Result<Vec<String>, &'static str> {
    let unknown = "only userName eq \"…\" and externalId eq \"…\" are supported";
    let mut parts = filter.trim().splitn(3, ' ');
    let (Some(attribute), Some(operator), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(unknown);
    };
    if !operator.eq_ignore_ascii_case("eq") {
        return Err(unknown);
    }
    let value: String = serde_json::from_str(value.trim()).map_err(|_| unknown)?;
    let by_name = match attribute.to_ascii_lowercase().as_str() {
        "username" => true,
        "externalid" => false,
        _ => return Err(unknown),
    };
    if by_name == oidc.is_typed() {
        return Ok(Some(value).filter(|subject| is_subject(subject)).into_iter().collect());
    }
    if by_name {
        return Ok(subjects(shared, oidc, |token| token.label.eq_ignore_ascii_case(&value)));
    }
    Ok(subjects(shared, oidc, |token| token.account.as_deref() == Some(&value)))
}

/// A user as the broker knows it. A client that sent the user gets its own `userName` and `externalId` back.
pub fn user(authority: &str, oidc: &Oidc, known: &Known, sent: &Sent, is_active: bool) -> Value {
    let id = id_of(&known.subject);
    let subject = Some(&known.subject);
    let (name, external) = if oidc.is_typed() { (subject, known.account.as_ref()) } else { (None, subject) };
    let label = Some(&known.label).filter(|label| !label.is_empty() && !label.starts_with(UNVERIFIED));
    let mut user = json!({
        "schemas": [USER],
        "id": id,
        "userName": sent.user_name.as_ref().or(name).or(label).or(subject),
        "active": is_active,
        "meta": {"resourceType": "User", "location": format!("{authority}/scim/v2/Users/{id}")},
    });
    if let Some(external) = sent.external_id.as_ref().or(external) {
        user["externalId"] = json!(external);
    }
    user
}

/// A list of resources.
pub fn list(resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST],
        "totalResults": resources.len(),
        "startIndex": 1,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_ends_an_account_as_okta_and_entra_write_it() {
        let over = |operations: Value| {
            serde_json::from_value::<Patch>(json!({"Operations": operations})).unwrap().is_over()
        };
        for good in [
            json!([{"op": "replace", "value": {"active": false}}]),
            json!([{"op": "Replace", "path": "active", "value": "False"}]),
            json!([{"op": "replace", "path": "active", "value": false}]),
            json!([{"op": "replace", "path": format!("{USER}:active"), "value": false}]),
            json!([{"op": "replace", "path": "displayName", "value": "x"}, {"op": "Add", "path": "active", "value": "False"}]),
        ] {
            assert_eq!(over(good.clone()), Ok(true), "{good}");
        }
        for other in [
            json!([]),
            json!([{"op": "replace", "value": {"active": true}}]),
            json!([{"op": "replace", "path": "displayName", "value": "False"}]),
            json!([{"op": "replace", "path": "active", "value": false}, {"op": "replace", "path": "active", "value": true}]),
        ] {
            assert_eq!(over(other.clone()), Ok(false), "{other}");
        }
        assert!(over(json!([{"op": "erase", "path": "active"}])).is_err());
    }

    #[test]
    fn an_id_is_its_subject() {
        for subject in ["00u1", "quinn@example.com", "a/b?c=d#e", "é"] {
            let id = id_of(subject);
            assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{id}");
            assert_eq!(subject_of(&id).as_deref(), Some(subject));
        }
        for bad in ["", "!", "AA==", "AA"] {
            assert_eq!(subject_of(bad), None, "{bad}");
        }
    }
}
