//! Azure, asked, approved, used and ended, over the real broker and the sandbox's side of Entra.

use std::sync::Arc;
use std::time::Duration;

use jit::grant::span::local;
use jit::sandbox::Sandbox;
use jit::sandbox::SandboxApp;
use jit::sandbox::Settings;
use jit::system::Keychain;
use jit::system::fake::CountedEntropy;
use jit::system::fake_router::RouterHost;
use serde_json::Value;

use super::round_trip::claims;
use super::round_trip::get;
use crate::cli::real::BROKER;
use crate::cli::real::Team;

const ENTRA: &str = "http://127.0.0.1:9002";
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const APP: &str = "7c1e2d3f-aaaa-4bbb-8ccc-123456789abc";
const MANAGER: &str = "https://management.azure.com";
const VAULT: &str = "https://vault.azure.net";

/// A team whose policy has a role of Azure, with these lines more. Its application takes this subject.
async fn team(subject: &str, more: &str) -> Team {
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\n\
         [azure]\ntenant = \"{TENANT}\"\nclient_id = \"{APP}\"\naudiences = [\"{MANAGER}\", \"{VAULT}\"]\nauthority = \"{ENTRA}\"\n{more}\
         [scopes.secrets]\naudiences = [\"{VAULT}\"]\n"
    );
    let team = Team::with("", &[("roles/cloud.toml", role.as_str())]).await;
    let audiences = [MANAGER.to_owned(), VAULT.to_owned()];
    let apps = vec![SandboxApp::for_subject((TENANT, APP), &audiences, subject)];
    let sandbox = Sandbox::new(
        Settings::new(BROKER, Vec::new()),
        Arc::new(team.http.clone()),
        Arc::new(team.clock.clone()),
        Arc::new(CountedEntropy::seeded(5)),
    )
    .with_apps(Arc::new(move || apps.clone()));
    team.http.route(ENTRA, Arc::new(RouterHost(sandbox.router())));
    team
}

/// A variable of the last command that Ana ran under `jit`.
fn served(team: &Team, name: &str) -> Option<String> {
    let started = team.ana.world.supervisor.started.lock().unwrap();
    started.last().unwrap().environment.get(name).map(str::to_owned)
}

#[tokio::test]
async fn access_tokens_are_asked_for_and_used() {
    let mut team = team("jit:role:cloud", "").await;
    let asked = team.ana.run("request cloud -y --no-wait --reason INC-1", &[]).await;
    insta::assert_snapshot!(asked.stderr, @"
    cloud: application 7c1e2d3f-aaaa-4bbb-8ccc-123456789abc in tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 (azure, for https://management.azure.com and https://vault.azure.net, at http://127.0.0.1:9002; Entra decides how long a token lives, up to 1h30m, so access is no shorter)
      for       1h30m (at most 8h)
      reason  | INC-1
      approval  1 of group:sre (bo)
      less      --scope secrets  [1 of group:sre]
    asked for cloud: request 6B4PKZ4M70
    nobody was told: the policy names no place; ask bo to type: jit approve 6B4PKZ4M70
    ");
    let approved = team.bo.approve("").await;
    assert!(approved.stderr.contains(APP) && approved.stderr.contains("Entra decides"), "{approved}");
    // Client libraries ask an endpoint, so jit stays as the parent.
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert!(served(&team, "IDENTITY_ENDPOINT").unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(served(&team, "AZURE_TOKEN_CREDENTIALS").as_deref(), Some("ManagedIdentityCredential"));
    let ran = team.ana.run("exec --env cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let token = super::round_trip::variable(&team.ana, "AZURE_ACCESS_TOKEN").unwrap();
    assert_eq!(claims(&token)["aud"], MANAGER, "the first audience is in the variable");
    let fails = super::round_trip::variable(&team.ana, "AZURE_TOKEN_CREDENTIALS");
    assert_eq!(fails.as_deref(), Some("EnvironmentCredential"), "no library takes the person's own");
    let printed = team.ana.run("credentials cloud --format token", &[]).await;
    assert_eq!(printed.stdout.trim(), token);
    let json = team.ana.run("credentials cloud --format json", &[]).await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json["cloud"].as_str(), json["client_id"].as_str()), (Some("azure"), Some(APP)));
    assert_eq!(json["place"]["name"], TENANT);
    let audiences = [&json["tokens"][0]["audience"], &json["tokens"][1]["audience"]];
    assert_eq!(audiences, [MANAGER, VAULT]);
    let status = team.ana.run("status --verify", &[]).await;
    assert!(status.stdout.contains(APP), "{status}");
    let prompt = team.ana.run("prompt", &[]).await;
    assert!(prompt.stdout.contains("cloud"), "{prompt}");
    let console = team.ana.run("console cloud --print", &[]).await;
    assert!(console.code != 0 && console.stderr.contains("has no web portal"), "{console}");
    let ended = team.ana.run("end cloud", &[]).await;
    assert_eq!(ended.code, 0, "{ended}");
    assert!(ended.stderr.contains("nobody can call them back"), "{ended}");
    assert!(ended.stderr.contains("the tokens of this machine are good at tenant"), "{ended}");
    team.stop().await;
}

#[tokio::test]
async fn a_scope_has_tokens_for_some_of_the_audiences() {
    let mut team = team("jit:role:cloud", "").await;
    get(&team, "cloud", &["--scope", "secrets"]).await;
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let json = team.ana.run("credentials cloud --format json", &[]).await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["tokens"].as_array().unwrap().len(), 1);
    assert_eq!(json["tokens"][0]["audience"], VAULT);
    team.stop().await;
}

/// Access is no shorter than a token can live, whoever would shorten it.
#[tokio::test]
async fn access_that_a_token_would_outlive_is_refused() {
    let mut team = team("jit:role:cloud", "").await;
    let asked = team.ana.run("request cloud -y --no-wait --for 89m", &[]).await;
    assert_eq!(asked.code, 2, "{asked}");
    assert!(asked.stderr.contains("1h29m is too short for cloud"), "{asked}");
    assert!(asked.stderr.contains("--for 1h30m"), "{asked}");
    get(&team, "cloud", &["--for", "90m"]).await;
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "a grant of exactly the shortest length: {ran}");
    let ended = team.ana.run("end cloud", &[]).await;
    assert_eq!(ended.code, 0, "{ended}");
    // A reviewer cannot shorten it below that either.
    let asked = team.ana.run("request cloud -y --no-wait --for 3h --reason INC-2", &[]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let approved = team.bo.approve("--for 30m").await;
    assert!(approved.code != 0 && approved.stderr.contains("30m is too short for cloud"), "{approved}");
    let approved = team.bo.approve("--for 2h").await;
    assert_eq!(approved.code, 0, "{approved}");
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    // Near the end there is no newer token, and the one at hand is used without a word until it ends.
    let calls = || team.http.sent().iter().filter(|request| request.url.starts_with(ENTRA)).count();
    let before = calls();
    team.clock.advance(Duration::from_secs(70 * 60));
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!((ran.code, calls()), (0, before), "{ran}");
    assert!(!ran.stderr.contains("warning"), "{ran}");
    team.clock.advance(Duration::from_secs(6 * 60));
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 125, "{ran}");
    assert!(ran.stderr.contains("of the access are left") && ran.stderr.contains("hint: "), "{ran}");
    team.stop().await;
}

/// With `overrun = "accept"` everybody who looks is told, and the end says what lives on.
#[tokio::test]
async fn an_accepted_overrun_is_said_to_everybody() {
    let mut team = team("jit:role:cloud", "overrun = \"accept\"\n").await;
    let said = "a token can outlive the access by up to 1h30m";
    let asked = team.ana.run("request cloud -y --no-wait --for 20m --reason INC-1", &[]).await;
    assert!(asked.code == 0 && asked.stderr.contains(said), "{asked}");
    let approved = team.bo.approve("").await;
    assert!(approved.stderr.contains(said), "{approved}");
    let roles = team.ana.run("roles cloud", &[]).await;
    assert!(roles.to_string().contains(said), "{roles}");
    let checked = team.bo.run_words(&["policy", "check", &team.policy().display().to_string()], &[]).await;
    assert!(checked.to_string().contains("overrun-accepted"), "{checked}");
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let json = team.ana.run("credentials cloud --format json", &[]).await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let (end, until) = (json["tokens"][0]["expires"].as_str().unwrap(), json["until"].as_str().unwrap());
    assert!(end > until, "{json}");
    assert_eq!(json["expires"], json["until"], "what jit gives ends with the access");
    let ended = team.ana.run("end cloud", &[]).await;
    let told = local(end.parse().unwrap(), &team.ana.world.system.zone);
    let told = format!("can outlive the access, as the role accepts: until {told} at the latest");
    assert!(ended.stderr.contains(&told), "the token's own end: {ended}");
    assert!(ended.stderr.contains("the tokens of this machine are good at tenant"), "{ended}");
    assert_eq!(team.ana.run("credentials cloud --format json", &[]).await.stdout, "", "no further lease");
    team.stop().await;
}

#[tokio::test]
async fn an_application_that_takes_another_role_opens_nothing() {
    let mut team = team("jit:role:orders-admin", "").await;
    get(&team, "cloud", &[]).await;
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 125, "{ran}");
    assert!(ran.stderr.contains("names the role's subject") && ran.stderr.contains("hint: "), "{ran}");
    assert!(team.ana.world.supervisor.started.lock().unwrap().is_empty(), "no command ran");
    team.stop().await;
}

/// The JWT with which the authority signs in is nowhere a client can look.
#[tokio::test]
async fn our_jwt_stays_at_the_authority() {
    let mut team = team("jit:role:cloud", "").await;
    get(&team, "cloud", &[]).await;
    let ran = team.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let sent = team.http.sent();
    let assertions: Vec<String> = sent
        .iter()
        .filter(|request| request.url.starts_with(ENTRA))
        .flat_map(|request| url::form_urlencoded::parse(&request.body).into_owned().collect::<Vec<_>>())
        .filter_map(|(name, value)| (name == "client_assertion").then_some(value))
        .collect();
    assert_eq!(assertions.len(), 2, "one for each audience");
    let seen: Vec<String> = sent
        .iter()
        .filter(|request| !request.url.starts_with(ENTRA))
        .map(|request| format!("{request:?}{}", String::from_utf8_lossy(&request.body)))
        .collect();
    let keychain = &team.ana.world.keychain;
    let kept = |item: &String| {
        keychain.get(item).unwrap().map(|value| String::from_utf8_lossy(value.expose()).into_owned())
    };
    let kept: Vec<String> = keychain.items().iter().filter_map(kept).collect();
    assert!(kept.concat().contains(VAULT), "the lease is looked at too");
    let environment =
        format!("{:?}", team.ana.world.supervisor.started.lock().unwrap().last().unwrap().environment);
    let looked = [seen.concat(), team.ana.disk(), ran.to_string(), kept.concat(), environment].concat();
    for assertion in &assertions {
        // Neither the whole token nor one of its parts: the payload names the role, the signature proves it.
        for part in assertion.split('.').skip(1) {
            assert!(!looked.contains(part), "the JWT left the authority");
        }
    }
    team.stop().await;
}
