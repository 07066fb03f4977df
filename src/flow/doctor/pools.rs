//! The providers of Google's workload identity pools: whether they let in more than jit's roles. Only somebody who may read them can
//! see that, so jit asks with the person's own gcloud.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Finding;
use super::Try;
use crate::flow::Client;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::text::sanitise;
use crate::provider::gcp::direct;
use crate::provider::gcp::pool;
use crate::provider::gcp::pool::Found;
use crate::system::processes::Command;

const PART: &str = "pool";
/// The time limit for gcloud, which starts slowly.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest part of gcloud's error that is shown, in characters.
const SHOWN: usize = 200;

/// Reads the provider of each role, if allowed without a question.
pub(super) async fn examine(client: &Client<'_>, roles: &[(Name, Target)], wanted: Try) -> Vec<Finding> {
    let mut providers: BTreeMap<String, (Vec<String>, Vec<&Name>)> = BTreeMap::new();
    for (name, target) in roles {
        let Some(gcp) = target.as_gcp().filter(|gcp| gcp.endpoint.is_none()) else { continue };
        let arguments = || (pool::arguments(gcp), Vec::new());
        providers.entry(gcp.provider.clone()).or_insert_with(arguments).1.push(name);
    }
    if providers.is_empty() {
        return Vec::new();
    }
    if wanted != Try::Yes {
        let found = "the conditions of Google's providers were not read";
        return vec![
            Finding::note(PART, found).mend("`jit doctor --forbidden-path` reads them with your own gcloud"),
        ];
    }
    let mut findings = Vec::new();
    for (provider, (arguments, roles)) in &providers {
        findings.push(of_provider(client, provider, arguments, roles).await);
    }
    findings
}

async fn of_provider(client: &Client<'_>, provider: &str, arguments: &[String], roles: &[&Name]) -> Finding {
    let system = client.system;
    let command = Command {
        program: direct::PROGRAM.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        environment: system.environment.clone(),
    };
    let unread = |why: &str| {
        Finding::note(PART, format!("{provider} cannot be read with your own gcloud: {why}"))
            .mend("somebody with iam.workloadIdentityPoolProviders.get can run this")
    };
    let output = match system.processes.run_collected(&command, &[], PATIENCE).await {
        Ok(output) => output,
        Err(error) => return unread(&error.to_string()),
    };
    if output.code != 0 {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said: String = sanitise(&said).chars().take(SHOWN).collect();
        return unread(if said.is_empty() { "it said nothing" } else { &said });
    }
    let mend = || {
        format!("compare it with `jit setup trust {}`", roles.first().map_or("ROLE", |role| role.as_str()))
    };
    match pool::judge(&output.stdout, roles) {
        None => unread("its answer is no provider"),
        Some(Found::Exact) => Finding::ok(PART, format!("{provider} takes its roles and no others")),
        Some(Found::Wrong(said)) => Finding::problem(PART, format!("{provider}: {said}")).mend(mend()),
        Some(Found::Unclear(said)) => Finding::note(PART, format!("{provider}: {said}")).mend(mend()),
    }
}
