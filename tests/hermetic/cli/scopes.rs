//! `--scope` end to end: over the real broker and the sandbox cloud, which evaluates the session policies.

use std::net::IpAddr;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use insta::assert_snapshot;
use jit::grant::Credentials;
use jit::grant::cloud::aws::AwsCredentials;
use jit::sandbox::read_note;
use jit::sandbox::write_note;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use tower::ServiceExt;

use crate::cli::real::Team;

const READ: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{ "Effect": "Allow", "Action": "sandbox:Read*", "Resource": "*" }]
}"#;
const WRITE: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sandbox:WriteNote","Resource":"*"}}"#;
const SCOPES: &str = "bind_ip = true\n[scopes.notes-read]\ndescription = \"Read the notes\"\napproval = \"1 of group:helpers\"\n\
                      max_duration = \"30m\"\npolicy = \"notes-read.json\"\n[scopes.notes-write]\npolicy = \"notes-write.json\"\n";

pub async fn team() -> Team {
    let files = [("roles/notes-read.json", READ), ("roles/notes-write.json", WRITE)];
    Team::with(&SCOPES.replace("group:helpers", "group:sre"), &files).await
}

/// The credentials in the environment of the last command that Ana ran.
fn credentials(team: &Team) -> Credentials {
    let started = team.ana.world.processes.started.lock().unwrap();
    let environment = &started.last().unwrap().environment;
    let of = |name: &str| environment.get(name).unwrap().to_owned();
    Credentials::Aws(AwsCredentials {
        access_key_id: of("AWS_ACCESS_KEY_ID"),
        secret_access_key: of("AWS_SECRET_ACCESS_KEY").as_str().into(),
        session_token: of("AWS_SESSION_TOKEN").as_str().into(),
        account: of("AWS_ACCOUNT_ID"),
        session_arn: None,
        region: of("AWS_REGION"),
        endpoint_url: environment.get("AWS_ENDPOINT_URL_STS").map(str::to_owned),
    })
}

/// Whether the sandbox allows reading and writing.
async fn may(team: &Team) -> (bool, bool) {
    let (credentials, system) = (credentials(team), &team.ana.world.system);
    (read_note(&credentials, system).await.is_ok(), write_note(&credentials, system).await.is_ok())
}

#[tokio::test]
async fn a_scope_is_shown_asked_for_reviewed_and_kept_to() {
    let mut team = team().await;
    assert_snapshot!(team.ana.run("roles", &[]).await, @"
    exit 0
    --- stdout
    ROLE                   FOR  AT MOST  APPROVAL                       OPENS
    orders-admin           1h   4h       1 of group:sre; emergency 30m  role orders-admin in account 000000000042 (sandbox)
      --scope notes-read   30m  30m      1 of group:sre                 Read the notes
      --scope notes-write  1h   4h       1 of group:sre                 part of the role
    --- stderr
    ");
    let words = ["request", "orders-admin", "--scope", "notes-read", "--reason", "look", "-y", "--no-wait"];
    let asked = team.ana.run_words(&words, &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert!(
        asked.stderr.contains("  scope     notes-read: Read the notes\n  for       30m (at most 30m)"),
        "{asked}"
    );
    assert!(
        asked.stderr.contains("  approval  1 of group:sre (bo)\n  works     only from your current address"),
        "{asked}"
    );
    let again = team.ana.run_words(&words, &[]).await;
    assert_eq!(asked.stdout, again.stdout);
    let reviewed = team.bo.approve("").await;
    assert_eq!(reviewed.code, 0, "{reviewed}");
    for line in [
        "  scope     notes-read: Read the notes\n  allows    {\n",
        "  allows          \"Action\": \"sandbox:Read*\",",
        "  for       30m (at most 30m)",
    ] {
        assert!(reviewed.stderr.contains(line), "{line}: {reviewed}");
    }
    let shown = team.ana.run("show orders-admin", &[]).await;
    assert!(shown.stdout.contains("  scope     notes-read\n"), "{shown}");
    assert!(shown.stdout.contains("  allows          \"Action\": \"sandbox:Read*\","), "{shown}");
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 0);
    assert_eq!(may(&team).await, (true, false));
    assert_eq!(jit::run(words_of("complete scopes request orders-admin"), &team.ana.world.system), 0);
    assert!(team.ana.world.console.printed().ends_with("notes-read\nnotes-write\n"));
    team.stop().await;
}

/// A person who held one scope read the name of the whole role.
#[tokio::test]
async fn what_is_held_is_shown_with_its_scope() {
    let mut team = team().await;
    let role = "orders-admin";
    for (request, approve) in [(" --scope notes-read", ""), ("", " --scope notes-write")] {
        let scope = format!("{request}{approve}").replace(" --scope ", "");
        let asked = team.ana.run(&format!("request {role}{request} --reason look -y --no-wait"), &[]).await;
        let id = asked.stdout.trim().to_owned();
        let waits = team.ana.run("status", &[]).await;
        assert_eq!(waits.stdout.contains(&scope), approve.is_empty(), "{waits}");
        let approved = team.bo.run(&format!("approve {id} -y{approve}"), &[]).await;
        assert_eq!(approved.code, 0, "{approved}");
        // The first time from the broker, the second time from the keychain and the index.
        for _ in 0..2 {
            let ran = team.ana.run(&format!("exec {role} --env -- true"), &[]).await;
            assert!(ran.stderr.starts_with(&format!("jit: {role}/{scope} in ")), "{ran}");
        }
        let shown = team.ana.run("status", &[]).await;
        assert!(shown.stdout.starts_with("ROLE          SCOPE "), "{shown}");
        assert!(shown.stdout.contains(&format!("{role}  {scope}  active")), "{shown}");
        let listed = team.ana.run("status --json", &[]).await;
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        assert_eq!((&listed[0]["role"], &listed[0]["scope"]), (&role.into(), &scope.into()), "{listed}");
        assert_eq!(team.ana.run(&format!("end {id}"), &[]).await.code, 0);
    }
    // The whole role has no scope, and no column for it.
    team.ana.run("request orders-admin --reason look -y --no-wait", &[]).await;
    team.bo.approve("").await;
    let ran = team.ana.run("exec orders-admin --env -- true", &[]).await;
    assert!(ran.stderr.starts_with("jit: orders-admin in "), "{ran}");
    let shown = team.ana.run("status", &[]).await;
    assert!(!shown.stdout.contains("SCOPE"), "{shown}");
    let listed = team.ana.run("status --json", &[]).await;
    assert!(!listed.stdout.contains("scope"), "{listed}");
    team.stop().await;
}

fn words_of(line: &str) -> Vec<std::ffi::OsString> {
    line.split(' ').map(Into::into).collect()
}

#[tokio::test]
async fn a_reviewer_narrows_and_the_cloud_keeps_to_it() {
    let mut team = team().await;
    let asked = team.ana.run("request orders-admin --reason look -y --no-wait", &[]).await;
    assert!(asked.stderr.contains("  less      --scope notes-read  [1 of group:sre]"), "{asked}");
    let id = asked.stdout.trim().to_owned();
    for (flags, says) in [
        ("--for 2h", "2h is more than the requested 1h"),
        ("--scope everything", "orders-admin has no scope everything"),
    ] {
        let refused = team.bo.run(&format!("approve {id} -y {flags}"), &[]).await;
        assert!(refused.code == 2 && refused.stderr.contains(says), "{refused}");
    }
    let narrowed = team.bo.run(&format!("approve {id} -y --scope notes-write --for 20m"), &[]).await;
    assert_eq!(narrowed.code, 0, "{narrowed}");
    assert!(narrowed.stderr.contains("  narrowed  notes-write\n  allows    {"), "{narrowed}");
    let shown = team.ana.run("show orders-admin", &[]).await;
    assert!(shown.stdout.contains("bo says approve for at most 20m for no more than notes-write"), "{shown}");
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 0);
    assert_eq!(may(&team).await, (false, true));
    team.stop().await;
}

#[tokio::test]
async fn the_whole_role_and_a_scope_stand_side_by_side() {
    let mut team = team().await;
    let ask = |more: &str| format!("request orders-admin --reason look -y --no-wait {more}");
    let long = team.ana.run(&ask("--scope notes-read --for 31m"), &[]).await;
    assert!(long.code == 2 && long.stderr.contains("--for 30m"), "{long}");
    let whole = team.ana.run(&ask(""), &[]).await;
    let read = team.ana.run(&ask("--scope notes-read"), &[]).await;
    assert_ne!(whole.stdout, read.stdout, "{whole} {read}");
    assert_eq!(team.ana.run(&ask("--scope notes-read"), &[]).await.stdout, read.stdout);
    assert_eq!(team.ana.run(&ask("--no-scope"), &[]).await.stdout, whole.stdout);
    let unknown = team.ana.run(&ask("--scope everything"), &[]).await;
    assert!(
        unknown.code == 2 && unknown.stderr.contains("its scopes are notes-read, notes-write"),
        "{unknown}"
    );
    team.stop().await;
}

#[tokio::test]
async fn a_repository_suggests_less_and_never_more() {
    let mut team = team().await;
    let suggest = |text: &str| {
        std::fs::write(team.ana.world.system.files.working.join(".jit.toml"), text).unwrap();
    };
    suggest("role = \"orders-admin\"\nscope = \"notes-read\"\n");
    let suggested = team.ana.run("request --reason look -y --no-wait", &[]).await;
    assert!(suggested.stderr.contains("  scope     notes-read"), "{suggested}");
    let whole = team.ana.run("request --no-scope --reason look -y --no-wait", &[]).await;
    assert!(!whole.stderr.contains("  scope     ") && whole.stdout != suggested.stdout, "{whole}");
    suggest("role = \"orders-admin\"\nscope = \"gone\"\n");
    let noted = team.ana.run("request --reason look -y --no-wait", &[]).await;
    assert!(noted.stderr.contains("suggests the scope gone, which orders-admin does not have"), "{noted}");
    suggest("role = \"another\"\nscope = \"notes-read\"\n");
    let other = team.ana.run("request orders-admin --reason look -y --no-wait", &[]).await;
    assert_eq!(other.stdout, whole.stdout, "the suggestion is for another role");
    team.stop().await;
}

#[tokio::test]
async fn who_picks_a_role_picks_how_much_of_it() {
    let mut team = team().await;
    let picked = team.ana.run("request --no-wait", &["orders-admin", "notes-read", "look", "y"]).await;
    assert_eq!(picked.code, 0, "{picked}");
    assert!(picked.stderr.contains("? How much of it?"), "{picked}");
    assert!(
        picked
            .stderr
            .contains("next time: jit request orders-admin --scope notes-read --for 30m --reason 'look'"),
        "{picked}"
    );
    team.stop().await;
}

/// The sandbox, called from another machine's address.
struct FromElsewhere(Router, IpAddr);

#[async_trait]
impl Host for FromElsewhere {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(&request.url)
            .extension(ConnectInfo(SocketAddr::new(self.1, 40_000)));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let answer = self.0.clone().oneshot(builder.body(Body::from(request.body)).unwrap()).await.unwrap();
        let status = answer.status().as_u16();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap().to_vec();
        Ok(Response { status, headers: Vec::new(), body })
    }
}

#[tokio::test]
async fn what_is_bound_to_an_address_is_worth_nothing_elsewhere() {
    let mut team = team().await;
    let asked = team.ana.run("request orders-admin --reason look -y --no-wait", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    assert_eq!(team.bo.approve("").await.code, 0);
    assert_eq!(team.ana.run("exec orders-admin --env -- true", &[]).await.code, 0);
    assert_eq!(may(&team).await, (true, true));
    let thief = FromElsewhere(team.cloud.clone(), "203.0.113.9".parse().unwrap());
    team.http.route(crate::cli::real::CLOUD, Arc::new(thief));
    assert_eq!(may(&team).await, (false, false));
    team.stop().await;
}

#[tokio::test]
async fn an_agent_says_that_it_is_one() {
    let mut team = team().await;
    for (name, value, interactive, agent) in
        [("CLAUDECODE", "1", false, true), ("CI", "true", false, false), ("EDITOR", "vi", true, false)]
    {
        let mut ana = jit::system::System { ..team.ana.world.system.clone() };
        ana.environment.set(name, value);
        let console = &team.ana.world.console;
        *console.answers.lock().unwrap() = ["y"].map(str::to_owned).into();
        console.output.lock().unwrap().clear();
        let code =
            jit::cli::run_async(words_of("request orders-admin --reason look --no-wait --json"), &ana).await;
        assert_eq!(code, 0, "{}", console.said());
        let shown: serde_json::Value = serde_json::from_str(&console.printed()).unwrap();
        assert_eq!((&shown["interactive"], &shown["agent"]), (&interactive.into(), &agent.into()), "{name}");
        if agent {
            let reviewed = team.bo.run("approve", &["n"]).await;
            assert!(
                reviewed.stderr.contains("  agent     a coding agent asks, as its client claims"),
                "{reviewed}"
            );
        }
        assert_eq!(team.ana.run("end orders-admin", &[]).await.code, 0);
    }
    team.stop().await;
}
