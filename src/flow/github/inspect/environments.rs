//! Environments: one for the log and one per role, each for `main` alone. The first job that names a missing one would
//! create it, open to every branch.

use super::seen;
use crate::flow::doctor::CheckResult;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::LOG_ENVIRONMENT;
use crate::github::MAIN;
use crate::github::environment_of;
use crate::policy::Policy;

const PART: &str = "environments";
const MEND: &str = "`jit ci init --apply` sets it";

/// The environments that a policy needs.
pub(in crate::flow::github) fn environments(policy: &Policy) -> Vec<String> {
    std::iter::once(LOG_ENVIRONMENT.to_owned())
        .chain(policy.roles().map(|role| environment_of(&role.name)))
        .collect()
}

pub(super) async fn look(github: &GitHub, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut good = 0_usize;
    for name in environments(policy) {
        match one(github, &name).await {
            None => good += 1,
            // Environments must be visibly in order, so unknown counts as a problem.
            Some(finding) if finding.verdict == CheckResult::Unknown => {
                findings.push(Finding { verdict: CheckResult::Problem, ..finding });
            }
            Some(finding) => findings.push(finding),
        }
    }
    if good > 0 {
        findings.insert(0, Finding::ok(PART, format!("{good} environments are for {MAIN} alone")));
    }
    findings
}

/// The problem with an environment. `None` if there is none.
async fn one(github: &GitHub, name: &str) -> Option<Finding> {
    let what = format!("the environment {name}");
    let environment = match seen(github.environment(name).await, PART, &what) {
        Ok(environment) => environment,
        Err(finding) => return Some(finding),
    };
    let Some(environment) = environment else {
        let found = format!("{what} is missing: the first job that names it makes it, open to every branch");
        return Some(Finding::problem(PART, found).mend(MEND));
    };
    // An approval there does not count as a review, and would only delay the credentials.
    if environment.protection_rules.iter().any(|rule| rule.kind != "branch_policy") {
        let found = format!("{what} delays each run until a person lets it in or a timer ends");
        let mend = "take required reviewers and waiting off it: people review the pull request";
        return Some(Finding::problem(PART, found).mend(mend));
    }
    let listed = environment.deployment_branch_policy.is_some_and(|policy| policy.custom_branch_policies);
    if !listed {
        return Some(Finding::problem(PART, open(name)).mend(MEND));
    }
    match seen(github.environment_branches(name).await, PART, &format!("the branches of {what}")) {
        Ok(patterns) => {
            let exact = matches!(patterns.as_slice(), [only] if only.name == MAIN && only.kind.as_deref() != Some("tag"));
            let mend = "take every other branch and tag out of its settings";
            (!exact).then(|| Finding::problem(PART, open(name)).mend(mend))
        }
        Err(finding) => Some(finding),
    }
}

fn open(name: &str) -> String {
    format!("the environment {name} is open to other branches than {MAIN}")
}
