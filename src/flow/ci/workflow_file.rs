//! What a workflow other than ours reaches for, as far as its file tells: read as YAML, since a line can be spelt in many ways.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::forge::LOG_ENVIRONMENT;

/// How the environments of roles begin.
const ROLES: &str = "jit-role-";

/// What is seen in a workflow's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether it names an environment that is `jit.yml`'s, or could without our seeing it.
    pub(super) reaches: bool,
    /// The actions that it uses by a name that can be made to mean something else.
    pub(super) loose: Vec<String>,
}

#[derive(Deserialize)]
struct Workflow {
    #[serde(default)]
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    environment: Option<Value>,
    #[serde(default)]
    uses: Option<String>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    #[serde(default)]
    uses: Option<String>,
}

/// Looks at a file. What cannot be read is not taken for harmless.
pub(super) fn look(text: &str) -> Look {
    // A comment may name them too. Better to ask why than to have read it wrongly.
    let lower = text.to_lowercase();
    let names = [LOG_ENVIRONMENT, ROLES].iter().any(|name| lower.contains(name));
    let Ok(workflow) = serde_saphyr::from_str::<Workflow>(text) else {
        return Look { reaches: true, loose: Vec::new() };
    };
    let environments = workflow.jobs.values().filter_map(|job| job.environment.as_ref());
    // A workflow of another repository may name environments of this one.
    let foreign =
        workflow.jobs.values().filter_map(|job| job.uses.as_deref()).any(|uses| !uses.starts_with("./"));
    let reaches = names || foreign || environments.into_iter().any(is_ours);
    let steps = workflow.jobs.values().flat_map(|job| &job.steps).filter_map(|step| step.uses.as_ref());
    let calls = workflow.jobs.values().filter_map(|job| job.uses.as_ref());
    let loose = steps.chain(calls).filter(|uses| !is_pinned(uses)).cloned().collect();
    Look { reaches, loose }
}

/// Whether an environment is `jit.yml`'s, whatever its case, or hides behind an expression.
fn is_ours(environment: &Value) -> bool {
    let name = match environment {
        Value::String(name) => name,
        Value::Object(members) => match members.get("name") {
            Some(Value::String(name)) => name,
            _ => return true,
        },
        Value::Null => return false,
        _ => return true,
    };
    let name = name.to_lowercase();
    name.contains("${{") || name.trim() == LOG_ENVIRONMENT || name.trim().starts_with(ROLES)
}

/// Whether an action is named by a whole commit id, or an image by its digest. What lies in this repository is `main`'s.
fn is_pinned(uses: &str) -> bool {
    if uses.starts_with("./") {
        return true;
    }
    let hexadecimal =
        |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match uses.rsplit_once('@') {
        Some((image, digest)) if image.starts_with("docker://") => {
            digest.strip_prefix("sha256:").is_some_and(|digest| hexadecimal(digest, 64))
        }
        Some((_, commit)) => hexadecimal(commit, 40),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(lines: &str) -> String {
        format!("on: push\njobs:\n  x:\n    runs-on: ubuntu-latest\n{lines}    steps: []\n")
    }

    #[test]
    fn every_spelling_of_an_environment_that_is_ours_is_seen() {
        for bad in [
            "    environment: jit-role-prod\n",
            "    environment: Jit-Log\n",
            "    environment: \"jit\\x2Dlog\"\n",
            "    \"environment\": {name: \"jit\\u002drole-x\"}\n",
            "    environment:\n      name: >-\n        jit-log\n",
            "    environment: ${{ 'jit' }}-log\n",
            "    environment: {url: x}\n",
            "    environment: [x]\n",
        ] {
            assert!(look(&job(bad)).reaches, "{bad}");
        }
        let flow = "{on: push, jobs: {x: {runs-on: y, \"env\\x69ronment\": \"jit\\x2dlog\", steps: []}}}";
        assert!(look(flow).reaches);
        let anchored =
            "x: &name \"jit\\x2dlog\"\non: push\njobs:\n  x: {runs-on: y, environment: *name, steps: []}\n";
        assert!(look(anchored).reaches);
        let foreign = "on: push\njobs:\n  x:\n    uses: acme/other/.github/workflows/x.yml@main\n    secrets: inherit\n";
        assert_eq!(look(foreign).loose.len(), 1);
        assert!(look(foreign).reaches);
        for unreadable in ["jobs: [", "jobs: 7\n", "jobs:\n  x: {environment: a}\njobs: {}\n"] {
            assert!(look(unreadable).reaches, "{unreadable}");
        }
    }

    #[test]
    fn what_reaches_for_nothing_of_ours_is_let_be() {
        for good in ["", "    environment: production\n", "    env: {X: \"${{ github.sha }}\"}\n"] {
            assert_eq!(look(&job(good)), Look::default(), "{good}");
        }
    }

    #[test]
    fn actions_are_pinned_by_whole_ids() {
        let uses =
            |text: &str| look(&format!("on: push\njobs:\n  x:\n    steps:\n      - uses: {text}\n")).loose;
        for good in [
            "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5",
            "./.github/actions/x",
            "docker://alpine@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ] {
            assert!(uses(good).is_empty(), "{good}");
        }
        for bad in
            ["actions/checkout@v5", "actions/checkout@08c6903", "actions/checkout", "docker://alpine:3"]
        {
            assert_eq!(uses(bad).len(), 1, "{bad}");
        }
    }
}
