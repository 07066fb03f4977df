//! The session policy: the permissions of a scope, the end of all access when the grant ends, whatever the session's
//! own length, and the requester's address if the role binds to it (docs/trust.md, "What the cloud enforces, and what
//! we do").

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::json;

use crate::grant::cloud::aws::RoleArn;
use crate::grant::cloud::aws_scope::AwsScopeDocument;
use crate::grant::cloud::aws_scope::MAX_SESSION_POLICY;

/// The longest session policy that STS accepts, in characters (API reference of `AssumeRoleWithWebIdentity`).
pub const MAX_POLICY: usize = MAX_SESSION_POLICY;

/// The statement for a role without a scope, which allows whatever the role allows.
const EVERYTHING: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

/// Compact JSON that allows what the role allows, and denies everything after `end`, to the second.
pub fn session_policy(end: Timestamp) -> String {
    narrowed(end, None, None)
}

/// The same, limited to a scope's document, and to calls from `source`. A service that acts on the caller's behalf has
/// an address of its own and is allowed, because it acts only after a call from `source` (IAM: "AWS: denies access to
/// AWS based on the source IP").
pub fn narrowed(end: Timestamp, scope: Option<&AwsScopeDocument>, source: Option<IpAddr>) -> String {
    let allowed = scope.map_or(EVERYTHING, AwsScopeDocument::statements);
    let after = deny("DateGreaterThan", &json!({ "aws:CurrentTime": whole_seconds(end) }), "");
    let elsewhere = source.map_or_else(String::new, |source| {
        let address = json!({ "aws:SourceIp": range(source) });
        format!(",{}", deny("NotIpAddress", &address, r#","BoolIfExists":{"aws:ViaAWSService":"false"}"#))
    });
    format!(r#"{{"Version":"2012-10-17","Statement":[{allowed},{after}{elsewhere}]}}"#)
}

/// The session policy of a hub's session: it may assume one role, in the person's name.
pub fn errand(role: &RoleArn) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "Resource": role.as_str(),
        }],
    })
    .to_string()
}

fn deny(operator: &str, operands: &serde_json::Value, more: &str) -> String {
    let condition = format!(r#"{{"{operator}":{operands}{more}}}"#);
    format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}"#)
}

/// One address in IAM's notation for ranges.
fn range(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("{address}/32"),
        IpAddr::V6(address) => format!("{address}/128"),
    }
}

/// A time in IAM's format: RFC 3339 in UTC without fractions, never later than the time itself.
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

    const READ: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"}]}"#;

    #[test]
    fn a_scope_takes_the_place_of_everything_and_an_address_binds() {
        let end = "2026-11-23T13:15:00Z".parse().unwrap();
        let scope = AwsScopeDocument::parse(READ, str::to_owned).unwrap();
        let policy = narrowed(end, Some(&scope), Some("::ffff:203.0.113.7".parse().unwrap()));
        insta::assert_snapshot!(
            policy,
            @r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:GetItem","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-11-23T13:15:00Z"}}},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.7/32"},"BoolIfExists":{"aws:ViaAWSService":"false"}}}]}"#
        );
        let read: serde_json::Value = serde_json::from_str(&policy).unwrap();
        assert_eq!(read["Statement"].as_array().unwrap().len(), 3);
    }

    /// The longest document that a policy may contain still fits with the longest of our own statements.
    #[test]
    fn what_a_policy_lets_through_sts_takes() {
        let padded = |extra: usize| READ.replace("GetItem", &format!("GetItem{}", "x".repeat(extra)));
        let longest =
            (0..2048).rev().find_map(|extra| AwsScopeDocument::parse(&padded(extra), str::to_owned).ok());
        let source = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff".parse().unwrap();
        let policy = narrowed("9999-12-30T22:00:00Z".parse().unwrap(), longest.as_ref(), Some(source));
        assert!(policy.len() <= MAX_POLICY, "{}", policy.len());
        assert!(
            policy.len() > MAX_POLICY - 64,
            "{} of our own statements' room is wasted",
            MAX_POLICY - policy.len()
        );
    }
}
