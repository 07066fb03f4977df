//! The session policy that ends everything when the grant ends, whatever the session's own length (trust.md §4).

use jiff::Timestamp;
use serde::Serialize;

/// The longest session policy that STS takes, in characters (API reference of `AssumeRoleWithWebIdentity`).
pub const MAX_POLICY: usize = 2048;

#[derive(Serialize)]
struct Document {
    #[serde(rename = "Version")]
    version: &'static str,
    #[serde(rename = "Statement")]
    statement: [Clause; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Clause {
    effect: &'static str,
    action: &'static str,
    resource: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<serde_json::Value>,
}

/// Compact JSON: allows what the role allows, and denies everything after `end`, to the second.
pub fn session_policy(end: Timestamp) -> String {
    let clause = |effect, condition| Clause { effect, action: "*", resource: "*", condition };
    let after = serde_json::json!({ "DateGreaterThan": { "aws:CurrentTime": whole_seconds(end) } });
    let document =
        Document { version: "2012-10-17", statement: [clause("Allow", None), clause("Deny", Some(after))] };
    serde_json::to_string(&document).unwrap_or_default()
}

/// An instant as IAM reads it: RFC 3339 in UTC without fractions, never later than the instant itself.
fn whole_seconds(instant: Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_denies_everything_after_the_end() {
        insta::assert_snapshot!(
            session_policy("2026-11-23T13:15:00.987Z".parse().unwrap()),
            @r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-11-23T13:15:00Z"}}}]}"#
        );
        assert!(session_policy(Timestamp::MAX).len() <= MAX_POLICY);
    }
}
