//! Actions: whether they run, the rights of their own token, and the subject of their ID tokens.

use super::seen;
use crate::flow::doctor::Finding;
use crate::flow::github::setup::settings;
use crate::github::GitHub;

const PART: &str = "actions";
const TOKENS: &str = "ID tokens";
const SETTINGS: &str = "change it in the repository's settings, under Actions, General";

pub(super) async fn look(github: &GitHub) -> Vec<Finding> {
    let mut findings = Vec::new();
    match seen(github.actions().await, PART, "whether workflows run") {
        Ok(switch) if switch.enabled => {}
        Ok(_) => findings.push(Finding::problem(PART, "workflows do not run").mend(SETTINGS)),
        Err(finding) => findings.push(finding),
    }
    match seen(github.workflow_defaults().await, PART, "what a workflow's own token may") {
        Ok(defaults) => {
            findings.push(if defaults.default_workflow_permissions == "read" {
                Finding::ok(PART, "by default, workflows may only read")
            } else {
                Finding::problem(PART, "by default, workflows may write").mend(SETTINGS)
            });
            findings.push(if defaults.can_approve_pull_request_reviews {
                let found = "a workflow may approve pull requests: everybody who may push a branch can approve changes of the policy with it";
                Finding::problem(PART, found).mend(SETTINGS)
            } else {
                Finding::ok(PART, "workflows may not approve pull requests")
            });
        }
        Err(finding) => findings.push(finding),
    }
    findings.push(subject(github).await);
    findings
}

/// Checks the subject of ID tokens, which clouds pin. Only GitHub knows the form that this repository uses.
async fn subject(github: &GitHub) -> Finding {
    let form = match seen(github.subject_form().await, TOKENS, "the form of subjects") {
        Ok(form) => form,
        Err(finding) => return finding,
    };
    let wanted = settings::subject_form().include_claim_keys;
    if form.use_default || form.include_claim_keys != wanted {
        let found = "subjects do not name the workflow and the kind of runner: another one could mint";
        return Finding::problem(TOKENS, found)
            .mend("`jit ci init --apply` sets them; then put the new trust policies on the roles");
    }
    let found = "subjects name repository, environment, workflow and hosted runners";
    match form.use_immutable_subject {
        Some(true) => Finding::ok(TOKENS, format!("{found}, with numeric ids")),
        Some(false) => {
            let found = format!("{found}, but by names: a later owner of this name gets the subject");
            Finding::note(TOKENS, found).mend(
                "`jit ci init --apply` sets the immutable form; then put the new trust policies on the roles",
            )
        }
        None => Finding::unknown(TOKENS, format!("{found}; jit cannot see whether with numeric ids")),
    }
}
