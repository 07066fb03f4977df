//! The documents that an operator installs in AWS for roles that the broker's own identity opens: each role's trust policy,
//! and the permissions of the broker's identity.
//!
//! Source of the condition keys of each action: IAM user guide, "Passing session tags in AWS STS" and "Monitor and control
//! actions taken with assumed roles". `sts:SetSourceIdentity` knows no `aws:RequestTag`, so each action has its own statement.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use super::naming::TAG_ROLE;
use crate::grant::Name;
use crate::grant::cloud::aws::RoleArn;

/// As many characters as a request's id has: the form of the source identity.
const ANY_REQUEST: &str = "??????????";

/// The ARN of the role or user that the broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    arn: String,
    /// Whether it was a session's ARN, which does not tell the role's path.
    pathless: bool,
}

impl Principal {
    /// The ARN, of a role or a user.
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The note if the role's path is not known.
    pub fn note(&self) -> Option<&'static str> {
        self.pathless.then_some(
            "AWS does not tell the path of a session's role: if the role has one, name it whole with `--principal`",
        )
    }

    /// Its account: twelve digits.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// Its name without the path, and whether it is a user.
    pub(super) fn name(&self) -> (&str, bool) {
        (self.arn.rsplit('/').next().unwrap_or_default(), self.arn.contains(":user/"))
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.arn)
    }
}

/// Why a text names no identity that a broker could have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// Not the ARN of a role, a role's session or a user.
    #[error("it is not the ARN of a role or a user, like arn:aws:iam::111122223333:role/jit-broker")]
    Other,
    /// The root of an account, which stands for everybody in it.
    #[error("it stands for everybody in the account whose own policy allows it")]
    Root,
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        if text.ends_with(":root") {
            return Err(PrincipalError::Root);
        }
        let arn = principal_of(text);
        let pathless = arn != text;
        // A user's ARN has the form of a role's, with another word.
        let role = arn.replacen(":user/", ":role/", 1);
        if role.parse::<RoleArn>().is_ok() { Ok(Self { arn, pathless }) } else { Err(PrincipalError::Other) }
    }
}

/// The ARN that a trust policy names for an identity: of a role's session the role without a path, otherwise itself.
pub(super) fn principal_of(arn: &str) -> String {
    let fields: Vec<&str> = arn.split(':').collect();
    if let ["arn", partition, "sts", "", account, resource] = fields.as_slice()
        && let Some((role, _)) = resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/'))
    {
        return format!("arn:{partition}:iam::{account}:role/{role}");
    }
    arn.to_owned()
}

/// The trust policy of a role: it lets in the broker's identity, for requests of this role of the policy only, which name
/// themselves.
pub fn trust_policy(name: &Name, principal: &Principal) -> String {
    let who = json!({ "AWS": principal.as_str() });
    let role = json!({ (format!("aws:RequestTag/{TAG_ROLE}")): name.as_str() });
    let request = json!({ "sts:SourceIdentity": ANY_REQUEST });
    pretty(&json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": who,
                "Action": "sts:AssumeRole",
                "Condition": { "StringEquals": role, "StringLike": request },
            },
            {
                "Effect": "Allow",
                "Principal": who,
                "Action": "sts:SetSourceIdentity",
                "Condition": { "StringLike": request },
            },
            {
                "Effect": "Allow",
                "Principal": who,
                "Action": "sts:TagSession",
                "Condition": { "StringEquals": role },
            },
        ],
    }))
}

/// The permissions of the broker's identity: assume the roles that it opens, and name the request and its tags; and write the
/// inline policies of the roles on which it denies what ended early. IAM cannot limit that to one policy's name.
pub fn permissions(opened: &[RoleArn], denied: &[RoleArn]) -> String {
    let allow = |actions: [&str; 3], roles: &[RoleArn]| {
        let roles: Vec<&str> = roles.iter().map(RoleArn::as_str).collect();
        (!roles.is_empty()).then(|| json!({ "Effect": "Allow", "Action": actions, "Resource": roles }))
    };
    let open = allow(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"], opened);
    let deny = allow(["iam:GetRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"], denied);
    let statements: Vec<_> = open.into_iter().chain(deny).collect();
    pretty(&json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Instructions to install the trust policy, in words and AWS CLI commands. The policy is expected in `trust.json`.
pub fn instructions(role: &Name, target: &RoleArn, principal: &Principal) -> String {
    let (account, name) = (target.account(), target.role_name());
    let note = principal.note().map_or_else(String::new, |note| format!("Note: {note}.\n\n"));
    format!(
        "{role} is opened by the broker's own identity, {principal}.\n\
         \n\
         {note}In account {account}, for the role {name}: save the policy above as trust.json and put it on the role. This\n\
         replaces the role's trust policy; merge the two first if others must still be able to assume it.\n\
         \n\
         \x20   aws iam update-assume-role-policy --role-name {name} --policy-document file://trust.json\n\
         \n\
         In account {own_account}, for the broker's identity, and again whenever a role joins or leaves it:\n\
         \n\
         \x20   jit setup aws-trust {role} --part broker-permissions > permissions.json\n\
         \x20   {put} --policy-name jit --policy-document file://permissions.json\n\
         \n\
         Only this identity can then open the role, so whoever can become it can open the role without jit: keep who may\n\
         assume it, pass it to an instance or a task, or run code there, as short as the list of the broker's operators.\n\
         A session that a role opens lasts an hour at most, whatever the role's maximum. IAM takes a few minutes.\n",
        own_account = principal.account(),
        put = put(principal),
    )
}

fn put(principal: &Principal) -> String {
    match principal.name() {
        (name, true) => format!("aws iam put-user-policy --user-name {name}"),
        (name, false) => format!("aws iam put-role-policy --role-name {name}"),
    }
}

fn pretty(document: &serde_json::Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_one_role_or_one_user() {
        for (text, arn, pathless) in [
            ("arn:aws:iam::111122223333:role/team/jit", "arn:aws:iam::111122223333:role/team/jit", false),
            ("arn:aws-cn:iam::111122223333:user/jit", "arn:aws-cn:iam::111122223333:user/jit", false),
            (
                "arn:aws:sts::111122223333:assumed-role/jit-broker/i-0",
                "arn:aws:iam::111122223333:role/jit-broker",
                true,
            ),
        ] {
            let principal: Principal = text.parse().unwrap();
            assert_eq!((principal.as_str(), principal.note().is_some()), (arn, pathless));
            assert_eq!(principal.account(), "111122223333");
        }
        assert_eq!("arn:aws:iam::111122223333:root".parse::<Principal>(), Err(PrincipalError::Root));
        for bad in ["", "*", "111122223333", "arn:aws:iam::111122223333:role/*", "arn:aws:iam::1:role/x"] {
            assert_eq!(bad.parse::<Principal>(), Err(PrincipalError::Other), "{bad}");
        }
    }

    #[test]
    fn the_trust_policy_lets_in_one_identity_for_one_role() {
        let principal = "arn:aws:iam::999988887777:role/jit-broker".parse().unwrap();
        insta::assert_snapshot!(trust_policy(&"prod-db".parse().unwrap(), &principal), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999988887777:role/jit-broker"
              },
              "Action": "sts:AssumeRole",
              "Condition": {
                "StringEquals": {
                  "aws:RequestTag/jit:role": "prod-db"
                },
                "StringLike": {
                  "sts:SourceIdentity": "??????????"
                }
              }
            },
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999988887777:role/jit-broker"
              },
              "Action": "sts:SetSourceIdentity",
              "Condition": {
                "StringLike": {
                  "sts:SourceIdentity": "??????????"
                }
              }
            },
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999988887777:role/jit-broker"
              },
              "Action": "sts:TagSession",
              "Condition": {
                "StringEquals": {
                  "aws:RequestTag/jit:role": "prod-db"
                }
              }
            }
          ]
        }
        "#);
        let target: RoleArn = "arn:aws:iam::111122223333:role/team/db-admin".parse().unwrap();
        insta::assert_snapshot!(permissions(std::slice::from_ref(&target), std::slice::from_ref(&target)), @r#"
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": [
                "sts:AssumeRole",
                "sts:SetSourceIdentity",
                "sts:TagSession"
              ],
              "Resource": [
                "arn:aws:iam::111122223333:role/team/db-admin"
              ]
            },
            {
              "Effect": "Allow",
              "Action": [
                "iam:GetRolePolicy",
                "iam:PutRolePolicy",
                "iam:DeleteRolePolicy"
              ],
              "Resource": [
                "arn:aws:iam::111122223333:role/team/db-admin"
              ]
            }
          ]
        }
        "#);
        insta::assert_snapshot!(instructions(&"prod-db".parse().unwrap(), &target, &principal), @"
        prod-db is opened by the broker's own identity, arn:aws:iam::999988887777:role/jit-broker.

        In account 111122223333, for the role db-admin: save the policy above as trust.json and put it on the role. This
        replaces the role's trust policy; merge the two first if others must still be able to assume it.

            aws iam update-assume-role-policy --role-name db-admin --policy-document file://trust.json

        In account 999988887777, for the broker's identity, and again whenever a role joins or leaves it:

            jit setup aws-trust prod-db --part broker-permissions > permissions.json
            aws iam put-role-policy --role-name jit-broker --policy-name jit --policy-document file://permissions.json

        Only this identity can then open the role, so whoever can become it can open the role without jit: keep who may
        assume it, pass it to an instance or a task, or run code there, as short as the list of the broker's operators.
        A session that a role opens lasts an hour at most, whatever the role's maximum. IAM takes a few minutes.
        ");
    }
}
