//! Direct roles of Azure: the person's own tokens of the Azure CLI, in one tenant and for the role's audiences alone.

use std::sync::Arc;

use data_encoding::BASE64URL_NOPAD;
use insta::assert_snapshot;
use jiff::Timestamp;
use jiff::tz;
use jit::grant::cloud::azure::Audiences;
use jit::grant::cloud::azure::Authority;
use jit::grant::cloud::azure::AzureTarget;
use jit::provider::azure::direct;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;
use jit::system::fake::FakeWorld;
use jit::system::processes::Command;
use jit::system::processes::Output;
use jit::system::processes::RealProcesses;
use serde_json::Value;
use serde_json::json;

use crate::cli::stage::Person;

const START: &str = "2026-11-23T10:00:00Z";
const TENANT: &str = "0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90";
const OTHER: &str = "11111111-2222-4333-8444-555555555555";
const MANAGER: &str = "https://management.azure.com";
const VAULT: &str = "https://vault.azure.net";

/// The Azure CLI's own application, and a person's id in the tenant.
const CLI: &str = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
const ANA: &str = "a1a1a1a1-0000-4000-8000-00000000000a";

/// A person with direct roles of Azure, and nothing of a broker's.
struct Desk {
    ana: Person,
}

fn table(name: &str, tenant: &str, more: &str) -> String {
    format!("[roles.{name}]\napproval = \"none\"\n[roles.{name}.azure]\ntenant = \"{tenant}\"\n{more}\n")
}

impl Desk {
    fn new() -> Self {
        let desk = Self { ana: Person::new(1, &FakeClock::at(START), &FakeHttp::default()) };
        desk.configure(&format!("audiences = [\"{MANAGER}\", \"{VAULT}\"]"));
        desk
    }

    /// Writes the roles: `cloud` with these lines, and one of a national cloud.
    fn configure(&self, cloud: &str) {
        let gov = "audiences = [\"https://graph.microsoft.us\"]\nauthority = \"https://login.microsoftonline.us\"\nduration = \"10m\"";
        let text = format!("{}{}", table("cloud", TENANT, cloud), table("gov", TENANT, gov));
        self.ana.write(&self.ana.world.system.files.config.join("config.toml"), &text);
    }

    fn outputs(&self, code: i32, stdout: &str, stderr: &str) {
        let output = Output { code, stdout: stdout.into(), stderr: stderr.into() };
        self.ana.world.processes.outputs.lock().unwrap().push_back(output);
    }

    /// az prints this document next.
    fn prints(&self, document: &Value) {
        self.outputs(0, &document.to_string(), "WARNING: a new version is available");
    }

    fn started(&self) -> Vec<Command> {
        self.ana.world.processes.started.lock().unwrap().clone()
    }

    /// How often az was started.
    fn calls(&self) -> usize {
        self.started().iter().filter(|command| command.program == "az").count()
    }

    async fn json(&self, role: &str) -> Value {
        let shown = self.ana.run(&format!("credentials {role} --format json"), &[]).await;
        assert_eq!(shown.code, 0, "{shown}");
        serde_json::from_str(&shown.stdout).unwrap()
    }
}

fn seconds(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap().as_second()
}

fn jwt(claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}.Y2FuYXJ5", part(&json!({ "alg": "RS256" })), part(claims))
}

fn claims_of(audience: &str, end: &str) -> Value {
    json!({ "aud": audience, "tid": TENANT, "appid": CLI, "oid": ANA, "upn": "ana@example.com", "exp": seconds(end) })
}

/// The output of az for a token with these claims.
fn printed(claims: &Value, end: &str) -> Value {
    json!({
        "accessToken": jwt(claims),
        "expiresOn": "1999-01-01 00:00:00.000000",
        "expires_on": seconds(end),
        "tenant": TENANT,
        "tokenType": "Bearer",
    })
}

fn token(audience: &str, end: &str) -> Value {
    printed(&claims_of(audience, end), end)
}

#[tokio::test]
async fn the_persons_own_tokens_open_the_roles_audiences_alone() {
    let mut desk = Desk::new();
    for (name, value) in [
        // The endpoint of a surrounding command is not the person's own identity, and the role names its cloud.
        ("IDENTITY_ENDPOINT", "http://127.0.0.1:1/x"),
        ("IDENTITY_HEADER", "x"),
        ("MSI_ENDPOINT", "http://127.0.0.1:1/x"),
        ("MSI_SECRET", "x"),
        ("AZURE_CLOUD_NAME", "AzureChinaCloud"),
        ("AZURE_CONFIG_DIR", "/home/ana/azure"),
    ] {
        desk.ana.world.system.environment.set(name, value);
    }
    desk.prints(&token(MANAGER, "2026-11-23T11:10:00Z"));
    desk.prints(&token(VAULT, "2026-11-23T10:30:00Z"));
    let ran = desk.ana.run("exec cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    assert!(ran.stderr.contains("directly"), "{ran}");
    let asked = desk.started();
    let lines: Vec<String> = asked
        .iter()
        .map(|command| {
            let words = std::iter::once(&command.program).chain(&command.arguments);
            words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        })
        .collect();
    let line = |audience: &str| {
        format!("az account get-access-token --tenant {TENANT} --resource {audience} --output json")
    };
    assert_eq!(lines, [line(MANAGER), line(VAULT)]);
    for command in &asked {
        let seen = |name: &str| command.environment.get(name);
        assert_eq!((seen("IDENTITY_ENDPOINT"), seen("IDENTITY_HEADER")), (None, None));
        assert_eq!((seen("MSI_ENDPOINT"), seen("MSI_SECRET")), (None, None));
        assert_eq!(seen("AZURE_CLOUD_NAME"), Some("AzureCloud"));
        assert_eq!(seen("AZURE_CONFIG_DIR"), Some("/home/ana/azure"), "the person's own sign-in stays");
    }
    // Client libraries ask an endpoint, as for a broker's role.
    let served = |name: &str| {
        let started = desk.ana.world.supervisor.started.lock().unwrap();
        started.last().unwrap().environment.get(name).map(str::to_owned)
    };
    assert!(served("IDENTITY_ENDPOINT").unwrap().starts_with("http://127.0.0.1:"));
    assert_ne!(served("IDENTITY_ENDPOINT").unwrap(), "http://127.0.0.1:1/x");
    assert_eq!(served("AZURE_TOKEN_CREDENTIALS").as_deref(), Some("ManagedIdentityCredential"));
    // They are kept, shown as direct, and not asked for again while they last.
    let json = desk.json("cloud").await;
    assert_eq!((json["cloud"].as_str(), json.get("client_id")), (Some("azure"), None));
    assert_eq!(json["tokens"].as_array().unwrap().len(), 2);
    assert_eq!(json["expires"], "2026-11-23T10:30:00Z", "the first of them to end");
    assert_eq!(json["tokens"][0]["expires"], "2026-11-23T11:10:00Z");
    let ran = desk.ana.run("exec --env cloud -- true", &[]).await;
    assert_eq!(ran.code, 0, "{ran}");
    let variable = |name: &str| super::round_trip::variable(&desk.ana, name);
    assert_eq!(variable("AZURE_ACCESS_TOKEN").unwrap(), jwt(&claims_of(MANAGER, "2026-11-23T11:10:00Z")));
    assert_eq!(variable("AZURE_TOKEN_CREDENTIALS").as_deref(), Some("EnvironmentCredential"));
    assert_eq!(desk.calls(), 2);
    let status = desk.ana.run("status --verify", &[]).await;
    assert!(status.stdout.contains("direct") && !status.stdout.contains("approved"), "{status}");
    assert!(status.to_string().contains("ana@example.com"), "{status}");
    assert!(!desk.ana.disk().contains("Y2FuYXJ5"), "no token is on the disk");
    let ended = desk.ana.run("end cloud", &[]).await;
    assert!(
        ended.stderr.contains("nobody can call the token back; it stays valid until 2026-11-23 11:10 UTC"),
        "{ended}"
    );
}

#[tokio::test]
async fn a_role_of_a_national_cloud_is_used_no_longer_than_it_says() {
    let desk = Desk::new();
    let shown = desk.ana.run("roles", &[]).await;
    assert_snapshot!(shown.stdout, @"
    ROLE   FOR  AT MOST  APPROVAL             OPENS
    cloud  1h   1h       direct: no approval  your own identity in tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 (azure, for https://management.azure.com and https://vault.azure.net; nobody ends a token before it expires)
    gov    10m  10m      direct: no approval  your own identity in tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90 (azure, for https://graph.microsoft.us, at https://login.microsoftonline.us; nobody ends a token before it expires)
    ");
    assert!(desk.started().is_empty(), "nobody was asked for a list");
    desk.prints(&token("https://graph.microsoft.us/", "2026-11-23T11:10:00Z"));
    let json = desk.json("gov").await;
    assert_eq!(json["expires"], "2026-11-23T10:10:00Z");
    assert_eq!(desk.started()[0].environment.get("AZURE_CLOUD_NAME"), Some("AzureUSGovernment"));
    let ended = desk.ana.run("end gov", &[]).await;
    assert!(
        ended.stderr.contains("it stays valid until 2026-11-23 11:10 UTC"),
        "the token's own end: {ended}"
    );
    desk.outputs(1, "", "ERROR: Please run 'az login' to setup account.");
    let refused = desk.ana.run("credentials gov --format json", &[]).await;
    let hint = format!("sign in: `az cloud set --name AzureUSGovernment`, then `az login --tenant {TENANT}`");
    assert!(refused.code != 0 && refused.stderr.contains(&hint), "{refused}");
}

/// The role opens the audiences that its table names now, whatever was kept.
#[tokio::test]
async fn a_changed_table_asks_again() {
    let desk = Desk::new();
    desk.configure(&format!("audiences = [\"{MANAGER}\"]"));
    desk.prints(&token(MANAGER, "2026-11-23T11:10:00Z"));
    assert_eq!(desk.json("cloud").await["tokens"].as_array().unwrap().len(), 1);
    desk.json("cloud").await;
    assert_eq!(desk.calls(), 1);
    desk.configure(&format!("audiences = [\"{VAULT}\", \"{MANAGER}\"]"));
    desk.prints(&token(VAULT, "2026-11-23T11:10:00Z"));
    desk.prints(&token(MANAGER, "2026-11-23T11:10:00Z"));
    let json = desk.json("cloud").await;
    assert_eq!((json["tokens"][0]["audience"].as_str(), desk.calls()), (Some(VAULT), 3));
}

/// Before azure-cli 2.54 the end is a local time without a zone. The token's own word counts where it is earlier.
#[tokio::test]
async fn an_older_az_tells_the_end_in_local_time() {
    let mut desk = Desk::new();
    desk.configure(&format!("audiences = [\"{MANAGER}\"]\nduration = \"4h\""));
    desk.ana.world.system.zone = tz::TimeZone::fixed(tz::offset(2)).into();
    let mut old = token(MANAGER, "2026-11-23T11:30:00Z");
    old.as_object_mut().unwrap().remove("expires_on");
    old["expiresOn"] = "2026-11-23 13:20:00.123456".into();
    desk.prints(&old);
    assert_eq!(desk.json("cloud").await["expires"], "2026-11-23T11:20:00Z");
    desk.ana.run("end cloud", &[]).await;
    desk.prints(&printed(&claims_of(MANAGER, "2026-11-23T11:05:00Z"), "2026-11-23T11:30:00Z"));
    assert_eq!(desk.json("cloud").await["expires"], "2026-11-23T11:05:00Z");
}

/// An opaque token says nothing of itself, and jit says that. Nobody's name is a name of the authority's.
#[tokio::test]
async fn an_opaque_token_is_az_s_word() {
    let desk = Desk::new();
    desk.configure(&format!("audiences = [\"{MANAGER}\"]"));
    let mut opaque = token(MANAGER, "2026-11-23T11:10:00Z");
    opaque["accessToken"] = "EwBwA8l6BAAU-canary".into();
    desk.prints(&opaque);
    assert_eq!(desk.ana.run("exec cloud -- true", &[]).await.code, 0);
    let status = desk.ana.run("status --verify", &[]).await;
    assert!(status.to_string().contains("by the Azure CLI's word"), "{status}");
    desk.ana.run("end cloud", &[]).await;
    // A guest, or a service principal that is signed in to az, has an id and no name.
    let mut nameless = claims_of(MANAGER, "2026-11-23T11:10:00Z");
    nameless.as_object_mut().unwrap().remove("upn");
    desk.prints(&printed(&nameless, "2026-11-23T11:10:00Z"));
    assert_eq!(desk.ana.run("exec cloud -- true", &[]).await.code, 0);
    let status = desk.ana.run("status --verify", &[]).await;
    assert!(status.to_string().contains(ANA), "{status}");
}

/// Each way in which there is no access says what to do, and keeps nothing.
#[tokio::test]
async fn what_az_refuses_is_said_in_words() {
    let desk = Desk::new();
    desk.configure(&format!("audiences = [\"{MANAGER}\"]"));
    let (now, later) = ("2026-11-23T10:00:00Z", "2026-11-23T11:10:00Z");
    let mut said = String::new();
    let mut fail = async || {
        let failed = desk.ana.run("exec cloud -- true", &[]).await;
        assert_ne!(failed.code, 0, "{failed}");
        assert!(
            !failed.to_string().contains("Y2FuYXJ5") && !failed.to_string().contains("canary"),
            "{failed}"
        );
        said.push_str(&failed.stderr);
    };
    desk.outputs(1, "", "ERROR: Please run 'az login' to setup account.\n");
    fail().await;
    desk.outputs(
        1,
        "",
        "ERROR: AADSTS50076: MFA.\r\nToken: eyJhbGciOiJSUzI1NiJ9.eyJjYW5hcnkiOjF9.canary \u{1b}[31m",
    );
    fail().await;
    desk.outputs(0, "{\"accessToken\": \"canary", "");
    fail().await;
    desk.outputs(0, "", "");
    fail().await;
    let change = |name: &str, value: Value| {
        let mut document = token(MANAGER, later);
        document[name] = value;
        document
    };
    desk.prints(&change("accessToken", "two canary".into()));
    fail().await;
    desk.prints(&change("tokenType", "pop".into()));
    fail().await;
    desk.prints(&change("tenant", OTHER.into()));
    fail().await;
    let claims = |name: &str, value: &str| {
        let mut claims = claims_of(MANAGER, later);
        claims[name] = value.into();
        printed(&claims, later)
    };
    desk.prints(&claims("tid", OTHER));
    fail().await;
    desk.prints(&claims("aud", "https://graph.microsoft.com"));
    fail().await;
    desk.prints(&change("expires_on", seconds(now).into()));
    fail().await;
    desk.prints(&printed(&claims_of(MANAGER, now), later));
    fail().await;
    let mut endless = change("expiresOn", "soon".into());
    endless["expires_on"] = Value::Null;
    desk.prints(&endless);
    fail().await;
    desk.configure(&format!("audiences = [\"{MANAGER}\", \"{VAULT}\"]"));
    desk.prints(&token(MANAGER, later));
    let mut another = claims_of(VAULT, later);
    another["oid"] = OTHER.into();
    desk.prints(&printed(&another, later));
    fail().await;
    assert_snapshot!(said, @r"
    error: cloud was not assumed
      cause: az gives no token of your own for https://management.azure.com (exit code 1): ERROR: Please run 'az login' to setup account.
      hint: sign in: `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az gives no token of your own for https://management.azure.com (exit code 1): ERROR: AADSTS50076: MFA. Token: [removed] \u{1b}[31m
      hint: sign in: `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az printed something else than a token
      hint: check `az version`, and `az account get-access-token` by hand
    error: cloud was not assumed
      cause: az printed something else than a token
      hint: check `az version`, and `az account get-access-token` by hand
    error: cloud was not assumed
      cause: az printed something else than a token
      hint: check `az version`, and `az account get-access-token` by hand
    error: cloud was not assumed
      cause: az printed something else than a token
      hint: check `az version`, and `az account get-access-token` by hand
    error: cloud was not assumed
      cause: az printed a token for https://management.azure.com that is another tenant's
      hint: check `tenant` and `audiences` of the role in config.toml; then `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az printed a token for https://management.azure.com that is another tenant's
      hint: check `tenant` and `audiences` of the role in config.toml; then `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az printed a token for https://management.azure.com that is for another audience
      hint: check `tenant` and `audiences` of the role in config.toml; then `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az printed a token for https://management.azure.com that has already expired
      hint: compare this machine's clock with the world's; then `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az printed a token for https://management.azure.com that has already expired
      hint: compare this machine's clock with the world's; then `az login --tenant 0f5a3c1e-4b1d-4c5e-9f00-2a7d1b6c8e90`
    error: cloud was not assumed
      cause: az printed a token without its end
      hint: check `az version`, and `az account get-access-token` by hand
    error: the tokens belong to different people
      hint: check the role in config.toml, and sign in again: `az login`
    ");
    assert_eq!(desk.ana.run("status", &[]).await.stdout.matches("direct").count(), 0, "nothing is kept");
}

/// Without az there is nobody to ask, and no other identity is tried.
#[tokio::test]
async fn without_az_there_is_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let mut system = FakeWorld::new(folder.path(), &FakeClock::at(START), &FakeHttp::default(), 1).system;
    system.processes = Arc::new(RealProcesses);
    system.environment.set("PATH", folder.path());
    let audiences = Audiences::new(vec![MANAGER.to_owned()]).unwrap();
    let target = AzureTarget::direct(TENANT.to_owned(), audiences, Authority::Public).unwrap();
    let until = "2026-11-23T11:00:00Z".parse().unwrap();
    let refused = direct::assume(&target, until, &system).await.unwrap_err();
    assert!(refused.message.contains("`az`, which has your own identity, does not run"), "{refused}");
    assert!(refused.hint.unwrap().contains("install the Azure CLI"));
}
