//! Environments: their protection, and who gets past it.
//!
//! Source: "Managing environments for deployment"; "Reviewing deployments".

use serde_json::Value;
use serde_json::json;

use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Bash;
use crate::support::github::fixture::Hub;
use crate::support::github::plans::Plan;

const DEPLOY: &str = "
on:
  workflow_dispatch:
    inputs:
      environment: {required: true, type: string}
permissions: {}
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: ${{ inputs.environment }}
    permissions:
      id-token: write
    steps:
      - run: |
          test -z \"$KEY\" || echo \"has the key\"
          echo \"asks at ${ACTIONS_ID_TOKEN_REQUEST_URL:-nowhere}\" | sed 's/[0-9]//g'
        env:
          KEY: ${{ secrets.KEY }}
";

fn hub() -> Hub {
    let hub = Hub::new();
    hub.write("main", ".github/workflows/deploy.yml", DEPLOY);
    let policy =
        json!({"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}});
    hub.on("olga", "PUT", "environments/prod", policy).expect(200);
    hub.on("olga", "POST", "environments/prod/deployment-branch-policies", json!({"name": "main"}))
        .expect(200);
    hub.github.world().put_secret(hub.repository, Some("prod"), "KEY", "hush");
    hub
}

fn run(hub: &Hub, reference: &str, environment: &str) -> Value {
    let body = json!({"ref": reference, "inputs": {"environment": environment}, "return_run_details": true});
    let path = "actions/workflows/deploy.yml/dispatches";
    let run = hub.on("ana", "POST", path, body).expect(200)["workflow_run_id"].clone();
    Runner::new(&hub.github, &Bash::default()).run_all();
    hub.get("ana", &format!("actions/runs/{run}"))
}

fn log(hub: &Hub, run: &Value) -> String {
    hub.github.world().runs[&run["id"].as_u64().unwrap()].jobs[0].output()
}

#[test]
fn a_branch_outside_the_policy_gets_neither_secret_nor_step() {
    let hub = hub();
    let good = run(&hub, "main", "prod");
    assert_eq!(good["conclusion"], "success");
    assert!(log(&hub, &good).contains("has the key"), "{}", log(&hub, &good));
    hub.write("evil", "x", "x");
    let bad = run(&hub, "evil", "prod");
    assert_eq!(bad["conclusion"], "failure");
    assert!(log(&hub, &bad).contains("not allowed to deploy to prod"));
    assert!(!log(&hub, &bad).contains("asks at"), "no step ran");
}

#[test]
fn naming_an_environment_that_is_not_there_makes_one_that_protects_nothing() {
    let hub = hub();
    hub.write("evil", "x", "x");
    let made = run(&hub, "evil", "prod2");
    assert_eq!(made["conclusion"], "success");
    assert!(!log(&hub, &made).contains("has the key"));
    let shown = hub.get("ana", "environments/prod2");
    assert_eq!((&shown["deployment_branch_policy"], &shown["protection_rules"]), (&Value::Null, &json!([])));
    // Names are compared case-insensitively, so a second `PROD` cannot exist.
    assert_eq!(run(&hub, "evil", "PROD")["conclusion"], "failure");
    assert_eq!(hub.get("ana", "environments")["total_count"], 2);
}

#[test]
fn putting_an_environment_resets_what_is_not_said() {
    let hub = hub();
    assert_eq!(
        hub.get("ana", "environments/prod/deployment-branch-policies")["branch_policies"][0]["name"],
        "main"
    );
    let secrets = hub.get("ana", "environments/prod/secrets");
    assert_eq!((&secrets["total_count"], &secrets["secrets"][0]["name"]), (&json!(1), &json!("KEY")));
    hub.on("dora", "GET", "environments/prod/secrets", Value::Null).refused(403);
    hub.on("olga", "PUT", "environments/prod", json!({"wait_timer": 1})).expect(200);
    assert_eq!(hub.get("ana", "environments/prod")["deployment_branch_policy"], Value::Null);
    assert_eq!(hub.get("ana", "environments/prod/deployment-branch-policies")["total_count"], 0);
    let both =
        json!({"deployment_branch_policy": {"protected_branches": true, "custom_branch_policies": true}});
    assert_eq!(hub.on("olga", "PUT", "environments/prod", both).status, 422);
    assert_eq!(
        hub.on("olga", "POST", "environments/prod/deployment-branch-policies", json!({"name": "x"})).status,
        404
    );
}

#[test]
fn a_listed_reviewer_lets_a_job_begin_and_nobody_else() {
    let hub = hub();
    let reviewers = json!({
        "reviewers": [{"type": "User", "id": hub.id("ben")}, {"type": "User", "id": hub.id("ana")}],
        "prevent_self_review": true,
    });
    hub.on("olga", "PUT", "environments/gated", reviewers).expect(200);
    let waiting = run(&hub, "main", "gated");
    assert_eq!(waiting["status"], "waiting");
    let path = format!("actions/runs/{}/pending_deployments", waiting["id"]);
    let pending = hub.get("ben", &path);
    assert_eq!(
        (&pending[0]["environment"]["name"], &pending[0]["current_user_can_approve"]),
        (&json!("gated"), &json!(true))
    );
    let body = json!({"environment_ids": [pending[0]["environment"]["id"]], "state": "approved", "comment": "INC-1"});
    // The person who caused it, one who is not listed, and an organisation's owner.
    for who in ["ana", "cleo", "olga"] {
        hub.on(who, "POST", &path, body.clone()).refused(422);
    }
    hub.on("ben", "POST", &path, body).expect(200);
    Runner::new(&hub.github, &Bash::default()).run_all();
    assert_eq!(hub.get("ana", &format!("actions/runs/{}", waiting["id"]))["conclusion"], "success");
    let given = hub.get("ana", &format!("actions/runs/{}/approvals", waiting["id"]));
    assert_eq!((&given[0]["user"]["login"], &given[0]["state"]), (&json!("ben"), &json!("approved")));
}

#[test]
fn a_plan_leaves_things_out_of_private_repositories_only() {
    let hub = Hub::new();
    let acme = hub.id("acme");
    let pays = |plan: Plan| hub.github.world().accounts.get_mut(&acme).unwrap().plan = plan;
    let reviewers = json!({"reviewers": [{"type": "User", "id": hub.id("ben")}]});
    let gate = || hub.on("olga", "PUT", "environments/gated", reviewers.clone());
    pays(Plan::Team);
    assert!(gate().refused(422).contains("billing plan"));
    hub.on("olga", "PUT", "environments/plain", json!({})).expect(200);
    hub.get("ana", "rules/branches/main");
    pays(Plan::Free);
    assert_eq!(hub.call("olga", "GET", "/orgs/acme", Value::Null).expect(200)["plan"]["name"], "free");
    assert!(hub.call("ana", "GET", "/orgs/acme", Value::Null).expect(200).get("plan").is_none());
    for (method, path) in
        [("GET", "rulesets"), ("GET", "rules/branches/main"), ("GET", "branches/main/protection")]
    {
        assert!(
            hub.on("olga", method, path, Value::Null).refused(403).contains("Upgrade to GitHub Pro"),
            "{path}"
        );
    }
    hub.on("olga", "PUT", "environments/plain", json!({})).refused(403);
    hub.github.world().repository_mut(hub.repository).private = false;
    gate().expect(200);
    hub.get("ana", "rules/branches/main");
}
