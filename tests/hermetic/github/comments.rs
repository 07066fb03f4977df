//! Workflows that a comment starts: the trial behind `docs/decisions/requests-as-issues.md`. A request would be an issue, and every act
//! on it a comment.

use serde_json::Value;
use serde_json::json;

use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Bash;
use crate::support::github::fixture::Hub;

const ON_COMMENT: &str = "
on:
  issue_comment:
    types: [created]
permissions: {}
jobs:
  decide:
    runs-on: ubuntu-latest
    environment: jit-log
    permissions:
      id-token: write
    steps:
      - run: echo \"$GITHUB_REF by $GITHUB_ACTOR ${KEY:+with the key}\"
        env:
          KEY: ${{ secrets.JIT_LOG_KEY }}
";

/// A repository whose workflow runs for comments, and a pull request that stands for the issue.
fn stage() -> (Hub, u64) {
    let hub = Hub::new();
    hub.write("main", ".github/workflows/jit.yml", ON_COMMENT);
    let policy =
        json!({"deployment_branch_policy": {"protected_branches": false, "custom_branch_policies": true}});
    hub.on("olga", "PUT", "environments/jit-log", policy).expect(200);
    hub.on("olga", "POST", "environments/jit-log/deployment-branch-policies", json!({"name": "main"}))
        .expect(200);
    hub.github.world().put_secret(hub.repository, Some("jit-log"), "JIT_LOG_KEY", "canary-key");
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    (hub, number)
}

fn say(hub: &Hub, who: &str, number: u64, words: &str) -> u64 {
    let comment =
        hub.on(who, "POST", &format!("issues/{number}/comments"), json!({ "body": words })).expect(201);
    comment["id"].as_u64().unwrap()
}

fn logs(hub: &Hub) -> Vec<String> {
    Runner::new(&hub.github, &Bash::default()).run_all();
    hub.github.world().runs.values().map(|run| run.jobs[0].log.clone()).collect()
}

/// The gain: somebody who may only read asks, and the workflow of `main` runs with its environment.
#[test]
fn reading_is_enough_to_start_the_workflow_of_main() {
    let (hub, number) = stage();
    assert_eq!(
        hub.on("dora", "POST", "git/refs", json!({"ref": "refs/heads/x", "sha": hub.tip("main")})).status,
        403
    );
    say(&hub, "dora", number, "/jit request prod-admin");
    let logs = logs(&hub);
    assert_eq!(logs.len(), 1);
    assert!(logs[0].contains("refs/heads/main by dora with the key"), "{logs:?}");
}

/// The price: each comment of anybody starts a run before anything of jit's own has looked at who wrote it.
#[test]
fn every_comment_of_every_reader_is_a_run() {
    let (hub, number) = stage();
    for round in 0..5 {
        say(&hub, "dora", number, &format!("what about this? {round}"));
    }
    assert_eq!(logs(&hub).len(), 5);
}

/// A denial in a comment can be taken away without a trace by everybody who may write. A denial in a review stays when it is dismissed.
#[test]
fn a_comment_goes_without_a_trace_and_a_review_does_not() {
    let (hub, number) = stage();
    let denial = say(&hub, "ben", number, "/jit deny");
    hub.on("cleo", "DELETE", &format!("issues/comments/{denial}"), Value::Null).expect(204);
    assert_eq!(hub.get("ana", &format!("issues/{number}/comments")), json!([]));
    hub.review("ben", number, "REQUEST_CHANGES").expect(200);
    let review = hub.get("ana", &format!("pulls/{number}/reviews"))[0]["id"].clone();
    let path = format!("pulls/{number}/reviews/{review}/dismissals");
    hub.on("cleo", "PUT", &path, json!({ "message": "no" })).expect(200);
    assert_eq!(hub.get("ana", &format!("pulls/{number}/reviews"))[0]["state"], "DISMISSED");
}

/// An approval in a comment can be put into somebody's mouth: its words change, and its author stays.
#[test]
fn the_words_of_a_comment_are_not_its_authors_alone() {
    let (hub, number) = stage();
    let comment = say(&hub, "ben", number, "let me look at it tomorrow");
    hub.clock.advance(std::time::Duration::from_secs(60));
    let path = format!("issues/comments/{comment}");
    hub.on("cleo", "PATCH", &path, json!({ "body": "/jit approve" })).expect(200);
    let comments = hub.get("ana", &format!("issues/{number}/comments"));
    assert_eq!(
        (&comments[0]["user"]["login"], &comments[0]["body"]),
        (&json!("ben"), &json!("/jit approve"))
    );
    assert_ne!(comments[0]["created_at"], comments[0]["updated_at"], "a sign, and it does not say by whom");
}
