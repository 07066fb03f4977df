//! Dispatches, runs and logs.

use http::Method;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;
use std::time::Duration;

use crate::support::github::actions::background::Background;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Bash;
use crate::support::github::fixture::Hub;

const HELLO: &str = "
name: Hello
run-name: Hello ${{ inputs.who }} ${{ inputs.nonce }}
on:
  workflow_dispatch:
    inputs:
      who: {required: true, type: string}
      nonce: {default: none}
      kind: {type: choice, options: [a, b], default: a}
permissions: {}
concurrency: {group: 'hello-${{ inputs.who }}', cancel-in-progress: false}
jobs:
  greet:
    runs-on: ubuntu-latest
    steps:
      - run: echo 'sealed'
        env: {TOKEN: '${{ github.token }}', WHO: '${{ inputs.who }}'}
      - run: echo \"$TOKEN\"; echo '::add-mask::hush'; echo 'hush hush'
        env: {TOKEN: '${{ github.token }}'}
";

fn hub() -> Hub {
    let hub = Hub::new();
    hub.write("main", ".github/workflows/hello.yml", HELLO);
    hub
}

fn work(hub: &Hub) {
    Runner::new(&hub.github, &Bash::default()).run_all();
}

const DISPATCH: &str = "actions/workflows/hello.yml/dispatches";

#[test]
fn a_dispatch_answers_as_its_version_does() {
    let hub = hub();
    let body = json!({"ref": "main", "inputs": {"who": "x"}});
    hub.on("ana", "POST", DISPATCH, body.clone()).expect(204);
    let mut details = body.clone();
    details["return_run_details"] = json!(true);
    let run = hub.on("ana", "POST", DISPATCH, details.clone()).expect(200);
    assert!(run["run_url"].as_str().unwrap().ends_with(&format!("/actions/runs/{}", run["workflow_run_id"])));
    let path = format!("/repos/acme/access/{DISPATCH}");
    let newer = hub.request("ana", "POST", &path, body.clone()).header("x-github-api-version", "2026-03-10");
    hub.send(newer).expect(200);
    hub.github.world().old_dispatches = true;
    hub.on("ana", "POST", DISPATCH, details).refused(400);
    hub.on("ana", "POST", DISPATCH, body).expect(204);
}

#[test]
fn inputs_are_held_against_the_file_at_the_branch() {
    let hub = hub();
    let dispatch = |inputs: Value, reference: &str| {
        hub.on("ana", "POST", DISPATCH, json!({"ref": reference, "inputs": inputs}))
    };
    assert!(dispatch(json!({}), "main").refused(422).contains("Required input 'who'"));
    assert!(dispatch(json!({"who": "x", "evil": "y"}), "main").refused(422).contains("Unexpected inputs"));
    assert!(dispatch(json!({"who": "x", "kind": "c"}), "main").refused(422).contains("allowed values"));
    assert!(dispatch(json!({"who": "x"}), "nowhere").refused(422).contains("No ref found"));
    hub.on("dora", "POST", DISPATCH, json!({"ref": "main", "inputs": {"who": "x"}})).refused(403);
    // On a branch, that branch's file runs, and the run says so.
    hub.write("evil", ".github/workflows/hello.yml", &HELLO.replace("echo 'sealed'", "echo 'evil'"));
    let run = hub.on(
        "ben",
        "POST",
        DISPATCH,
        json!({"ref": "evil", "inputs": {"who": "x"}, "return_run_details": true}),
    );
    let run = hub.get("ana", &format!("actions/runs/{}", run.expect(200)["workflow_run_id"]));
    assert_eq!((run["head_branch"].as_str(), run["actor"]["login"].as_str()), (Some("evil"), Some("ben")));
    hub.write("none", ".github/workflows/hello.yml", &HELLO.replace("workflow_dispatch", "workflow_call"));
    assert!(dispatch(json!({"who": "x"}), "none").refused(422).contains("workflow_dispatch"));
    // A file that main does not have cannot be dispatched at all.
    hub.write("evil", ".github/workflows/other.yml", HELLO);
    hub.on("ben", "POST", "actions/workflows/other.yml/dispatches", json!({"ref": "evil"})).refused(404);
}

#[test]
fn runs_are_found_by_name_actor_commit_and_time_and_rerun_as_another_attempt() {
    let hub = hub();
    let run = hub.dispatch("ana", "hello.yml", json!({"who": "x", "nonce": "n-1"}));
    hub.dispatch("ben", "hello.yml", json!({"who": "y"}));
    assert_eq!(hub.get("ana", &format!("actions/runs/{run}"))["display_title"], "Hello x n-1");
    for (query, count) in [
        ("actor=ana", 1),
        ("event=workflow_dispatch", 2),
        ("event=push", 0),
        ("status=queued", 2),
        ("branch=main", 2),
        ("created=%3E%3D2026-11-23T12:00:00Z", 2),
        ("created=%3E2026-11-23T12:00:00Z", 0),
        ("created=2026-11-22", 0),
    ] {
        assert_eq!(hub.get("ana", &format!("actions/runs?{query}"))["total_count"], count, "{query}");
        assert_eq!(
            hub.get("ana", &format!("actions/workflows/hello.yml/runs?{query}"))["total_count"],
            count
        );
    }
    let path = format!("actions/runs/{run}/rerun");
    hub.on("ben", "POST", &path, json!({})).refused(403);
    work(&hub);
    hub.on("ben", "POST", &path, json!({})).expect(201);
    let again = hub.get("ana", &format!("actions/runs/{run}"));
    assert_eq!((again["run_attempt"].as_u64(), again["status"].as_str()), (Some(2), Some("queued")));
    assert_eq!(
        (&again["actor"]["login"], &again["triggering_actor"]["login"]),
        (&json!("ana"), &json!("ben"))
    );
    let first = hub.get("ana", &format!("actions/runs/{run}/attempts/1"));
    assert_eq!(
        (first["conclusion"].as_str(), first["triggering_actor"]["login"].as_str()),
        (Some("success"), Some("ana"))
    );
    hub.on("ana", "GET", &format!("actions/runs/{run}/attempts/3"), Value::Null).refused(404);
    hub.on("ana", "POST", &format!("actions/runs/{run}/cancel"), Value::Null).expect(202);
    hub.on("ana", "POST", &format!("actions/runs/{run}/cancel"), Value::Null).refused(409);
}

#[test]
fn of_a_group_one_runs_one_waits_and_the_newest_takes_its_place() {
    let hub = hub();
    let runs = [1, 2, 3].map(|_| hub.dispatch("ana", "hello.yml", json!({"who": "same"})));
    let other = hub.dispatch("ana", "hello.yml", json!({"who": "other"}));
    let status = |run: u64| {
        let run = hub.get("ana", &format!("actions/runs/{run}"));
        (
            run["status"].as_str().unwrap().to_owned(),
            run["conclusion"].as_str().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(runs.map(|run| status(run).0), ["queued", "completed", "pending"]);
    assert_eq!(status(runs[1]).1, "cancelled");
    assert_eq!(status(other).0, "queued");
    work(&hub);
    assert_eq!([runs[0], runs[2], other].map(|run| status(run).1), ["success", "success", "success"]);
}

#[test]
fn a_log_is_written_at_the_jobs_end_and_fetched_elsewhere_without_the_token() {
    let hub = hub();
    let run = hub.dispatch("ana", "hello.yml", json!({"who": "x"}));
    let jobs = hub.get("ana", &format!("actions/runs/{run}/jobs"));
    let path = format!("actions/jobs/{}/logs", jobs["jobs"][0]["id"]);
    let place = |who: &str| {
        let answer = hub.on(who, "GET", &path, Value::Null);
        assert_eq!(answer.status, 302);
        let place = answer.header("location").to_owned();
        assert!(place.starts_with(&hub.github.origins().storage));
        place
    };
    let fetch = |place: &str| hub.send(Request::new(Method::GET, place));
    // Before the end, the redirect leads to nothing.
    assert_eq!(fetch(&place("dora")).status, 404);
    hub.on("ana", "DELETE", &format!("actions/runs/{run}/logs"), Value::Null).refused(403);
    hub.github.world().log_delay = 5;
    work(&hub);
    assert_eq!(fetch(&place("dora")).status, 404);
    hub.clock.advance(Duration::from_secs(5));
    let there = place("dora");
    // Storage refuses a token that is meant for the API.
    let with_token = Request::new(Method::GET, &there).header("authorization", "Bearer x");
    assert_eq!(hub.send(with_token).status, 400);
    let log = String::from_utf8(fetch(&there).bytes).unwrap();
    let lines: Vec<&str> = log.trim_start_matches('\u{feff}').lines().collect();
    assert!(log.starts_with('\u{feff}'));
    assert!(lines.iter().all(|line| line.starts_with("2026-11-23T12:00:00.0000000Z ")), "{log}");
    let plain: Vec<&str> = lines.iter().map(|line| &line[29..]).collect();
    insta::assert_snapshot!(plain.join("\n"), @r#"
    ##[group]Run echo 'sealed'
    echo 'sealed'
    env:
      TOKEN: ***
      WHO: x
    ##[endgroup]
    sealed
    ##[group]Run echo "$TOKEN"; echo '::add-mask::hush'; echo 'hush hush'
    echo "$TOKEN"; echo '::add-mask::hush'; echo 'hush hush'
    env:
      TOKEN: ***
    ##[endgroup]
    ***
    ::add-mask::***
    *** ***
    "#);
    assert_eq!(fetch(&there.replace("sig=", "sig=0")).status, 403);
    hub.clock.advance(Duration::from_secs(61));
    assert_eq!(fetch(&there).status, 403);
    // Deleting is for those who may write, and takes the logs of all its jobs.
    hub.on("dora", "DELETE", &format!("actions/runs/{run}/logs"), Value::Null).refused(403);
    let there = place("ana");
    hub.on("ana", "DELETE", &format!("actions/runs/{run}/logs"), Value::Null).expect(204);
    assert_eq!(fetch(&there).status, 404);
    hub.on("ana", "GET", &path, Value::Null).refused(410);
}

#[test]
fn a_runner_in_the_background_takes_what_is_dispatched() {
    let hub = hub();
    let background = Background::start(&hub.github, Bash::default());
    let runs = ["x", "y"].map(|who| hub.dispatch("ana", "hello.yml", json!({"who": who})));
    // Returns when there is nothing left to do.
    background.finish();
    for run in runs {
        assert_eq!(hub.get("ana", &format!("actions/runs/{run}"))["conclusion"], "success");
    }
}
