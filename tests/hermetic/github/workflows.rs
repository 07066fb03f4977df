//! Workflows run as their files say.

use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::actions::expressions::Standing;
use crate::support::github::actions::expressions::evaluate;
use crate::support::github::actions::expressions::fill;
use crate::support::github::actions::expressions::holds;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Bash;
use crate::support::github::actions::workflow::Workflow;
use crate::support::github::actions::workflow::permissions;
use crate::support::github::fixture::Hub;

#[test]
fn expressions_are_githubs() {
    let known = json!({"a": {"b-c": "X", "n": 3, "list": ["p", "q"]}, "needs": {"one": {"outputs": {"v": "1"}}}, "empty": {}});
    for (source, value) in [
        ("a.b-c == 'x'", json!(true)),
        ("a['b-c']", json!("X")),
        ("a.list[1]", json!("q")),
        ("a.n > 2 && 'yes' || 'no'", json!("yes")),
        ("!a.missing", json!(true)),
        ("needs.one.outputs.v == 1", json!(true)),
        ("contains(a.list, 'P')", json!(true)),
        ("startsWith('main-attacker', 'main')", json!(true)),
        ("format('{0}-{1}', 'x', a.n)", json!("x-3")),
        ("fromJSON('[1,2]')[1]", json!(2)),
        ("join(a.list, '+')", json!("p+q")),
        ("'it''s'", json!("it's")),
        ("empty.x.y", Value::Null),
        ("(1 < 2) == true", json!(true)),
        ("null == ''", json!(true)),
        ("'a' < 'B'", json!(true)),
    ] {
        assert_eq!(evaluate(source, &known, Standing::Success).unwrap(), value, "{source}");
    }
    for wrong in ["", "a.", "unknown.x", "'open", "a b", "nothing()", "1 +"] {
        assert!(evaluate(wrong, &known, Standing::Success).is_err(), "{wrong}");
    }
    assert_eq!(fill("x ${{ a.n }} ${{ a.b-c }}", &known, Standing::Success).unwrap(), "x 3 X");
    // Without a status function, success is required too.
    let condition = json!("a.n == 3");
    assert!(holds(Some(&condition), &known, Standing::Success).unwrap());
    assert!(!holds(Some(&condition), &known, Standing::Failure).unwrap());
    assert!(holds(Some(&json!("${{ always() }}")), &known, Standing::Failure).unwrap());
}

#[test]
fn permissions_are_what_is_named_and_nothing_else() {
    let granted = permissions(
        Some(&json!({"contents": "read", "id-token": "write", "actions": "none"})),
        "write",
        false,
    );
    assert_eq!(
        granted.into_iter().collect::<Vec<_>>(),
        [("contents".to_owned(), Level::Read), ("id_token".to_owned(), Level::Write)]
    );
    assert!(permissions(Some(&json!({})), "write", false).is_empty());
    assert!(permissions(None, "read", false).values().all(|level| *level == Level::Read));
    let fork = permissions(Some(&json!("write-all")), "write", true);
    assert!(fork.values().all(|level| *level == Level::Read) && !fork.contains_key("id_token"));
}

#[test]
fn what_is_not_known_is_refused() {
    let good = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n";
    Workflow::parse(good).unwrap();
    for (from, to) in [
        ("runs-on: ubuntu-latest", "runs-on: ubuntu-latest\n    container: x"),
        ("- run: 'true'", "- name: nothing"),
        ("runs-on: ubuntu-latest", "runs-on: ubuntu-latest\n    needs: nobody"),
        ("on: push", "on: push\non: push"),
        ("on: push", "on: push\nunknown: 1"),
    ] {
        assert!(Workflow::parse(&good.replace(from, to)).is_err(), "{to}");
    }
}

const PIPELINE: &str = "
on:
  workflow_dispatch:
    inputs:
      reason: {type: string, default: none}
permissions: {}
env: {LEVEL: workflow}
jobs:
  decide:
    runs-on: ubuntu-latest
    permissions: {contents: read}
    outputs:
      environment: ${{ steps.choose.outputs.environment }}
      many: ${{ steps.choose.outputs.many }}
      leak: ${{ steps.choose.outputs.leak }}
    steps:
      - id: choose
        env: {REASON: '${{ inputs.reason }}', LEVEL: step, KEY: '${{ secrets.KEY }}'}
        run: |
          echo \"environment=prod\" >> \"$GITHUB_OUTPUT\"
          printf 'many<<END\\none\\ntwo\\nEND\\n' >> \"$GITHUB_OUTPUT\"
          echo \"leak=x${KEY}y\" >> \"$GITHUB_OUTPUT\"
          echo \"SEEN=$LEVEL\" >> \"$GITHUB_ENV\"
          echo \"reason is $REASON and key is $KEY\"
      - run: test \"$SEEN/$LEVEL\" = step/workflow
      - run: test \"$GITHUB_REF/$GITHUB_ACTOR/$GITHUB_RUN_ATTEMPT\" = refs/heads/main/ana/1
  mint:
    needs: decide
    if: needs.decide.outputs.environment == 'prod'
    runs-on: ubuntu-latest
    environment: ${{ needs.decide.outputs.environment }}
    steps:
      - run: |
          echo \"${{ needs.decide.outputs.many }}\" | grep -c . | grep -qx 2
          test -z \"${{ needs.decide.outputs.leak }}\"
          test \"$KEY\" = environment-hush
        env: {KEY: '${{ secrets.KEY }}'}
      - run: exit 3
      - run: echo not reached
      - if: failure()
        run: echo cleaned up
  deliver:
    needs: [decide, mint]
    runs-on: ubuntu-latest
    steps: [{run: echo delivered}]
  report:
    needs: mint
    if: always() && needs.mint.result == 'failure'
    runs-on: ubuntu-latest
    steps: [{run: 'true'}]
";

#[test]
fn jobs_hand_on_outputs_mask_secrets_and_stop_where_one_fails() {
    let hub = Hub::new();
    hub.write("main", ".github/workflows/jit.yml", PIPELINE);
    hub.github.world().put_secret(hub.repository, None, "KEY", "hush-hush");
    hub.github.world().put_secret(hub.repository, Some("prod"), "KEY", "environment-hush");
    let run = hub.dispatch("ana", "jit.yml", json!({"reason": "$(touch /tmp/owned) `id` \"; exit 1 #"}));
    let bash = Bash::default();
    let runner = Runner::new(&hub.github, &bash);
    // Job by job, so that a test can do something in between.
    assert_eq!(runner.run_next(Some(run)), Some((run, "decide".to_owned())));
    assert_eq!(hub.get("ana", &format!("actions/runs/{run}"))["status"], "in_progress");
    runner.run_all();
    let world = hub.github.world();
    let found = &world.runs[&run];
    let conclusions: Vec<_> =
        found.jobs.iter().map(|job| (job.key.as_str(), job.conclusion.unwrap())).collect();
    assert_eq!(
        conclusions,
        [("decide", "success"), ("mint", "failure"), ("deliver", "skipped"), ("report", "success")]
    );
    assert_eq!(found.conclusion, Some("failure"));
    let decide = found.job("decide").unwrap();
    assert!(
        decide.log.contains("reason is $(touch /tmp/owned) `id` \"; exit 1 # and key is ***"),
        "{}",
        decide.log
    );
    assert!(decide.log.contains("Skip output 'leak'") && !decide.outputs.contains_key("leak"));
    let steps: Vec<_> =
        found.job("mint").unwrap().steps.iter().map(|(_, conclusion)| conclusion.unwrap()).collect();
    assert_eq!(steps, ["success", "failure", "skipped", "success"], "{}", found.job("mint").unwrap().log);
}

#[test]
fn what_is_put_into_a_script_by_an_expression_runs() {
    // GitHub's own pitfall, reproduced: this is why inputs are passed through `env`.
    let hub = Hub::new();
    let naive = "on:\n  workflow_dispatch:\n    inputs: {reason: {type: string}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \"${{ inputs.reason }}\"\n";
    hub.write("main", ".github/workflows/naive.yml", naive);
    let run = hub.dispatch("ana", "naive.yml", json!({"reason": "\"; echo injected; \""}));
    Runner::new(&hub.github, &Bash::default()).run_all();
    assert!(hub.github.world().runs[&run].jobs[0].log.lines().any(|line| line == "injected"));
}

const CHECK: &str = "
on: {pull_request: {branches: [main], paths: ['requests/**']}}
permissions: {contents: read, pull-requests: write, id-token: write}
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo \"token ${ACTIONS_ID_TOKEN_REQUEST_URL:+yes} secret ${KEY:-none} sha $GITHUB_SHA head $GITHUB_HEAD_REF\"
          grep -q '\"number\":1' \"$GITHUB_EVENT_PATH\"
        env: {KEY: '${{ secrets.KEY }}'}
";

#[test]
fn a_pull_request_starts_what_listens_and_a_fork_gets_no_secret() {
    let hub = Hub::new();
    hub.write("main", ".github/workflows/check.yml", CHECK);
    hub.github.world().put_secret(hub.repository, None, "KEY", "hush");
    let work = || Runner::new(&hub.github, &Bash::default()).run_all();
    hub.pull("ana", "jit/ab12", "requests/ab12.json");
    work();
    let run = hub.get("ana", "actions/runs?event=pull_request")["workflow_runs"][0].clone();
    assert_eq!(
        (run["conclusion"].as_str(), run["pull_requests"][0]["number"].as_u64()),
        (Some("success"), Some(1))
    );
    assert_eq!(run["head_sha"], json!(hub.tip("jit/ab12")));
    let log = |run: &Value| hub.github.world().runs[&run["id"].as_u64().unwrap()].jobs[0].log.clone();
    assert!(log(&run).contains("token yes secret ***"), "{}", log(&run));
    hub.pull("ana", "other", "docs/readme.md");
    assert_eq!(hub.get("ana", "actions/runs")["total_count"], 1, "another path starts nothing");
    hub.on("dora", "POST", "forks", json!({})).expect(202);
    let change = json!({"message": "x", "content": "YQ==", "branch": "main"});
    hub.call("dora", "PUT", "/repos/dora/access/contents/requests/zz99.json", change).expect(201);
    hub.on("dora", "POST", "pulls", json!({"title": "x", "head": "dora:main", "base": "main"})).expect(201);
    work();
    let run = hub.get("ana", "actions/runs")["workflow_runs"][0].clone();
    assert_ne!(run["head_repository"]["id"], run["repository"]["id"]);
    assert!(log(&run).contains("token  secret none"), "{}", log(&run));
}

const WRITER: &str = "
on: [workflow_dispatch, push]
permissions: {contents: write, pull-requests: write}
jobs:
  write:
    runs-on: ubuntu-latest
    steps: [{run: 'printf %s \"$TOKEN\" > \"$RUNNER_TEMP/token\"; echo \"::add-mask::abc\"; echo abc', env: {TOKEN: '${{ github.token }}'}}]
";

/// A shell that calls the API with the job's token while the job runs.
struct Calling<'a>(&'a Hub, std::sync::Mutex<Vec<u16>>);

impl crate::support::github::actions::shell::Shell for Calling<'_> {
    fn run(
        &self,
        call: &crate::support::github::actions::shell::StepCall,
    ) -> crate::support::github::actions::shell::StepEnd {
        let (hub, token) = (self.0, &call.environment["TOKEN"]);
        let blob = hub.on(token, "POST", "git/blobs", json!({"content": "x"}));
        let change = json!({"message": "x", "content": "YQ==", "branch": "main"});
        let pushed = hub.on(token, "PUT", "contents/by-job.txt", change.clone());
        let workflow = hub.on(token, "PUT", "contents/.github/workflows/evil.yml", change);
        let review = hub.review(token, 1, "APPROVE");
        let rules = hub.on(token, "POST", "rulesets", json!({"name": "x", "enforcement": "active"}));
        let elsewhere = hub.call(token, "GET", "/repos/acme/other", Value::Null);
        let user = hub.call(token, "GET", "/user", Value::Null);
        let all = [blob, pushed, workflow, review, rules, elsewhere, user];
        self.1.lock().unwrap().extend(all.iter().map(|answer| answer.status));
        crate::support::github::actions::shell::StepEnd { code: 0, log: token.clone() }
    }
}

#[test]
fn a_jobs_token_does_what_its_file_says_here_and_starts_nothing() {
    let hub = Hub::new();
    hub.pull("ben", "jit/ab12", "requests/ab12.json");
    hub.github.world().add_repository("acme", "other");
    hub.write("main", ".github/workflows/writer.yml", WRITER);
    let before = hub.get("ana", "actions/runs")["total_count"].as_u64().unwrap();
    assert_eq!(before, 1, "the push of the file itself started it");
    let shell = Calling(&hub, std::sync::Mutex::default());
    Runner::new(&hub.github, &shell).run_all();
    // It can write contents, but not workflow files, approvals, rules or other repositories, and it is not a user.
    assert_eq!(*shell.1.lock().unwrap(), [201, 201, 403, 422, 403, 404, 403]);
    assert_eq!(hub.get("ana", "actions/runs")["total_count"], 1, "what a job pushes starts nothing");
    let world = hub.github.world();
    let run = world.runs.values().next().unwrap();
    assert_eq!(run.jobs[0].output(), "***");
    assert!(!world.tokens.keys().any(|text| text.starts_with("ghs_")), "the token is gone with its job");
}
