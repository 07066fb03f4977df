//! The committed example, checked against docs/github.md.

use super::shop::EXAMPLE;
use crate::support::github::actions::workflow::Workflow;

#[test]
fn no_job_may_more_than_it_must() {
    let workflow = Workflow::parse(EXAMPLE).unwrap();
    assert_eq!(workflow.permissions, Some(serde_json::json!({})));
    let may = |job: &str| workflow.jobs[job].permissions.clone().unwrap();
    assert_eq!(may("ask"), serde_json::json!({"id-token": "write"}));
    assert_eq!(may("deploy"), serde_json::json!({"contents": "read", "id-token": "write"}));
    assert_eq!(workflow.on, serde_json::json!({"push": {"branches": ["main"]}}));
    for job in workflow.jobs.values() {
        assert!(job.environment.is_some() && job.timeout_minutes.is_some());
        assert_eq!(job.runs_on, serde_json::json!("ubuntu-latest"));
    }
}

#[test]
fn nothing_foreign_runs_and_nothing_is_pasted_into_a_script() {
    let workflow = Workflow::parse(EXAMPLE).unwrap();
    for step in workflow.jobs.values().flat_map(|job| &job.steps) {
        if let Some(uses) = &step.uses {
            let (_, version) = uses.split_once('@').unwrap();
            assert!(version.len() == 40 && version.bytes().all(|byte| byte.is_ascii_hexdigit()), "{uses}");
            assert_eq!(step.with["persist-credentials"], serde_json::json!(false));
        }
        assert!(!step.run.as_deref().unwrap_or_default().contains("${{"));
    }
    for foreign in ["pull_request", "self-hosted", "cache", "vars.", "inherit", "github.event"] {
        assert!(!EXAMPLE.contains(foreign), "{foreign}");
    }
    // Only the steps that ask have the key.
    assert_eq!(EXAMPLE.matches("secrets.JIT_ACCESS_APP_KEY").count(), 3);
    assert_eq!(EXAMPLE.matches("sha256sum --check --strict").count(), 2);
}
