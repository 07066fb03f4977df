//! ID tokens of Actions: who gets one, what it contains, and how subjects are formed.
//!
//! Source: "OpenID Connect reference"; the changelog of 2026-04-23.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use http::Method;
use jit::system::Http;
use jit::system::clock::RealClock;
use jit::system::http::Client;
use jit::system::http::Request;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Validation;
use serde_json::Value;
use serde_json::json;

use crate::support::github::actions::background::Background;
use crate::support::github::actions::runner::Runner;
use crate::support::github::actions::shell::Bash;
use crate::support::github::actions::shell::Shell;
use crate::support::github::actions::shell::StepCall;
use crate::support::github::actions::shell::StepEnd;
use crate::support::github::fixture::Answered;
use crate::support::github::fixture::Hub;
use crate::support::github::server::Server;

const MINT: &str = "
name: Mint
on: workflow_dispatch
permissions: {}
jobs:
  bare:
    runs-on: ubuntu-latest
    permissions: {id-token: write, contents: read}
    steps: [{run: ask}]
  named:
    runs-on: ubuntu-latest
    needs: bare
    environment: 'prod: eu'
    permissions: {id-token: write}
    steps: [{run: ask}]
  without:
    runs-on: ubuntu-latest
    steps: [{run: ask}]
";

/// A shell that only records the steps' variables, and requests tokens while they run.
struct Asking<'a> {
    hub: &'a Hub,
    tokens: Mutex<BTreeMap<String, String>>,
    told: Mutex<Vec<BTreeMap<String, String>>>,
}

impl Shell for Asking<'_> {
    fn run(&self, call: &StepCall) -> StepEnd {
        // A completed job of a running run gets no token.
        for earlier in self.told.lock().unwrap().iter() {
            if let Some(url) = earlier.get("ACTIONS_ID_TOKEN_REQUEST_URL") {
                assert_eq!(ask(self.hub, url, &earlier["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]).status, 401);
            }
        }
        self.told.lock().unwrap().push(call.environment.clone());
        if let Some(url) = call.environment.get("ACTIONS_ID_TOKEN_REQUEST_URL") {
            let bearer = &call.environment["ACTIONS_ID_TOKEN_REQUEST_TOKEN"];
            let value = ask(self.hub, &format!("{url}&audience=sts.amazonaws.com"), bearer).expect(200);
            self.tokens.lock().unwrap().insert(call.job.clone(), value["value"].as_str().unwrap().to_owned());
        }
        StepEnd::default()
    }
}

fn ask(hub: &Hub, url: &str, bearer: &str) -> Answered {
    hub.send(Request::new(Method::GET, url).header("authorization", format!("Bearer {bearer}")))
}

fn site(hub: &Hub, path: &str) -> Value {
    hub.send(Request::new(Method::GET, format!("{}{path}", hub.github.origins().issuer))).expect(200)
}

/// The claims of a token that verifies with the published key.
fn claims(hub: &Hub, token: &str) -> Value {
    let discovery = site(hub, "/.well-known/openid-configuration");
    let keys = discovery["jwks_uri"]
        .as_str()
        .unwrap()
        .strip_prefix(&hub.github.origins().issuer)
        .unwrap()
        .to_owned();
    let key = site(hub, &keys)["keys"][0].clone();
    let key =
        DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["sts.amazonaws.com"]);
    validation.set_issuer(&[hub.github.origins().issuer]);
    // The test's time is not the machine's.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims
}

fn asked(hub: &Hub) -> (BTreeMap<String, Value>, Vec<BTreeMap<String, String>>) {
    hub.write("main", ".github/workflows/mint.yml", MINT);
    hub.dispatch("ana", "mint.yml", json!({}));
    let shell = Asking { hub, tokens: Mutex::default(), told: Mutex::default() };
    Runner::new(&hub.github, &shell).run_all();
    let tokens = shell.tokens.into_inner().unwrap();
    (
        tokens.into_iter().map(|(job, token)| (job, claims(hub, &token))).collect(),
        shell.told.into_inner().unwrap(),
    )
}

#[test]
fn only_jobs_that_may_get_a_token_and_it_says_what_they_are() {
    let hub = Hub::new();
    let (claims, told) = asked(&hub);
    assert_eq!(claims.keys().collect::<Vec<_>>(), ["bare", "named"]);
    let bare = &claims["bare"];
    assert_eq!(bare["sub"], "repo:acme/access:ref:refs/heads/main");
    assert_eq!(bare["job_workflow_ref"], "acme/access/.github/workflows/mint.yml@refs/heads/main");
    assert_eq!(bare["repository_id"], hub.repository.to_string());
    assert_eq!((&bare["run_attempt"], &bare["actor_id"]), (&json!("1"), &json!(hub.id("ana").to_string())));
    assert_eq!(bare["sha"], json!(hub.tip("main")));
    assert!(bare.get("environment").is_none());
    assert_eq!(bare["exp"].as_i64().unwrap() - bare["iat"].as_i64().unwrap(), 300);
    assert_eq!(claims["named"]["environment"], "prod: eu");
    assert_eq!(claims["named"]["sub"], "repo:acme/access:environment:prod%3A eu");
    // The runner sets `GITHUB_TOKEN` only where the file passes it on.
    assert!(told.iter().all(|told| !told.contains_key("GITHUB_TOKEN")));
    assert_eq!(told.iter().filter(|told| told.contains_key("ACTIONS_ID_TOKEN_REQUEST_TOKEN")).count(), 2);
    // After the job has ended, its token request no longer works.
    let (url, bearer) = told
        .iter()
        .find_map(|told| {
            Some((told.get("ACTIONS_ID_TOKEN_REQUEST_URL")?, told.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?))
        })
        .unwrap();
    assert_eq!(ask(&hub, url, bearer).status, 401);
}

#[test]
fn subjects_follow_the_repositorys_choice() {
    let hub = Hub::new();
    let path = "actions/oidc/customization/sub";
    assert_eq!(hub.get("ana", path)["use_default"], true);
    let body = json!({"use_default": true, "use_immutable_subject": true});
    hub.on("olga", "PUT", path, body).expect(201);
    let acme = hub.id("acme");
    let start = format!("repo:acme@{acme}/access@{}", hub.repository);
    assert_eq!(hub.get("ana", path)["sub_claim_prefix"], json!(start));
    assert_eq!(asked(&hub).0["bare"]["sub"], json!(format!("{start}:ref:refs/heads/main")));
    let body = json!({"use_default": false, "include_claim_keys": ["repo", "context", "job_workflow_ref"]});
    hub.on("olga", "PUT", path, body).expect(201);
    let workflow = "job_workflow_ref:acme/access/.github/workflows/mint.yml@refs/heads/main";
    assert_eq!(asked(&hub).0["named"]["sub"], json!(format!("{start}:environment:prod%3A eu:{workflow}")));
    assert_eq!(hub.on("olga", "PUT", path, json!({})).status, 400);
    let bad = json!({"use_default": false, "include_claim_keys": ["a:b"]});
    assert_eq!(hub.on("olga", "PUT", path, bad).status, 422);
    let organisation = "/orgs/acme/actions/oidc/customization/sub";
    hub.call("ana", "PUT", organisation, json!({"include_claim_keys": ["repo"]})).refused(404);
    hub.call("olga", "PUT", organisation, json!({"include_claim_keys": ["repo"]})).expect(201);
    assert_eq!(
        hub.call("olga", "GET", organisation, Value::Null).expect(200)["include_claim_keys"],
        json!(["repo"])
    );
    hub.on("olga", "PUT", path, json!({"use_default": false})).expect(201);
    assert_eq!(hub.get("ana", path)["include_claim_keys"], json!(["repo"]));
}

const OVER_SOCKETS: &str = r#"
on: workflow_dispatch
permissions: {id-token: write}
jobs:
  ask:
    runs-on: ubuntu-latest
    steps:
      - run: |
          rest=${ACTIONS_ID_TOKEN_REQUEST_URL#http://}
          exec 3<>"/dev/tcp/127.0.0.1/$(expr "$rest" : '[^:]*:\([0-9]*\)')"
          printf 'GET /%s&audience=me HTTP/1.0\r\nauthorization: bearer %s\r\n\r\n' "${rest#*/}" "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" >&3
          test "$(head -n 1 <&3 | cut -c 10-12)" = 200
"#;

#[test]
fn a_real_shell_asks_over_a_real_socket() {
    let server = Server::start(Arc::new(RealClock));
    let run = {
        let mut world = server.github.world();
        let ana = world.add_person("ana");
        let id = world.add_repository("ana", "access");
        world.write(id, "main", ana, &[(".github/workflows/ask.yml", Some(OVER_SOCKETS))]);
        id
    };
    let token = server.github.world().classic_token("ana", &["repo"]);
    let background = Background::start(&server.github, Bash::default());
    let url =
        format!("{}/repos/ana/access/actions/workflows/ask.yml/dispatches", server.github.origins().api);
    let request = Request::new(Method::POST, url)
        .header("authorization", format!("Bearer {token}"))
        .body("application/json", json!({"ref": "main"}).to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async { Client::default().send(request).await }).unwrap();
    assert_eq!(answer.status, 204);
    background.finish();
    let world = server.github.world();
    let found = world.runs.values().find(|found| found.repository == run).unwrap();
    assert_eq!(found.conclusion, Some("success"), "{}", found.jobs[0].log);
}
