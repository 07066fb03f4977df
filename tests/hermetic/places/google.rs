//! Google Cloud, asked, approved, used and ended, over the real broker and the sandbox's side of Google.

use std::sync::Arc;

use jit::sandbox::Sandbox;
use jit::sandbox::SandboxAccount;
use jit::sandbox::Settings;
use jit::system::Keychain;
use jit::system::fake::CountedEntropy;
use jit::system::fake_router::RouterHost;
use serde_json::Value;

use super::round_trip::get;
use crate::cli::real::BROKER;
use crate::cli::real::Team;

const GOOGLE: &str = "http://127.0.0.1:9001";
const ACCOUNT: &str = "wh-admin@prod-123456.iam.gserviceaccount.com";
const PROVIDER: &str = "projects/42/locations/global/workloadIdentityPools/jit-pool/providers/jit1";

/// A team whose policy has a role of Google Cloud. Its provider takes this subject.
async fn team(subject: &str) -> Team {
    let role = format!(
        "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\nreason = \"optional\"\nlease = \"30m\"\n\
         [gcp]\nservice_account = \"{ACCOUNT}\"\nproject = \"prod-123456\"\nprovider = \"{PROVIDER}\"\nendpoint = \"{GOOGLE}\"\n\
         [scopes.logs]\noauth_scopes = [\"devstorage.read_only\"]\nboundary = \"logs.json\"\n"
    );
    let boundary = r#"{"accessBoundary":{"accessBoundaryRules":[{
        "availableResource":"//storage.googleapis.com/projects/_/buckets/logs",
        "availablePermissions":["inRole:roles/storage.objectViewer"]}]}}"#;
    let team =
        Team::with("", &[("roles/warehouse.toml", role.as_str()), ("roles/logs.json", boundary)]).await;
    let accounts = vec![SandboxAccount::for_subject(ACCOUNT, PROVIDER, subject)];
    let sandbox = Sandbox::new(
        Settings::new(BROKER, Vec::new()),
        Arc::new(team.http.clone()),
        Arc::new(team.clock.clone()),
        Arc::new(CountedEntropy::seeded(5)),
    )
    .with_accounts(Arc::new(move || accounts.clone()));
    team.http.route(GOOGLE, Arc::new(RouterHost(sandbox.router())));
    team
}

/// A variable of the last command that Ana ran under `jit`.
fn served(team: &Team, name: &str) -> Option<String> {
    let started = team.ana.world.supervisor.started.lock().unwrap();
    started.last().unwrap().environment.get(name).map(str::to_owned)
}

#[tokio::test]
async fn an_access_token_is_asked_for_and_used() {
    let mut team = team("jit:role:warehouse").await;
    let asked = team.ana.run("request warehouse -y --no-wait --reason INC-1", &[]).await;
    let opens = format!(
        "warehouse: service account {ACCOUNT} in project prod-123456 (gcp, by {PROVIDER}, at {GOOGLE})\n"
    );
    assert!(asked.stderr.starts_with(&opens), "{asked}");
    assert!(asked.stderr.contains("less      --scope logs"), "{asked}");
    let approved = team.bo.approve("").await;
    assert!(approved.stderr.contains(ACCOUNT), "{approved}");
    // Client libraries read a file only, so jit stays as the parent.
    let ran = team.ana.run("exec warehouse -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("warehouse in project prod-123456"), "{ran}");
    assert!(served(&team, "GOOGLE_APPLICATION_CREDENTIALS").unwrap().ends_with("gcp.json"));
    assert_eq!(served(&team, "GOOGLE_CLOUD_PROJECT").as_deref(), Some("prod-123456"));
    let ran = team.ana.run("exec --env warehouse -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let token = super::round_trip::variable(&team.ana, "CLOUDSDK_AUTH_ACCESS_TOKEN").unwrap();
    assert!(token.starts_with("ya29.sandbox."), "{token}");
    let printed = team.ana.run("credentials warehouse --format token", &[]).await;
    assert_eq!(printed.stdout.trim(), token);
    let json = team.ana.run("credentials warehouse --format json", &[]).await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!((json["cloud"].as_str(), json["service_account"].as_str()), (Some("gcp"), Some(ACCOUNT)));
    assert_eq!(json["place"]["name"], "prod-123456");
    let status = team.ana.run("status --verify", &[]).await;
    assert!(status.stdout.contains(ACCOUNT), "{status}");
    let console = team.ana.run("console warehouse --print", &[]).await;
    assert!(console.code != 0 && console.stderr.contains("has no web console"), "{console}");
    let ended = team.ana.run("end warehouse", &[]).await;
    assert_eq!(ended.code, 0, "{ended}");
    team.stop().await;
}

#[tokio::test]
async fn a_scope_is_narrowed_at_google() {
    let mut team = team("jit:role:warehouse").await;
    get(&team, "warehouse", &["--scope", "logs"]).await;
    let ran = team.ana.run("exec --env warehouse -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let narrowed = team.http.sent().iter().any(|request| {
        request.url == format!("{GOOGLE}/v1/token")
            && String::from_utf8_lossy(&request.body).contains("options=")
    });
    assert!(narrowed);
    let environment = {
        let started = team.ana.world.processes.started.lock().unwrap();
        started.last().unwrap().environment.clone()
    };
    // Google knows no such token, and no output takes the broker's word for Google's.
    let word =
        format!("{ACCOUNT} (by the broker's word: Google says nothing of a token with an access boundary)");
    let status = team.ana.run("status --verify", &[]).await;
    assert!(status.code == 0 && status.stdout.contains(&word), "{status}");
    let status = team.ana.run("status --verify --json", &[]).await;
    assert!(status.stdout.contains("\"note\": \"by the broker's word"), "{status}");
    let doctor = team.ana.run("doctor --json", &[]).await;
    assert!(doctor.stdout.contains(&word), "{doctor}");
    team.ana.world.system.environment = environment;
    let whoami = team.ana.run("whoami --cloud", &[]).await;
    let expected = format!(
        "{ACCOUNT}\n  project   prod-123456\n  note      by the broker's word: Google says nothing of a token with an access boundary\n"
    );
    assert_eq!((whoami.code, whoami.stdout.as_str()), (0, expected.as_str()), "{whoami}");
    // A token that jit did not give: nobody can tell.
    team.ana.world.system.environment.remove("JIT_BOUNDED_ACCOUNT");
    let whoami = team.ana.run("whoami --cloud", &[]).await;
    assert!(whoami.code != 0 && whoami.stderr.contains("nobody can tell whose it is"), "{whoami}");
    team.stop().await;
}

#[tokio::test]
async fn a_provider_that_takes_another_role_opens_nothing() {
    let mut team = team("jit:role:orders-admin").await;
    get(&team, "warehouse", &[]).await;
    let ran = team.ana.run("exec warehouse -- true", &[]).await;
    assert_eq!(ran.code, 125, "{ran}");
    assert!(ran.stderr.contains("attribute condition") && ran.stderr.contains("hint: "), "{ran}");
    assert!(team.ana.world.supervisor.started.lock().unwrap().is_empty(), "no command ran");
    team.stop().await;
}

/// Neither the token with which the authority buys nor what it buys with it is anywhere a client can look.
#[tokio::test]
async fn our_jwt_and_the_federated_token_stay_at_the_authority() {
    let mut team = team("jit:role:warehouse").await;
    get(&team, "warehouse", &[]).await;
    let ran = team.ana.run("exec warehouse -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let sent = team.http.sent();
    let federated = sent
        .iter()
        .filter(|request| request.url.ends_with(":generateAccessToken"))
        .find_map(|request| request.headers.iter().find(|(name, _)| name == "authorization"))
        .map(|(_, value)| value.trim_start_matches("Bearer ").to_owned())
        .unwrap();
    let of_broker = |url: &str| url.ends_with("/v1/token") || url.ends_with(":generateAccessToken");
    let seen: Vec<String> = sent
        .iter()
        .filter(|request| !(request.url.starts_with(GOOGLE) && of_broker(&request.url)))
        .map(|request| format!("{request:?}{}", String::from_utf8_lossy(&request.body)))
        .collect();
    assert!(seen.concat().contains("/tokeninfo"), "the client asked whose the token is");
    let keychain = &team.ana.world.keychain;
    let kept = |item: &String| {
        keychain.get(item).unwrap().map(|value| String::from_utf8_lossy(value.expose()).into_owned())
    };
    let kept: Vec<String> = keychain.items().iter().filter_map(kept).collect();
    assert!(kept.concat().contains("ya29.sandbox."), "the lease is looked at too");
    let looked = [seen.concat(), team.ana.disk(), ran.to_string(), kept.concat()].concat();
    assert!(!looked.contains(&federated), "the federated token left the authority");
    assert!(!looked.contains("eyJ"), "a JWT left the authority");
    team.stop().await;
}

/// The broker's own key set, read from the broker, is what Google Cloud is given where it cannot reach the issuer.
#[tokio::test]
async fn the_brokers_keys_are_uploaded_by_name() {
    let mut team = team("jit:role:warehouse").await;
    let told = team.ana.run("setup trust warehouse --jwks broker", &[]).await;
    assert_eq!(told.code, 0, "{told}");
    let line = told.stdout.lines().find(|line| line.contains("\"keys\"")).unwrap_or_else(|| panic!("{told}"));
    let json = &line[line.find('{').unwrap()..=line.rfind('}').unwrap()];
    let printed: Value = serde_json::from_str(json).unwrap();
    let served =
        team.ana.world.system.http.send(jit::system::http::Request::new(
            http::Method::GET,
            format!("{BROKER}/.well-known/jwks.json"),
        ));
    let served: Value = serde_json::from_slice(&served.await.unwrap().body).unwrap();
    let numbers = |keys: &Value| {
        keys["keys"].as_array().unwrap().iter().map(|key| key["n"].clone()).collect::<Vec<_>>()
    };
    assert!(!numbers(&printed).is_empty());
    assert_eq!(numbers(&printed), numbers(&served));
    team.stop().await;
}
