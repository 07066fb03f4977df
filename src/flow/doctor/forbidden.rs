//! The forbidden path: what takes an approval through `jit` should not be had without it.

use super::Finding;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::Target;
use crate::provider::aws::direct::BaseCredentials;
use crate::provider::aws::direct::Chain;
use crate::provider::aws::forbidden;
use crate::system::System;

const PART: &str = "forbidden path";

pub(super) async fn examine(client: &Client<'_>, wanted: bool) -> Vec<Finding> {
    let asked = async { Ok::<_, Failure>(client.connect().await?.authority.roles().await?) };
    let roles: Vec<(Name, Target)> = match client.settings.login() {
        None => Vec::new(),
        // Why there is no session is said already.
        Some(_) => asked.await.unwrap_or_default().into_iter().map(|role| (role.name, role.target)).collect(),
    };
    let roles: Vec<(Name, Target)> =
        roles.into_iter().filter(|(_, target)| matches!(target, Target::Aws(_))).collect();
    let Some((_, Target::Aws(first))) = roles.first() else {
        return vec![Finding::note(PART, "there is no role of AWS to try it on")];
    };
    let question = format!(
        "Try to assume {} roles with your own cloud identity, without jit? It stands in CloudTrail then",
        roles.len()
    );
    let may = wanted
        || (client.console().is_interactive() && client.console().confirm(&question, false).unwrap_or(false));
    if !may {
        return vec![
            Finding::note(PART, "not tried")
                .mend("`jit doctor --forbidden-path`; it leaves an entry in CloudTrail"),
        ];
    }
    let base = Chain { profile: None, region: first.region.clone() };
    forbidden_path(client.system, &roles, &base).await
}

/// Tries to assume each role with this identity. Refused is how it should be.
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
                    "{name} can be assumed without jit: your own cloud identity is let in ({})",
                    target.describe()
                ),
            )
            .mend(format!("replace the role's trust policy by the one of `jit setup aws-trust {name}`")),
            Err(error) => {
                Finding::of(PART, &Failure::from(error).because(format!("{name} could not be tried")))
            }
        });
    }
    findings
}
