//! `jit serve --config`: every flag has a key, flags win, and a file that others may write is not read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use jit::broker::settings_file::SettingsFile;
use jit::broker::settings_file::keys::KEYS;
use jit::system::fake::FakeClock;
use jit::system::fake::FakeHttp;

use crate::cli::stage::Person;
use crate::cli::stage::Shot;

const EXAMPLE: &str = include_str!("../../../docs/examples/broker.toml");

/// An operator with a policy in the folder `access`.
async fn operator() -> Person {
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let person = Person::new(1, &clock, &FakeHttp::default());
    assert_eq!(person.run("policy init access --as lead", &[]).await.code, 0);
    person
}

/// Writes the settings file, for its owner alone.
fn write(person: &Person, text: &str) {
    let path = person.world.system.files.working.join("broker.toml");
    fs::write(&path, text).unwrap();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
}

async fn checked(person: &Person, text: &str, flags: &str) -> Shot {
    write(person, text);
    person.run(&format!("serve --config broker.toml --check {flags}"), &[]).await
}

/// The flags that steer the command itself, and so belong in no file.
const OF_THE_COMMAND: [&str; 4] = ["config", "check", "help", "color"];

#[test]
fn every_flag_has_a_key_and_every_key_a_flag() {
    let command = jit::cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let flags: BTreeSet<&str> = serve
        .get_arguments()
        .filter_map(clap::Arg::get_long)
        .filter(|flag| !OF_THE_COMMAND.contains(flag))
        .collect();
    let keys: BTreeSet<&str> = KEYS.iter().map(|key| key.flag).filter(|flag| !flag.is_empty()).collect();
    assert_eq!(
        flags, keys,
        "left the flags of `jit serve`, right those of the keys in broker/settings_file/keys.rs"
    );
    for key in KEYS.iter().filter(|key| key.flag.is_empty()) {
        assert!(key.name.ends_with("_env"), "{}: only another source of a secret has no flag", key.name);
    }
}

/// Each key is in the committed example, as it is or behind a `#`, and every line of it parses.
#[test]
fn the_example_names_every_key_and_parses() {
    let path = Path::new("/etc/jit/broker.toml");
    SettingsFile::parse(path, EXAMPLE).unwrap();
    for key in KEYS {
        let lines: Vec<&str> = EXAMPLE
            .lines()
            .map(|line| line.trim_start_matches("# "))
            .filter(|line| line.starts_with(&format!("{} = ", key.name)))
            .collect();
        assert!(!lines.is_empty(), "{} is not in docs/examples/broker.toml", key.name);
        for line in lines {
            SettingsFile::parse(path, line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}

#[tokio::test]
async fn flags_win_over_the_file_and_paths_start_from_the_file() {
    let person = operator().await;
    let folder = person.world.system.files.working.join("settings");
    fs::create_dir_all(&folder).unwrap();
    let text = "policy = \"../access\"\nlisten = \"127.0.0.1:1001\"\nurl = \"https://file.example.com\"\ndata = \"d\"\n";
    fs::write(folder.join("broker.toml"), text).unwrap();
    let shot = person.run("serve --config settings/broker.toml --check", &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    for told in [
        "policy   ../access: ",
        "1 person, 2 roles",
        "url      https://file.example.com",
        "listen   127.0.0.1:1001",
    ] {
        assert!(shot.stderr.contains(told), "{told}: {shot}");
    }
    let data = folder.join("d");
    assert!(shot.stderr.contains(&format!("data     {}; keys in", data.display())), "{shot}");
    assert!(!data.exists(), "a check makes no folder");
    let line = "serve --config settings/broker.toml --check --listen 127.0.0.1:2002 --url https://flag.example.com --data e";
    let shot = person.run(line, &[]).await;
    assert_eq!(shot.code, 0, "{shot}");
    for told in ["url      https://flag.example.com", "listen   127.0.0.1:2002", "data     e; keys in"] {
        assert!(shot.stderr.contains(told), "{told}: {shot}");
    }
}

/// A switch that the file turns on can be turned off by its flag.
#[tokio::test]
async fn a_flag_turns_a_switch_of_the_file_off() {
    let person = operator().await;
    let text = "policy = \"access\"\nlisten = \"0.0.0.0:1001\"\nurl = \"https://a.example.com\"\nbehind_tls_proxy = true\n";
    assert_eq!(checked(&person, text, "").await.code, 0);
    let shot = checked(&person, text, "--behind-tls-proxy=false").await;
    assert!(shot.code == 2 && shot.stderr.contains("can be reached from other machines"), "{shot}");
    let shot = checked(&person, &text.replace("true", "false"), "--behind-tls-proxy").await;
    assert_eq!(shot.code, 0, "{shot}");
}

#[tokio::test]
async fn a_mistake_is_named_with_its_place_and_the_nearest_key() {
    let person = operator().await;
    let shot = checked(&person, "policy = \"access\"\nlistn = \"127.0.0.1:1\"\n", "").await;
    assert_eq!(shot.code, 1, "{shot}");
    assert!(shot.stderr.contains("broker.toml:2:1: there is no key \"listn\""), "{shot}");
    assert!(shot.stderr.contains("hint: did you mean listen?"), "{shot}");
    let shot = checked(&person, "policy_hook_secret = \"canary-secret\"\n", "").await;
    assert!(shot.code == 1 && shot.stderr.contains("a secret is never written here"), "{shot}");
    let shot = checked(&person, "listen = \"127.0.0.1:1001\"\n", "").await;
    assert!(shot.code == 2 && shot.stderr.contains("write `policy = \"…\"` into"), "{shot}");
    let shot = person.run("serve --check", &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("--config FILE"), "{shot}");
    let shot = person.run("serve --config none.toml --check", &[]).await;
    assert!(shot.code == 1 && shot.stderr.contains("none.toml"), "{shot}");
    fs::write(person.world.system.files.working.join("access/people.toml"), "zzz = 1\n").unwrap();
    let shot = checked(&person, "policy = \"access\"\n", "").await;
    assert!(shot.code == 1 && shot.stderr.contains("the policy does not load"), "{shot}");
}

/// The broker's own tokens for clusters are read at the start, and compared with the roles.
#[tokio::test]
async fn a_token_for_a_cluster_that_is_missing_or_unneeded_is_said_at_the_start() {
    let person = operator().await;
    let working = person.world.system.files.working.clone();
    let line = "serve --policy access --check --kubernetes https://k8s.example.com=own-token";
    let shot = person.run(line, &[]).await;
    assert!(
        shot.code == 2
            && shot.stderr.contains("https://k8s.example.com cannot be read: there is no such file"),
        "{shot}"
    );
    assert!(shot.stderr.contains("hint: write SERVER=FILE"), "{shot}");
    let text = "policy = \"access\"\nkubernetes = [\"https://k8s.example.com=own-token\"]\n";
    let shot = checked(&person, text, "").await;
    assert!(shot.code == 2 && shot.stderr.contains("there is no such file"), "{shot}");
    fs::write(working.join("own-token"), "two words").unwrap();
    let shot = person.run(line, &[]).await;
    assert!(shot.code == 2 && shot.stderr.contains("it is not one token"), "{shot}");
    assert!(!shot.stderr.contains("two words"), "{shot}");

    fs::write(working.join("own-token"), "the.brokers.own\n").unwrap();
    let shot = person.run(line, &[]).await;
    assert!(
        shot.code == 0
            && shot.stderr.contains("note: no role opens a service account at https://k8s.example.com"),
        "{shot}"
    );
    let role = "requesters = []\napproval = \"none\"\n[kubernetes]\nserver = \"https://k8s.example.com\"\n\
                namespace = \"apps\"\nservice_account = \"deployer\"\n";
    fs::write(working.join("access/roles/deploy.toml"), role).unwrap();
    let shot = person.run(line, &[]).await;
    assert!(shot.code == 0 && !shot.stderr.contains("note: "), "{shot}");
    for (other, said) in [
        ("https://k8s.example.com.", "roles name it https://k8s.example.com: write it so"),
        ("https://k8s.example.org", "check its address"),
    ] {
        let shot = person.run(&line.replace("https://k8s.example.com", other), &[]).await;
        assert!(shot.code == 0 && shot.stderr.contains(said), "{shot}");
        let lacking = "so nobody gets the role deploy: add `--kubernetes https://k8s.example.com=FILE`";
        assert!(shot.stderr.contains(lacking), "{shot}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let person = operator().await;
    let text = "policy = \"access\"\n";
    assert_eq!(checked(&person, text, "").await.code, 0);
    let path = person.world.system.files.working.join("broker.toml");
    for mode in [0o664, 0o646] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        for line in ["serve --config broker.toml --check", "serve --config broker.toml --listen 127.0.0.1:0"]
        {
            let shot = person.run(line, &[]).await;
            assert!(shot.code == 1 && shot.stderr.contains("others may write it"), "{shot}");
        }
    }
}

#[tokio::test]
async fn the_secret_of_the_webhook_comes_from_where_the_file_says() {
    let mut person = operator().await;
    let secret = "canary-0123456789abcdef0123456789abcdef";
    let text = "policy = \"access\"\npolicy_hook_secret_env = \"HOOK\"\n";
    let shot = checked(&person, text, "").await;
    assert!(shot.code == 2 && shot.stderr.contains("the environment has no variable HOOK"), "{shot}");
    person.world.system.environment.set("HOOK", secret);
    assert_eq!(checked(&person, text, "").await.code, 0);
    person.world.system.environment.set("HOOK", "canary");
    let shot = checked(&person, text, "").await;
    assert!(
        shot.code == 2 && shot.stderr.contains("the secret of the policy's webhook cannot be used"),
        "{shot}"
    );
    fs::write(person.world.system.files.working.join("hook"), secret).unwrap();
    let from_file = "policy = \"access\"\npolicy_hook_secret_file = \"hook\"\n";
    assert_eq!(checked(&person, from_file, "").await.code, 0);
    let shot = checked(&person, &from_file.replace("\"hook\"", "\"none\""), "").await;
    assert!(shot.code == 2 && shot.stderr.contains("there is no such file"), "{shot}");
    assert_eq!(
        checked(&person, &from_file.replace("\"hook\"", "\"none\""), "--policy-hook-secret hook").await.code,
        0
    );
}

/// The schema lists the keys that the parser knows, and `jit policy schema` prints it.
#[tokio::test]
async fn the_schema_knows_the_keys_that_the_parser_knows() {
    let person = operator().await;
    let shot = person.run("policy schema broker", &[]).await;
    assert_eq!(shot.stdout, jit::broker::settings_file::schema().text, "{shot}");
    let schema: serde_json::Value = serde_json::from_str(&shot.stdout).unwrap();
    let listed: BTreeSet<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(listed, KEYS.iter().map(|key| key.name).collect());
}
