//! `jit` reads the files of older versions, keeps the files of newer ones, and reports damaged files.

use std::sync::Arc;

use jit::grant::Cloud;
use jit::grant::Lease;
use jit::grant::Place;
use jit::grant::lease::LeaseError;
use jit::protocol::RequestList;
use jit::secret::Secret;
use jit::state::index;
use jit::state::index::Newer;
use jit::system::Files;
use jit::system::Keychain;
use serde_json::Value;
use serde_json::json;

use crate::cli::stage::Stage;
use crate::support::forms as fixtures;

const LEASE: &str = "lease:B1R20YF74R";

/// A machine as the fixtures have it: logged in, with one grant in use and a session of a direct role.
fn old_machine() -> Stage {
    let stage = Stage::new();
    let files = &stage.ana.world.system.files;
    stage.ana.write(&files.config.join("config.toml"), &fixtures::text("config/v1.toml"));
    stage.ana.write(&files.config.join("authority.toml"), &fixtures::text("login/v1.toml"));
    stage.ana.write(&files.state.join("grants.json"), &fixtures::text("index/v1.json"));
    for (item, value) in fixtures::json("keychain/v1.json").as_object().unwrap() {
        set(&stage, item, value.as_str().unwrap());
    }
    let requests: RequestList = serde_json::from_value(fixtures::json("protocol/v1.requests.json")).unwrap();
    let mut state = stage.broker.state.lock().unwrap();
    state.requests = requests.requests;
    state.leases = 1;
    state.sessions.insert("canary-session-ana".to_owned(), "ana".parse().unwrap());
    drop(state);
    stage
}

fn set(stage: &Stage, item: &str, value: &str) {
    stage.ana.world.keychain.set(item, &Secret::new(value.as_bytes().to_vec())).unwrap();
}

fn kept(stage: &Stage, item: &str) -> String {
    let bytes = stage.ana.world.keychain.get(item).unwrap().unwrap();
    String::from_utf8(bytes.expose().clone()).unwrap()
}

fn index_text(stage: &Stage) -> String {
    std::fs::read_to_string(stage.ana.world.system.files.state.join("grants.json")).unwrap()
}

fn write_index(stage: &Stage, value: &Value) {
    stage.ana.write(&stage.ana.world.system.files.state.join("grants.json"), &value.to_string());
}

/// A grant of a cloud that does not exist yet, as a newer version would write it.
fn of_newer() -> Value {
    json!({
        "id": "7F3KQ2M8ZD", "authority": "https://jit.example.com", "role": "warehouse", "cloud": "mars",
        "place": { "kind": "project", "name": "orders-prod" }, "state": "active", "until": "2026-11-23T09:00:00Z",
        "asked": "2026-11-23T08:00:00Z", "who": "ana", "novelty": [1, 2],
    })
}

#[tokio::test]
async fn a_machine_of_the_first_version_goes_on_and_scripts_read_what_they_read() {
    let stage = old_machine();
    for (name, line) in [
        ("status", "status --json"),
        ("prompt", "prompt --json"),
        ("roles", "roles --json"),
        ("show", "show prod-admin --json"),
        ("credentials", "credentials prod-admin --format json"),
    ] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 0, "{line}: {shot}");
        assert!(!shot.stderr.contains("newer") && !shot.stderr.contains("damaged"), "{line}: {shot}");
        let old = fixtures::json(&format!("output/v1/{name}.json"));
        let new: Value = serde_json::from_str(&shot.stdout).unwrap();
        assert_eq!(fixtures::lost(&old, &new, name), Vec::<String>::new());
    }
    let status: Value = serde_json::from_str(&stage.ana.run("status --json", &[]).await.stdout).unwrap();
    for entry in status.as_array().unwrap() {
        assert_eq!(entry["cloud"], "aws");
        assert_eq!(entry["place"], json!({ "kind": "account", "name": "111122223333" }));
    }
    // The credentials of before are used: nothing is minted.
    for (role, key) in [("prod-admin", "ASIAFAKEPROD-ADMIN"), ("mine", "ASIADIRECT")] {
        let used = stage.ana.run(&format!("exec --env {role} -- true"), &[]).await;
        assert_eq!(used.code, 0, "{used}");
        let started = stage.ana.world.processes.started.lock().unwrap();
        assert_eq!(started.last().unwrap().environment.get("AWS_ACCESS_KEY_ID"), Some(key));
    }
    assert_eq!(stage.broker.state.lock().unwrap().leases, 1);
    // The old one-use key opens new credentials.
    stage.ana.world.keychain.delete(LEASE).unwrap();
    let renewed = stage.ana.run("exec --env prod-admin -- true", &[]).await;
    assert_eq!(renewed.code, 0, "{renewed}");
    assert!(kept(&stage, LEASE).contains(r#""cloud":"aws""#), "what is kept now has its tag");
}

#[test]
fn each_form_that_was_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    std::fs::create_dir_all(&files.state).unwrap();
    for version in ["v1", "v2", "v3"] {
        std::fs::write(index::path(&files), fixtures::text(&format!("index/{version}.json"))).unwrap();
        let read = index::read(&files);
        let scopes = read.entries.iter().map(|entry| entry.scope.as_ref().map(ToString::to_string));
        let expected = [None, (version == "v3").then(|| "orders-read".to_owned())];
        assert_eq!(scopes.collect::<Vec<_>>(), expected, "{version}");
        assert_eq!((read.damage, &read.newer, read.entries.len()), (None, &Newer::Nothing, 2), "{version}");
        for entry in &read.entries {
            assert_eq!((entry.cloud, &entry.place), (Cloud::Aws, &Place::account("111122223333")));
        }
        // A change of the second one, so that it is written anew as it was. A member that was not there stays away.
        let entries = read.entries;
        index::update(&files, Vec::clear).unwrap();
        index::update(&files, |now| *now = entries).unwrap();
        let written = std::fs::read_to_string(index::path(&files)).unwrap();
        assert_eq!(written, fixtures::text(&format!("index/{}.json", version.replace('1', "2"))));
    }
    for version in ["v1", "v2"] {
        let json = Secret::new(fixtures::text(&format!("lease/{version}.json")).trim().as_bytes().to_vec());
        let lease = Lease::from_secret_json(&json).unwrap();
        let credentials = lease.credentials.as_aws().unwrap();
        assert_eq!(credentials.access_key_id, "ASIADIRECT", "{version}");
        assert_eq!(credentials.secret_access_key.expose(), "fake-secret-of-a-fixture");
        assert_eq!(credentials.endpoint_url.as_deref(), Some("https://sts.example.com"));
        // A form that changes wants a fixture of its own: docs/stable-forms.md.
        let written = String::from_utf8(lease.to_secret_json().expose().clone()).unwrap();
        assert_eq!(written, fixtures::text("lease/v2.json").trim());
    }
}

#[tokio::test]
async fn entries_of_a_newer_version_survive_everything_that_rewrites_the_index() {
    let stage = old_machine();
    let mut index: Value = fixtures::json("index/v1.json");
    index["grants"].as_array_mut().unwrap().push(of_newer());
    write_index(&stage, &index);
    let newer_lease =
        r#"{"number":1,"expires":"2026-11-23T09:00:00Z","credentials":{"cloud":"mars","token":"fake"}}"#;
    set(&stage, "lease:7F3KQ2M8ZD", newer_lease);
    set(&stage, "recipient:7F3KQ2M8ZD", "fake");
    let status = stage.ana.run("status", &[]).await;
    assert!(status.stderr.contains("made by a newer jit") && status.stderr.contains("warehouse"), "{status}");
    assert!(status.stderr.contains("update jit") && !status.stderr.contains("damaged"), "{status}");
    assert!(!status.stdout.contains("warehouse"), "it is no access of this version's: {status}");
    let doctor = stage.ana.run("doctor", &[]).await;
    assert!(doctor.stdout.contains("newer jit"), "{doctor}");
    for line in [
        "request stage-admin --reason look --for 30m -y",
        "end stage-admin",
        "end prod-admin",
        "end mine",
        "status",
        "logout",
    ] {
        let shot = stage.ana.run(line, &[]).await;
        assert_eq!(shot.code, 0, "{line}: {shot}");
        let now: Value = serde_json::from_str(&index_text(&stage)).unwrap();
        assert!(now["grants"].as_array().unwrap().contains(&of_newer()), "after {line}: {now}");
        assert_eq!(kept(&stage, "lease:7F3KQ2M8ZD"), newer_lease, "after {line}");
        assert_eq!(kept(&stage, "recipient:7F3KQ2M8ZD"), "fake", "after {line}");
    }
    let now: Value = serde_json::from_str(&index_text(&stage)).unwrap();
    assert_eq!(now["grants"].as_array().unwrap().len(), 1, "the others are over: {now}");
}

/// Only the account was compared, so a session of the role that stood in the settings before was used.
#[tokio::test]
async fn a_direct_session_of_another_role_or_region_is_not_used() {
    for (before, after) in [("role/mine", "role/other"), ("eu-west-1", "eu-central-1")] {
        let stage = old_machine();
        let config = fixtures::text("config/v1.toml").replace(before, after);
        stage.ana.write(&stage.ana.world.system.files.config.join("config.toml"), &config);
        stage.ana.run("exec --env mine -- true", &[]).await;
        let started = stage.ana.world.processes.started.lock().unwrap();
        let key = started.last().and_then(|command| command.environment.get("AWS_ACCESS_KEY_ID"));
        assert_ne!(key, Some("ASIADIRECT"), "{after}");
    }
}

#[tokio::test]
async fn an_index_of_a_newer_version_is_left_as_it_is() {
    for newer in [
        json!({ "version": 2, "grants": { "another": "shape" } }),
        json!({ "version": 2, "grants": [], "novelty": true }),
    ] {
        let stage = old_machine();
        write_index(&stage, &newer);
        let before = index_text(&stage);
        let status = stage.ana.run("status", &[]).await;
        assert!(status.stderr.contains("made by a newer jit (form 2)"), "{newer}: {status}");
        let asked = stage.ana.run("request stage-admin --reason look --for 30m -y", &[]).await;
        assert!(asked.code != 0 && asked.stderr.contains("update jit"), "{newer}: {asked}");
        assert_eq!(stage.ana.run("prompt", &[]).await.stdout, "");
        assert_eq!(index_text(&stage), before, "{newer}");
    }
}

#[tokio::test]
async fn credentials_of_a_newer_version_are_neither_used_nor_replaced() {
    for newer in [
        r#"{"version":2,"number":1,"expires":"2026-11-23T11:00:00Z","credentials":{"cloud":"aws"}}"#,
        r#"{"version":2,"sealed":["another","shape"]}"#,
        r#"{"number":1,"expires":"2026-11-23T11:00:00Z","credentials":{"cloud":"mars","token":"canary"}}"#,
    ] {
        let stage = old_machine();
        for (item, role) in [(LEASE, "prod-admin"), ("direct:mine", "mine")] {
            set(&stage, item, newer);
            for line in [format!("exec --env {role} -- true"), format!("credentials {role} --format aws")] {
                let shot = stage.ana.run(&line, &[]).await;
                assert_ne!(shot.code, 0, "{line}: {shot}");
                assert!(
                    shot.stderr.contains("newer jit") && shot.stderr.contains("update jit"),
                    "{line}: {shot}"
                );
                assert!(!shot.stderr.contains("canary"), "{line}: {shot}");
                assert_eq!(kept(&stage, item), newer, "{line}");
            }
        }
        assert_eq!(stage.broker.state.lock().unwrap().leases, 1, "nothing was minted");
    }
}

#[tokio::test]
async fn what_is_half_written_is_said_and_costs_nothing() {
    let stage = old_machine();
    // Cut in the middle: credentials are fetched again, as the request still stands.
    let lease = kept(&stage, LEASE);
    for end in 0..lease.len() {
        let cut = Secret::new(lease.as_bytes()[..end].to_vec());
        assert_eq!(Lease::from_secret_json(&cut), Err(LeaseError::Damaged), "{end}");
    }
    set(&stage, LEASE, &lease[..lease.len() / 2]);
    let used = stage.ana.run("exec --env prod-admin -- true", &[]).await;
    assert_eq!((used.code, stage.broker.state.lock().unwrap().leases), (0, 2), "{used}");
    // A one-use key that is cut short opens nothing, and the way on is said.
    let recipient = kept(&stage, "recipient:B1R20YF74R");
    set(&stage, "recipient:B1R20YF74R", &recipient[..70]);
    set(&stage, LEASE, "{");
    let refused = stage.ana.run("exec --env prod-admin -- true", &[]).await;
    assert!(refused.code != 0 && refused.stderr.contains("hint"), "{refused}");
    // Half an index is none, and the broker knows the rest.
    let files = &stage.ana.world.system.files;
    let whole = fixtures::text("index/v2.json");
    stage.ana.write(&files.state.join("grants.json"), &whole[..whole.len() / 2]);
    let status = stage.ana.run("status", &[]).await;
    assert!(status.stderr.contains("is damaged") && status.stderr.contains("written anew"), "{status}");
    assert!(status.stdout.contains("prod-admin"), "{status}");
    // A login that is cut short is refused, with what to type.
    let login = fixtures::text("login/v1.toml");
    stage.ana.write(&files.config.join("authority.toml"), &login[..login.len() - 30]);
    let refused = stage.ana.run("status", &[]).await;
    assert!(refused.code != 0 && refused.stderr.contains("jit login URL"), "{refused}");
}

#[test]
fn an_entry_that_contradicts_itself_is_damage_and_not_newer() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::under(folder.path());
    std::fs::create_dir_all(&files.state).unwrap();
    let good = fixtures::json("index/v2.json")["grants"][0].clone();
    for (member, value) in [
        ("account", json!("999999999999")),
        ("cloud", json!("\u{1b}[2J")),
        ("cloud", json!("GCP")),
        ("cloud", json!(7)),
        ("cloud", json!("x".repeat(33))),
        ("place", json!({ "kind": "project", "name": "x" })),
        ("place", json!({ "kind": "account", "name": "1\u{1b}[2J" })),
    ] {
        let mut odd = good.clone();
        odd[member] = value.clone();
        std::fs::write(index::path(&files), json!({ "grants": [odd] }).to_string()).unwrap();
        let read = index::read(&files);
        assert!(read.entries.is_empty() && read.damage.is_some(), "{member} {value}");
        assert_eq!(read.newer, Newer::Nothing, "{member} {value}");
    }
}

/// A broker that already knows another cloud: its roles are no reason to refuse the others.
#[tokio::test]
async fn roles_of_a_newer_cloud_are_named_and_left_out() {
    let mut list = fixtures::json("protocol/v1.roles.json");
    let mut newer = list["roles"][0].clone();
    newer["name"] = "warehouse".into();
    newer["target"] = "mars:projects/orders/serviceAccounts/x?duration=1".into();
    newer["cloud"] = "mars".into();
    let count = list["roles"].as_array().unwrap().len();
    list["roles"].as_array_mut().unwrap().push(newer);
    let read: jit::protocol::RoleList = serde_json::from_value(list.clone()).unwrap();
    assert_eq!((read.roles.len(), read.newer.len()), (count, 1));
    assert_eq!((read.newer[0].name.as_str(), read.newer[0].cloud.as_str()), ("warehouse", "mars"));
    // As the client sees it.
    let stage = Stage::ready().await;
    stage.http.route(crate::cli::fake_broker::BROKER, Arc::new(OnlyRoles(list.to_string())));
    let shot = stage.ana.run("roles", &[]).await;
    assert!(shot.stderr.contains("warehouse is left out") && shot.stderr.contains("update jit"), "{shot}");
    assert!(shot.stdout.contains("prod") && !shot.stdout.contains("warehouse"), "{shot}");
    // A role that is damaged is not taken for a newer one.
    let mut damaged = list;
    damaged["roles"][0]["target"] = "aws:arn:aws:iam::1:role/x?region=eu-west-1".into();
    assert!(serde_json::from_value::<jit::protocol::RoleList>(damaged).is_err());
}

struct OnlyRoles(String);

#[async_trait::async_trait]
impl jit::system::fake::Host for OnlyRoles {
    async fn answer(
        &self,
        _request: jit::system::http::Request,
    ) -> Result<jit::system::http::Response, jit::system::http::HttpError> {
        Ok(crate::cli::fake_broker::answer(200, "application/json", self.0.clone()))
    }
}

#[test]
fn a_target_of_an_unknown_cloud_says_whose_it_is() {
    let said = |text: &str| text.parse::<jit::grant::Target>().unwrap_err().to_string();
    assert!(said("mars:projects/x").contains("a newer jit"), "{}", said("mars:projects/x"));
    for damaged in ["", ":", "GCP:x", "g\u{1b}:x", "aws:", "sandbox:x", "aws:x?region=y&z"] {
        assert!(!said(damaged).contains("newer"), "{damaged:?}");
    }
}
