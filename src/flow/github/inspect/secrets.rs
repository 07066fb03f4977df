//! Checks the places of the log's secrets, and finds deploy keys that can push without any of a token's checks.

use super::seen;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::LOG_ENVIRONMENT;
use crate::github::environment_of;
use crate::policy::Policy;

const PART: &str = "secrets";

/// The log's secrets, which belong in its environment alone.
const SECRETS: [&str; 4] = ["JIT_LOG_KEY", "JIT_LOG_TOKEN", "JIT_LOG_APP", "JIT_LOG_APP_KEY"];

pub(super) async fn look(github: &GitHub, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let whole = seen(github.secrets().await, PART, "secrets of the repository");
    findings.extend(misplaced(whole, "the whole repository"));
    // A person's repository has no shared secrets.
    let lends = github.repository().await.is_ok_and(|repository| repository.owner.kind == "Organization");
    if lends {
        let lent = seen(github.organisation_secrets().await, PART, "secrets that the organisation lends");
        findings.extend(misplaced(lent, "the organisation"));
    }
    findings.push(of_the_log(github).await);
    findings.extend(of_roles(github, policy).await);
    findings.extend(keys(github).await);
    findings
}

fn misplaced(names: Result<Vec<String>, Finding>, whose: &str) -> Vec<Finding> {
    let names = match names {
        Ok(names) => names,
        Err(finding) => return vec![finding],
    };
    let found: Vec<Finding> = SECRETS
        .iter()
        .filter(|name| names.iter().any(|secret| secret == *name))
        .map(|name| {
            let found = format!("{name} is a secret of {whose}: every workflow on any branch reads it");
            let mend = format!(
                "assume that it leaked: delete it there, and put a new one into the environment {LOG_ENVIRONMENT}"
            );
            Finding::problem(PART, found).mend(mend)
        })
        .collect();
    if found.is_empty() { vec![Finding::ok(PART, format!("{whose} has none of the log's"))] } else { found }
}

async fn of_the_log(github: &GitHub) -> Finding {
    let what = format!("secrets of the environment {LOG_ENVIRONMENT}");
    let names = match seen(github.environment_secrets(LOG_ENVIRONMENT).await, PART, &what) {
        Ok(names) => names,
        Err(finding) => return finding,
    };
    let has = |name: &str| names.iter().any(|known| known == name);
    let writes = has("JIT_LOG_TOKEN") || has("JIT_LOG_APP") && has("JIT_LOG_APP_KEY");
    let mend = "`jit ci init` says what belongs there";
    if !has("JIT_LOG_KEY") {
        let found = format!("the environment {LOG_ENVIRONMENT} has no JIT_LOG_KEY: jit cannot write the log");
        Finding::problem(PART, found).mend(mend)
    } else if !writes {
        let found =
            format!("the environment {LOG_ENVIRONMENT} has neither an app nor a token that writes the log");
        Finding::problem(PART, found).mend(mend)
    } else {
        Finding::ok(PART, format!("the environment {LOG_ENVIRONMENT} has what the log needs"))
    }
}

/// The environments of roles need no secrets: the job that holds the ID token could read them.
async fn of_roles(github: &GitHub, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for role in policy.roles() {
        let name = environment_of(&role.name);
        // A missing or hidden environment has a finding of its own already.
        let names = github.environment_secrets(&name).await.unwrap_or_default();
        if !names.is_empty() {
            let found = format!("the environment {name} has secrets, and needs none: {}", names.join(", "));
            findings.push(Finding::note(PART, found).mend("delete them there"));
        }
    }
    findings
}

async fn keys(github: &GitHub) -> Vec<Finding> {
    const PART: &str = "deploy keys";
    let keys = match seen(github.deploy_keys().await, PART, "deploy keys") {
        Ok(keys) => keys,
        Err(finding) => return vec![finding],
    };
    let writing: Vec<_> = keys.into_iter().filter(|key| !key.read_only).collect();
    if writing.is_empty() {
        return vec![Finding::ok(PART, "none may write")];
    }
    let one = |key: crate::github::api::oversight::DeployKey| {
        let found = format!(
            "{} ({}) may write: it creates branches and workflows without a person's name",
            key.title, key.id
        );
        Finding::problem(PART, found).mend("delete it, or let it read only")
    };
    writing.into_iter().map(one).collect()
}
