//! Self-hosted runners. `ubuntu-latest` is only a label, so a job may go to any runner that has it. The owner of that
//! machine then gets the log's key and the roles' tokens.

use super::seen;
use crate::flow::doctor::Finding;
use crate::github::GitHub;
use crate::github::GitHubError;
use crate::github::api::runners::Runner;
use crate::grant::text::sanitise;

const PART: &str = "runners";

/// The label that our workflows' jobs use.
const OURS: &str = "ubuntu-latest";
/// The prefixes of GitHub's own labels.
const HOSTED: [&str; 3] = ["ubuntu-", "windows-", "macos-"];

pub(super) async fn look(github: &GitHub) -> Vec<Finding> {
    let mut findings = judge(github.runners().await, "the repository");
    // A person's repository has no shared runners.
    let lends = github.repository().await.is_ok_and(|repository| repository.owner.kind == "Organization");
    if lends {
        let lent = judge(github.lent_runners().await, "the organisation");
        let token = "GITHUB_TOKEN with the scope admin:org: `gh auth refresh --scopes admin:org`, then \
                     GITHUB_TOKEN=$(gh auth token) jit doctor";
        findings.extend(lent.into_iter().map(|finding| match finding.verdict {
            crate::flow::doctor::CheckResult::Unknown => finding.mend(token),
            _ => finding,
        }));
    }
    findings
}

fn judge(answer: Result<Vec<Runner>, GitHubError>, whose: &str) -> Vec<Finding> {
    let runners = match seen(answer, PART, &format!("self-hosted runners of {whose}")) {
        Ok(runners) => runners,
        Err(finding) => return vec![finding],
    };
    let findings: Vec<Finding> = runners.iter().filter_map(|runner| hides(runner, whose)).collect();
    if !findings.is_empty() {
        return findings;
    }
    vec![match runners.len() {
        0 => Finding::ok(PART, format!("{whose} has no self-hosted runner for this repository")),
        count => {
            Finding::ok(PART, format!("no label of the {count} self-hosted runners of {whose} is GitHub's"))
        }
    }]
}

/// The problem with a runner that has a label of GitHub's own machines. `None` if it has no such label.
fn hides(runner: &Runner, whose: &str) -> Option<Finding> {
    let labels: Vec<String> = runner.labels.iter().map(|label| label.name.to_lowercase()).collect();
    let name = sanitise(&runner.name);
    if labels.iter().any(|label| label == OURS) {
        let found = format!(
            "the self-hosted runner {name} of {whose} has the label {OURS}: it can get the jobs of jit.yml, and with them the \
             log's key"
        );
        return Some(Finding::problem(PART, found).mend("remove the label, or the runner"));
    }
    let other = labels.iter().find(|label| HOSTED.iter().any(|start| label.starts_with(start)))?;
    let found = format!(
        "the self-hosted runner {name} of {whose} has the label {}, which is one of GitHub's",
        sanitise(other)
    );
    Some(Finding::note(PART, found).mend("change the label: a job for a hosted runner may get this runner"))
}
