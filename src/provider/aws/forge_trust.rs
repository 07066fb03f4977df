//! The documents that an operator installs in AWS if a GitHub repository's workflow mints. GitHub's tokens name no
//! person, so no source identity is required. The session's name contains request and person.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;

use super::endpoint::AWS_AUDIENCE;
use super::hub_trust::hub_permissions;
use super::trust_policy::provider_arn;
use super::trust_policy::without_scheme;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::cloud::aws::RoleArn;
use crate::provider::trust::Document;

/// Every document for these roles. Each role comes with its target and the subjects of its tokens. There is one
/// subject, unless GitHub does not report which form the repository uses.
pub fn documents(issuer_url: &str, roles: &[(Name, Target, Vec<String>)]) -> Vec<Document> {
    let roles = roles.iter().filter_map(|(name, target, subjects)| Some((name, target.as_aws()?, subjects)));
    let mut documents = Vec::new();
    let mut hubs: BTreeMap<&str, (&RoleArn, Vec<String>, Vec<RoleArn>)> = BTreeMap::new();
    for (name, target, subjects) in roles {
        let title = format!("the trust policy of {name}");
        match &target.via {
            // The administrator installs the one that has the form of the repository's tokens.
            None => documents.extend(subjects.iter().map(|subject| {
                let text = lets_in(issuer_url, std::slice::from_ref(subject), &target.role_arn);
                Document { title: title.clone(), text }
            })),
            Some(hub) => {
                documents.push(Document { title, text: behind(hub) });
                let (_, known, targets) = hubs.entry(hub.as_str()).or_insert((hub, Vec::new(), Vec::new()));
                known.extend(subjects.iter().cloned());
                targets.push(target.role_arn.clone());
            }
        }
    }
    for (name, (hub, subjects, targets)) in hubs {
        let text = lets_in(issuer_url, &subjects, hub);
        documents.push(Document { title: format!("the trust policy of the hub {name}"), text });
        let text = hub_permissions(&targets);
        documents.push(Document { title: format!("what the hub {name} may do"), text });
    }
    documents
}

/// The statement that lets the tokens in. It pins audience and subjects completely, and compares no other claim,
/// because not every partition's STS knows GitHub's claims. The subject, customised to contain repository, environment
/// and workflow, says all of it.
fn lets_in(issuer_url: &str, subjects: &[String], role: &RoleArn) -> String {
    let issuer = without_scheme(issuer_url);
    let subject: Value = match subjects {
        [one] => json!(one),
        several => json!(several),
    };
    pretty(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Federated": provider_arn(issuer_url, role) },
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {
                "StringEquals": {
                    (format!("{issuer}:aud")): AWS_AUDIENCE,
                    (format!("{issuer}:sub")): subject,
                },
            },
        }],
    }))
}

/// The trust policy of a role behind a hub.
fn behind(hub: &RoleArn) -> String {
    pretty(&json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": hub.as_str() },
            "Action": ["sts:AssumeRole"],
        }],
    }))
}

fn pretty(document: &Value) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://token.actions.githubusercontent.com";

    fn role(name: &str, target: &str, subjects: &[&str]) -> (Name, Target, Vec<String>) {
        let subjects = subjects.iter().map(|subject| (*subject).to_owned()).collect();
        (name.parse().unwrap(), target.parse().unwrap(), subjects)
    }

    fn shown(documents: &[Document]) -> String {
        documents.iter().map(|document| format!("{}\n{}\n", document.title, document.text)).collect()
    }

    #[test]
    fn a_role_lets_in_its_own_subject_and_a_hub_those_of_all_roles_behind_it() {
        let via = "&via=arn:aws:iam::999900001111:role/jit-hub";
        let roles = [
            role("admin", "aws:arn:aws:iam::111122223333:role/admin?region=eu-west-1", &["admin"]),
            role("read", &format!("aws:arn:aws:iam::222233334444:role/read?region=eu-west-1{via}"), &["a"]),
            role("write", &format!("aws:arn:aws:iam::333344445555:role/write?region=eu-west-1{via}"), &["b"]),
        ];
        insta::assert_snapshot!(shown(&documents(ISSUER, &roles)), @r#"
        the trust policy of admin
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
              },
              "Action": [
                "sts:AssumeRoleWithWebIdentity"
              ],
              "Condition": {
                "StringEquals": {
                  "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                  "token.actions.githubusercontent.com:sub": "admin"
                }
              }
            }
          ]
        }
        the trust policy of read
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999900001111:role/jit-hub"
              },
              "Action": [
                "sts:AssumeRole"
              ]
            }
          ]
        }
        the trust policy of write
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "AWS": "arn:aws:iam::999900001111:role/jit-hub"
              },
              "Action": [
                "sts:AssumeRole"
              ]
            }
          ]
        }
        the trust policy of the hub arn:aws:iam::999900001111:role/jit-hub
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": {
                "Federated": "arn:aws:iam::999900001111:oidc-provider/token.actions.githubusercontent.com"
              },
              "Action": [
                "sts:AssumeRoleWithWebIdentity"
              ],
              "Condition": {
                "StringEquals": {
                  "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                  "token.actions.githubusercontent.com:sub": [
                    "a",
                    "b"
                  ]
                }
              }
            }
          ]
        }
        what the hub arn:aws:iam::999900001111:role/jit-hub may do
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
                "arn:aws:iam::222233334444:role/read",
                "arn:aws:iam::333344445555:role/write"
              ]
            }
          ]
        }
        "#);
    }
}
