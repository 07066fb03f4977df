//! The forbidden path: a role that needs an approval through `jit` must not be available without it.

use super::Finding;
use super::pools;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::text::count;
use crate::provider::aws::direct::BaseCredentials;
use crate::provider::aws::direct::Chain;
use crate::provider::aws::direct::Whose;
use crate::provider::aws::forbidden;
use crate::system::System;

const PART: &str = "forbidden path";

/// Whether to try the forbidden path. A try leaves an entry in CloudTrail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Try {
    /// Without a question.
    Yes,
    /// After a question, if there is a terminal.
    Ask,
    /// Never.
    No,
}

impl Try {
    /// Yes or no.
    pub fn of(wanted: bool) -> Self {
        if wanted { Self::Yes } else { Self::No }
    }
}

pub(super) async fn examine(client: &Client<'_>, wanted: Try) -> Vec<Finding> {
    let asked = async { Ok::<_, Failure>(client.connect().await?.authority.roles().await?.roles) };
    let roles: Vec<(Name, Target)> = match client.settings.login() {
        None => Vec::new(),
        // Another finding already reports why there is no session.
        Some(_) => asked.await.unwrap_or_default().into_iter().map(|role| (role.name, role.target)).collect(),
    };
    let mut findings = pools::examine(client, &roles, wanted).await;
    findings.extend(of_aws(client, roles, wanted).await);
    findings
}

async fn of_aws(client: &Client<'_>, roles: Vec<(Name, Target)>, wanted: Try) -> Vec<Finding> {
    let roles: Vec<(Name, Target)> =
        roles.into_iter().filter(|(_, target)| target.as_aws().is_some()).collect();
    let Some((_, first)) = roles.first() else {
        return vec![Finding::note(PART, "there is no role of AWS to try it on")];
    };
    let may = match wanted {
        Try::Yes => true,
        Try::No => false,
        Try::Ask => {
            let question = format!(
                "Test whether your own AWS identity can assume {} directly? This is logged in CloudTrail",
                count(roles.len(), "role")
            );
            client.console().is_interactive() && client.console().confirm(&question, false).unwrap_or(false)
        }
    };
    if !may {
        return vec![
            Finding::note(PART, "not tried")
                .mend("`jit doctor --forbidden-path`; it leaves an entry in CloudTrail"),
        ];
    }
    let base = Chain {
        system: client.system,
        whose: Whose::First,
        target: first,
        session_name: "jit-doctor".to_owned(),
        may_ask: wanted == Try::Ask,
    };
    forbidden_path(client.system, &roles, &base).await
}

/// Tries to assume each role with this identity. A refusal is the good result.
pub async fn forbidden_path(
    system: &System,
    roles: &[(Name, Target)],
    base: &dyn BaseCredentials,
) -> Vec<Finding> {
    if base.keys().await.is_err() {
        return vec![Finding::ok(
            PART,
            "you have no cloud identity of your own on this machine to try it with",
        )];
    }
    let mut findings = Vec::new();
    for (name, target) in roles {
        findings.push(match forbidden::is_open(target, base, system).await {
            Ok(false) => Finding::ok(PART, format!("{name} refuses your own cloud identity")),
            Ok(true) => Finding::problem(
                PART,
                format!(
                    "{name} can be assumed without jit: it lets in your own cloud identity ({})",
                    target.describe()
                ),
            )
            .mend(format!("replace the role's trust policy with the one of `jit setup aws-trust {name}`")),
            Err(error) => {
                Finding::of(PART, &Failure::from(error).because(format!("{name} could not be tried")))
            }
        });
    }
    findings
}
