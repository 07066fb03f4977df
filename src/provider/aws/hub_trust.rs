//! The documents that an operator installs in AWS for a role behind a hub: the hub's trust policy, the hub's
//! permissions, and the target's trust policy. One issuer in one account then serves every account.

use serde_json::json;

use super::endpoint::AWS_AUDIENCE;
use super::subject;
use super::trust_policy::provider_arn;
use super::trust_policy::without_scheme;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;

/// The trust policy of a hub: it accepts tokens of this issuer for exactly these roles, which must name the hub and the
/// person.
pub fn hub_trust(issuer_url: &str, roles: &[Name], hub: &RoleArn) -> String {
    let issuer = without_scheme(issuer_url);
    let subjects: Vec<String> = roles.iter().map(subject).collect();
    pretty(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider_arn(issuer_url, hub) },
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"],
            "Condition": {
                "StringEquals": {
                    (format!("{issuer}:aud")): AWS_AUDIENCE,
                    (format!("{issuer}:sub")): subjects,
                },
                "StringLike": { "sts:SourceIdentity": "?*" },
                "Bool": { "sts:RoleAuthorizedByIdp": "true" },
            },
        }],
    }))
}

/// The permissions of a hub: assume these roles in the person's name, and nothing else. Each session may assume only
/// one of them, because the broker gives it a session policy that names it.
pub fn hub_permissions(targets: &[RoleArn]) -> String {
    let targets: Vec<&str> = targets.iter().map(RoleArn::as_str).collect();
    pretty(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "Resource": targets,
        }],
    }))
}

/// The trust policy of a role behind a hub. The hub's session carries the person's name, and the target must allow the
/// action of setting it (IAM: "Monitor and control actions taken with assumed roles"). No external ID and no session
/// tags are sent, so none are required.
pub fn target_trust(hub: &RoleArn) -> String {
    pretty(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": hub.as_str() },
            "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            "Condition": { "StringLike": { "sts:SourceIdentity": "?*" } },
        }],
    }))
}

/// Instructions to install all three, in words and AWS CLI commands.
pub fn instructions(issuer_url: &str, role: &Name, target: &RoleArn, hub: &RoleArn) -> String {
    let quoted = issuer_url.replace('\'', "'\\''");
    let (hub_account, hub_name) = (hub.account(), hub.role_name());
    let (account, name) = (target.account(), target.role_name());
    format!(
        "{role} is reached through the hub {hub}.\n\
         \n\
         In account {hub_account}, once for the broker: tell IAM about its issuer.\n\
         \n\
         \x20   aws iam create-open-id-connect-provider --url '{quoted}' --client-id-list {AWS_AUDIENCE}\n\
         \n\
         There too, for the hub {hub_name}, and again whenever a role joins or leaves it:\n\
         \n\
         \x20   jit setup aws-trust {role} --part hub > hub.json\n\
         \x20   aws iam update-assume-role-policy --role-name {hub_name} --policy-document file://hub.json\n\
         \x20   jit setup aws-trust {role} --part hub-permissions > permissions.json\n\
         \x20   aws iam put-role-policy --role-name {hub_name} --policy-name jit --policy-document file://permissions.json\n\
         \n\
         In account {account}, for the role {name}. This replaces the role's trust policy; merge the two first if others\n\
         must still be able to assume it.\n\
         \n\
         \x20   jit setup aws-trust {role} > trust.json\n\
         \x20   aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json\n\
         \n\
         A session that comes through a hub lasts an hour at most, whatever the role's maximum.\n"
    )
}

fn pretty(document: &serde_json::Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> RoleArn {
        text.parse().unwrap()
    }

    #[test]
    fn a_hub_lets_in_its_roles_by_name_and_opens_nothing_else() {
        let hub = arn("arn:aws:iam::999988887777:role/team/jit-hub");
        let roles = ["payments.admin".parse().unwrap(), "ops.admin".parse().unwrap()];
        insta::assert_snapshot!(hub_trust("https://jit.example.com/team", &roles, &hub), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws:iam::999988887777:oidc-provider/jit.example.com/team"
              },
              "Action": [
                "sts:AssumeRoleWithWebIdentity",
                "sts:SetSourceIdentity"
              ],
              "Condition": {
                "StringEquals": {
                  "jit.example.com/team:aud": "sts.amazonaws.com",
                  "jit.example.com/team:sub": [
                    "jit:role:payments.admin",
                    "jit:role:ops.admin"
                  ]
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
        insta::assert_snapshot!(hub_permissions(&[arn("arn:aws:iam::111122223333:role/admin")]), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": [
                "sts:AssumeRole",
                "sts:SetSourceIdentity"
              ],
              "Resource": [
                "arn:aws:iam::111122223333:role/admin"
              ]
            }
          ]
        }
        "#);
        insta::assert_snapshot!(target_trust(&hub), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999988887777:role/team/jit-hub"
              },
              "Action": [
                "sts:AssumeRole",
                "sts:SetSourceIdentity"
              ],
              "Condition": {
                "StringLike": {
                  "sts:SourceIdentity": "?*"
                }
              }
            }
          ]
        }
        "#);
    }

    #[test]
    fn the_instructions_name_both_accounts() {
        let hub = arn("arn:aws:iam::999988887777:role/team/jit-hub");
        let target = arn("arn:aws:iam::111122223333:role/admin");
        let text = instructions("https://jit.example.com", &"payments.admin".parse().unwrap(), &target, &hub);
        assert!(text.contains("In account 999988887777, once for the broker"), "{text}");
        assert!(text.contains("jit setup aws-trust payments.admin --part hub > hub.json"), "{text}");
        assert!(text.contains("--role-name jit-hub --policy-document file://hub.json"), "{text}");
        assert!(text.contains("In account 111122223333, for the role admin."), "{text}");
    }
}
