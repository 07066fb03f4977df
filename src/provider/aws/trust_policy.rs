//! The documents that an operator installs in the AWS account once: the OIDC provider and the role's trust policy.

use std::collections::BTreeMap;

use serde::Serialize;

use super::endpoint::AWS_AUDIENCE;
use super::subject;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    version: &'static str,
    statement: [Clause; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Clause {
    effect: &'static str,
    principal: Principal,
    action: [&'static str; 2],
    condition: Condition,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Principal {
    federated: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Condition {
    string_equals: BTreeMap<String, String>,
    string_like: BTreeMap<&'static str, &'static str>,
    bool: BTreeMap<&'static str, &'static str>,
}

/// The trust policy of a role, as JSON to put on it.
///
/// It accepts only tokens of this issuer for this role: audience and subject are pinned exactly, the token must name
/// this role (`sts:RoleAuthorizedByIdp`), and it must name the person as source identity, so that the account's own
/// audit trail shows the person. Setting a source identity is a separate action and is therefore allowed too.
pub fn trust_policy(issuer_url: &str, name: &Name, role: &RoleArn) -> String {
    let issuer = without_scheme(issuer_url);
    let clause = Clause {
        effect: "Allow",
        principal: Principal { federated: provider_arn(issuer_url, role) },
        action: ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"],
        condition: Condition {
            string_equals: BTreeMap::from([
                (format!("{issuer}:aud"), AWS_AUDIENCE.to_owned()),
                (format!("{issuer}:sub"), subject(name)),
            ]),
            // A condition on a missing key does not hold: without a source identity nobody gets in.
            string_like: BTreeMap::from([("sts:SourceIdentity", "?*")]),
            bool: BTreeMap::from([("sts:RoleAuthorizedByIdp", "true")]),
        },
    };
    let document = Document { version: "2012-10-17", statement: [clause] };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Instructions to install it, in words and AWS CLI commands. The policy is expected in `trust.json`.
pub fn instructions(issuer_url: &str, role: &RoleArn) -> String {
    let (account, name) = (role.account(), role.role_name());
    let quoted = issuer_url.replace('\'', "'\\''");
    format!(
        "In account {account}, once for the broker: tell IAM about its issuer.\n\
         \n\
         \x20   aws iam create-open-id-connect-provider --url '{quoted}' --client-id-list {AWS_AUDIENCE}\n\
         \n\
         For the role {name}: save the policy above as trust.json and put it on the role. This replaces the role's\n\
         trust policy; merge the two first if others must still be able to assume it.\n\
         \n\
         \x20   aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json\n\
         \n\
         Credentials that are to live longer than an hour need the role's maximum session duration raised as well.\n\
         IAM takes a few minutes to learn of both.\n"
    )
}

/// The warning to show first if AWS refuses the issuer. `None` if it does not.
pub fn warning(issuer_url: &str) -> Option<String> {
    let problem = issuer_problem(issuer_url)?;
    Some(format!(
        "AWS will refuse the issuer {issuer_url}: {problem}. First give the broker such an address with `jit serve --url`, \
         or its issuer with `--issuer`, then run this again: the text below names the address."
    ))
}

/// The reason why IAM refuses an issuer's URL. `None` if it does not.
pub fn issuer_problem(issuer_url: &str) -> Option<&'static str> {
    let Ok(url) = url::Url::parse(issuer_url) else { return Some("it is not a URL") };
    if url.scheme() != "https" {
        Some("its URL must begin with https://")
    } else if url.port().is_some() {
        Some("its URL must not name a port")
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("its URL must have no query")
    } else if issuer_url.len() > 255 {
        Some("its URL must have at most 255 characters")
    } else if issuer_url.ends_with('/') {
        Some("its URL must not end with a slash, because IAM compares it letter by letter")
    } else {
        None
    }
}

/// The ARN of this issuer's provider in IAM, in the role's partition and account.
pub(super) fn provider_arn(issuer_url: &str, arn: &RoleArn) -> String {
    format!("arn:{}:iam::{}:oidc-provider/{}", arn.partition(), arn.account(), without_scheme(issuer_url))
}

pub(super) fn without_scheme(issuer_url: &str) -> &str {
    issuer_url.split_once("://").map_or(issuer_url, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role() -> RoleArn {
        "arn:aws-cn:iam::111122223333:role/team/db-admin".parse().unwrap()
    }

    #[test]
    fn the_policy_lets_in_one_role_of_one_issuer() {
        let policy = trust_policy("https://jit.example.com/team", &"prod-db".parse().unwrap(), &role());
        insta::assert_snapshot!(policy, @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws-cn:iam::111122223333:oidc-provider/jit.example.com/team"
              },
              "Action": [
                "sts:AssumeRoleWithWebIdentity",
                "sts:SetSourceIdentity"
              ],
              "Condition": {
                "StringEquals": {
                  "jit.example.com/team:aud": "sts.amazonaws.com",
                  "jit.example.com/team:sub": "jit:role:prod-db"
                },
                "StringLike": {
                  "sts:SourceIdentity": "?*"
                },
                "Bool": {
                  "sts:RoleAuthorizedByIdp": "true"
                }
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn the_instructions_name_account_role_and_issuer() {
        insta::assert_snapshot!(instructions("https://jit.example.com/team", &role()), @"
        In account 111122223333, once for the broker: tell IAM about its issuer.

            aws iam create-open-id-connect-provider --url 'https://jit.example.com/team' --client-id-list sts.amazonaws.com

        For the role db-admin: save the policy above as trust.json and put it on the role. This replaces the role's
        trust policy; merge the two first if others must still be able to assume it.

            aws iam update-assume-role-policy --role-name db-admin --policy-document file://trust.json

        Credentials that are to live longer than an hour need the role's maximum session duration raised as well.
        IAM takes a few minutes to learn of both.
        ");
        assert_eq!(warning("https://jit.example.com/team"), None);
        let local = warning("http://127.0.0.1:9400").unwrap();
        assert!(local.starts_with("AWS will refuse the issuer http://127.0.0.1:9400"), "{local}");
        assert!(local.contains("its URL must begin with https://"), "{local}");
    }

    #[test]
    fn issuers_that_iam_refuses_are_named() {
        for bad in [
            "http://jit.example.com",
            "https://jit.example.com:8443",
            "https://x.example/?a",
            "https://x.example/a/",
            "x",
        ] {
            assert!(issuer_problem(bad).is_some(), "{bad}");
        }
        assert_eq!(issuer_problem("https://jit.example.com"), None);
    }
}
