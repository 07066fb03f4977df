//! A direct role with the name of a broker's role: neither is taken silently.

use insta::assert_snapshot;
use jit::grant::Lease;
use jit::grant::cloud::aws::AwsCredentials;
use jit::state::index;
use jit::system::Keychain;

use crate::cli::fake_broker::ACCOUNT;
use crate::cli::fake_broker::BROKER;
use crate::cli::stage::Stage;

const OWN: &str = "222233334444";

/// Ana has a direct role of this name, with an existing session.
async fn stage(name: &str, more: &str) -> Stage {
    let stage = Stage::ready().await;
    let files = &stage.ana.world.system.files;
    stage.ana.write(
        &files.config.join("config.toml"),
        &format!(
            "[roles.{name}]\napproval = \"none\"\n{more}[roles.{name}.aws]\n\
             role_arn = \"arn:aws:iam::{OWN}:role/mine\"\nregion = \"eu-west-1\"\n"
        ),
    );
    let lease = Lease {
        number: 1,
        expires: "2026-11-23T10:40:00Z".parse().unwrap(),
        credentials: AwsCredentials {
            access_key_id: "ASIADIRECT".to_owned(),
            secret_access_key: "canary".into(),
            session_token: "canary".into(),
            account: OWN.to_owned(),
            session_arn: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
        }
        .into(),
    };
    let item = jit::keychain::Item::Direct(name.parse().unwrap()).to_string();
    stage.ana.world.keychain.set(&item, &lease.to_secret_json()).unwrap();
    stage
}

/// Gives ana the broker's prod-admin.
async fn grant(stage: &Stage) -> String {
    let words = ["request", "prod-admin", "--reason", "INC-1 x", "-y", "--no-wait"];
    let asked = stage.ana.run_words(&words, &["asked"]).await;
    assert_eq!(asked.code, 0, "{asked}");
    let id = stage.newest();
    assert_eq!(stage.bo.run(&format!("approve {id} -y"), &[]).await.code, 0);
    let waited = stage.ana.run("wait prod-admin", &[]).await;
    assert_eq!(waited.code, 0, "{waited}");
    id
}

/// The accounts of the commands that ran since.
fn accounts(stage: &Stage) -> Vec<String> {
    let mut started = stage.ana.world.processes.started.lock().unwrap();
    started.drain(..).map(|command| command.environment.get("AWS_ACCOUNT_ID").unwrap().to_owned()).collect()
}

/// On a terminal the command asks and says which. Elsewhere it takes neither.
#[tokio::test]
async fn which_of_the_two_is_asked_and_said() {
    let stage = stage("prod-admin", "").await;
    grant(&stage).await;
    assert_snapshot!(stage.ana.run("exec prod-admin -- true", &[]).await.stderr.replace(
        &stage.ana.world.system.files.config.display().to_string(), "CONFIG"
    ), @"
    error: prod-admin is the name of two roles
      cause: the role of https://jit.example.com
      cause: the direct role of your settings: role mine in account 222233334444 (aws)
      hint: rename [roles.prod-admin] in CONFIG/config.toml, or write `shadows = true` into it: the name then means the direct role
    ");
    assert!(accounts(&stage).is_empty());
    for (line, is_said) in [("exec prod-admin -- true", true), ("shell prod-admin", true)] {
        let direct = stage.ana.run(line, &["direct"]).await;
        assert_eq!(direct.code, 0, "{direct}");
        assert!(
            direct.stderr.contains("note: prod-admin is the direct role of your settings") == is_said,
            "{direct}"
        );
        assert!(direct.stderr.contains("directly"), "{direct}");
        assert_eq!(accounts(&stage), [OWN]);
        let asked = stage.ana.run(line, &["asked"]).await;
        assert_eq!(asked.code, 0, "{asked}");
        assert!(
            asked.stderr.contains("note: prod-admin is the role of https://jit.example.com; not the direct"),
            "{asked}"
        );
        assert_eq!(accounts(&stage), [ACCOUNT]);
    }
    for line in [
        "env prod-admin",
        "credentials prod-admin --format aws",
        "console prod-admin",
        "request prod-admin -y",
    ] {
        let refused = stage.ana.run(line, &[]).await;
        assert_eq!(refused.code, 2, "{line}: {refused}");
        assert!(refused.stderr.contains("prod-admin is the name of two roles"), "{line}: {refused}");
        assert!(!refused.stdout.contains("canary"), "{line}: {refused}");
    }
}

/// The settings may prefer the direct role. The command still says that it took it.
#[tokio::test]
async fn a_direct_role_that_shadows_is_taken_and_said() {
    let stage = stage("prod-admin", "shadows = true\n").await;
    let exec = stage.ana.run("exec prod-admin -- true", &[]).await;
    assert_eq!(exec.code, 0, "{exec}");
    assert!(
        exec.stderr.contains(
            "note: prod-admin is the direct role of your settings: role mine in account 222233334444"
        ),
        "{exec}"
    );
    assert_eq!(accounts(&stage), [OWN]);
    let program = stage.ana.run("credentials prod-admin --format aws", &[]).await;
    assert!(program.code == 0 && program.stdout.contains("ASIADIRECT"), "{}", program.stderr);
}

/// An alias of the broker's role is one of its names.
#[tokio::test]
async fn an_alias_is_a_name_too() {
    let stage = stage("payments-admin", "").await;
    let exec = stage.ana.run("exec payments-admin -- true", &[]).await;
    assert_eq!(exec.code, 125, "{exec}");
    assert!(exec.stderr.contains("the role of https://jit.example.com, which is prod-admin"), "{exec}");
    assert!(accounts(&stage).is_empty());
}

/// Lists, completion, prompt and login know it.
#[tokio::test]
async fn it_is_shown_wherever_roles_are() {
    let stage = stage("prod-admin", "").await;
    let roles = stage.ana.run("roles", &[]).await;
    assert!(roles.stdout.contains("direct: no approval; another role has this name"), "{roles}");
    assert!(roles.stderr.contains("warning: prod-admin is the name of two roles"), "{roles}");
    let json = stage.ana.run("roles --json", &[]).await;
    assert_eq!(json.stdout.matches("\"doubled\": true").count(), 1, "{json}");
    let login = stage.ana.run(&format!("login {BROKER} --as ana"), &[]).await;
    assert!(login.stderr.contains("warning: prod-admin is the name of two roles"), "{login}");
    let complete = stage.ana.run("complete roles", &[]).await;
    assert_eq!(complete.stdout.lines().filter(|line| *line == "prod-admin").count(), 1, "{complete}");
    grant(&stage).await;
    let mut direct = index::read(&stage.ana.world.system.files).entries.pop().unwrap();
    (direct.id, direct.authority, direct.who) = (None, None, None);
    direct.place = jit::grant::Place::account(OWN);
    direct.until = "2026-11-23T10:40:00Z".parse().unwrap();
    index::put(&stage.ana.world.system.files, &direct).unwrap();
    assert_eq!(stage.ana.run("prompt", &[]).await.stdout, "prod-admin (direct) 40m  prod-admin 1h\n");
}

/// Only the broker gives extensions, and an end applies to the access in use.
#[tokio::test]
async fn more_time_and_the_end_are_for_what_is_in_use() {
    let stage = stage("prod-admin", "").await;
    let id = grant(&stage).await;
    let more = stage.ana.run("extend prod-admin -y", &[]).await;
    assert!(!more.stderr.contains("is a direct role"), "{more}");
    let ended = stage.ana.run("end prod-admin", &[]).await;
    assert!(ended.code == 0 && ended.stdout.contains(&id), "{ended}");
}

/// An import asks what to do about a taken name, and writes nothing about it unasked.
#[tokio::test]
async fn an_import_asks_what_becomes_of_a_name_that_is_taken() {
    let stage = Stage::ready().await;
    let files = &stage.ana.world.system.files;
    let config = files.config.join("config.toml");
    stage.ana.write(
        &files.home.join(".aws/config"),
        "[profile base]\nregion = eu-west-1\ncredential_process = /usr/local/bin/keys\n\
         [profile prod-admin]\nrole_arn = arn:aws:iam::222233334444:role/mine\nsource_profile = base\n\
         [profile free]\nrole_arn = arn:aws:iam::222233334444:role/free\nsource_profile = base\n",
    );
    let read = || std::fs::read_to_string(&config).unwrap_or_default();
    let shown = stage.ana.run("setup import", &[]).await;
    assert!(shown.stderr.contains("left out  prod-admin: a role of the policy has this name"), "{shown}");
    assert!(shown.stdout.contains("[roles.free]") && !shown.stdout.contains("[roles.prod-admin"), "{shown}");
    let silent = stage.ana.run("setup import --write", &[]).await;
    assert!(
        silent.code == 0 && read().contains("[roles.free]") && !read().contains("prod-admin]"),
        "{silent}"
    );
    for (answer, wanted) in [
        ("leave", ""),
        ("prod-admin-direct", "[roles.prod-admin-direct]\napproval = \"none\"\n"),
        ("prod-admin  ", "[roles.prod-admin]\napproval = \"none\"\nshadows = true\n"),
    ] {
        std::fs::remove_file(&config).unwrap();
        let written = stage.ana.run("setup import --write", &[answer]).await;
        assert_eq!(written.code, 0, "{written}");
        let text = read();
        assert!(text.contains(wanted) && text.contains("[roles.free]"), "{answer}: {text}");
        assert_eq!(text.contains("[roles.prod-admin]"), answer == "prod-admin  ", "{text}");
        assert_eq!(stage.ana.run("roles", &[]).await.code, 0);
    }
}
