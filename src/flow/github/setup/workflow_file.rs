//! Checks what a workflow other than ours may reach, as far as its file shows. The file is parsed as YAML, because a
//! line can be spelt in many ways.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::github::LOG_ENVIRONMENT;

/// The prefix of roles' environments.
const ROLES: &str = "jit-role-";

/// The findings in a workflow's file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::flow::github) struct Look {
    /// Whether it names an environment of `jit.yml`, or could hide such a name.
    pub(in crate::flow::github) reaches: bool,
    /// The actions that it uses by a name that can be moved to other code.
    pub(in crate::flow::github) loose: Vec<String>,
}

#[derive(Deserialize)]
struct Workflow {
    #[serde(default)]
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
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

/// Checks a file. A file that does not parse does not count as harmless.
pub(in crate::flow::github) fn look(text: &str) -> Look {
    // A comment may name them too. A false alarm is better than a miss.
    let lower = text.to_lowercase();
    let names = [LOG_ENVIRONMENT, ROLES].iter().any(|name| lower.contains(name));
    let Ok(workflow) = serde_saphyr::from_str::<Workflow>(text) else {
        return Look { reaches: true, loose: Vec::new() };
    };
    let Ok(Value::Object(members)) = serde_saphyr::from_str::<Value>(text) else {
        return Look { reaches: true, loose: Vec::new() };
    };
    let hides = HIDES.iter().any(|mark| lower.contains(mark)) || members.iter().any(hides_environment);
    // A workflow of another repository may name environments of this one.
    let foreign =
        workflow.jobs.values().filter_map(|job| job.uses.as_deref()).any(|uses| !uses.starts_with("./"));
    let reaches = names || foreign || hides;
    let steps = workflow.jobs.values().flat_map(|job| &job.steps).filter_map(|step| step.uses.as_ref());
    let calls = workflow.jobs.values().filter_map(|job| job.uses.as_ref());
    let loose = steps.chain(calls).filter(|uses| !is_pinned(uses)).cloned().collect();
    Look { reaches, loose }
}

/// Tags that make a text stand for other bytes. Whether GitHub follows them is unknown.
const HIDES: [&str; 3] = ["!!binary", "tag:yaml.org", "%tag"];

/// Whether a job among these members names an environment of `jit.yml`. Keys match in any case, because those that
/// GitHub rejects make no job. A merge key (`<<`) counts, because it might add an environment.
fn hides_environment((name, jobs): (&String, &Value)) -> bool {
    let named = |key: &str, wanted: &str| key.trim().eq_ignore_ascii_case(wanted);
    let Value::Object(jobs) = jobs else { return named(name, "jobs") && !jobs.is_null() };
    named(name, "jobs")
        && jobs.iter().any(|(key, job)| {
            let Value::Object(job) = job else { return true };
            key == "<<"
                || job.iter().any(|(key, value)| key == "<<" || named(key, "environment") && is_ours(value))
        })
}

/// Whether an environment is one of `jit.yml`'s in any case, or is given by an expression.
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
    // It is unknown which letters GitHub treats as equal, so any name that is not ASCII counts. Our names are ASCII.
    !name.is_ascii()
        || name.contains("${{")
        || name.trim() == LOG_ENVIRONMENT
        || name.trim().starts_with(ROLES)
}

/// Whether an action is named by a full commit id, or an image by its digest. Actions of this repository come from
/// `main`.
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
        for hidden in [
            "    Environment: \"jit\\x2dlog\"\n",
            "    environment: jít-log\n",
            "    environment: !!binary aml0LWxvZw==\n",
            "    environment: !<tag:yaml.org,2002:binary> aml0LWxvZw==\n",
            "    ? environment\n    : \"jit\\x2dlog\"\n",
            "    environment: \"jit\\\n      -log\"\n",
            "    environment: {\"n\\x61me\": \"jit\\x2dlog\", url: x}\n",
            "    environment: {NAME: production}\n",
        ] {
            assert!(look(&job(hidden)).reaches, "{hidden}");
        }
        let merged = "x-base: &base\n  environment: \"jit\\x2dlog\"\non: push\njobs:\n  x:\n    <<: *base\n    runs-on: y\n    steps: []\n";
        assert!(look(merged).reaches);
        let several = "on: push\njobs: {}\n---\non: push\njobs: {x: {environment: \"jit\\x2dlog\"}}\n";
        assert!(look(several).reaches);
        let first =
            "---\non: push\njobs: {x: {environment: \"jit\\x2dlog\"}}\n...\n---\non: push\njobs: {}\n";
        assert!(look(first).reaches);
        let wide: Vec<u8> =
            job("    environment: production\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(look(&String::from_utf8_lossy(&wide)).reaches);
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
            "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
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
