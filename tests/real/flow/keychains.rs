//! The named fall-backs: a file with a passphrase, typed on a terminal, and none at all.

use std::collections::BTreeMap;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::peers::broker::JIT;
use crate::peers::moto::Moto;
use crate::peers::person::Person;
use crate::peers::person::Signs;
use crate::peers::person::files_below;
use crate::peers::script::ask;
use crate::peers::team::Team;

const PASSPHRASE: &str = "correct horse battery staple";

/// Runs `jit` on a terminal, where it may ask.
fn on_terminal(person: &Person, words: &[&str], dialogue: &[(&str, &str)]) -> Value {
    typed_ahead(person, words, "", dialogue)
}

/// The same, with text that is typed before the program starts.
pub fn typed_ahead(person: &Person, words: &[&str], ahead: &str, dialogue: &[(&str, &str)]) -> Value {
    let command = person.jit(words);
    let environment: BTreeMap<_, _> = command
        .get_envs()
        .map(|(name, value)| (name.to_str().unwrap(), value.unwrap().to_str().unwrap()))
        .collect();
    let words = [&[JIT], words].concat();
    ask(
        "on_terminal.py",
        &json!({"words": words, "environment": environment, "folder": person.home, "dialogue": dialogue, "ahead": ahead}),
    )
}

#[test]
fn a_file_keeps_it_behind_a_passphrase() {
    let mut team = Team::new();
    let _cloud = team.add_sandbox(None);
    team.broker.start();
    team.bo.log_in(&team.broker.url);
    let ana = &team.ana;
    let line = format!("{PASSPHRASE}\r");
    let login = ["login", &team.broker.url, "--as", "ana", "--keychain", "file"];
    let chosen = [("Choose a passphrase", line.as_str()), ("same passphrase again", &line)];
    let done = on_terminal(ana, &login, &chosen);
    assert_eq!((&done["code"], &done["unanswered"]), (&json!(0), &json!([])), "{done}");

    // Without a terminal, nothing is asked and nothing is stored elsewhere.
    let silent = ana.run(&["request", "orders-admin", "--reason", "INC-42", "--no-wait", "-y"]);
    assert_eq!(silent.code, 1, "{silent:?}");
    assert!(silent.stderr.contains("hint: "), "{silent:?}");

    let open = ("Passphrase of jit's keychain file", line.as_str());
    let words = ["request", "orders-admin", "--reason", "INC-42", "--no-wait", "-y"];
    let asked = on_terminal(ana, &words, &[open]);
    assert_eq!(asked["code"], 0, "{asked}");
    let inbox: Value = serde_json::from_str(&team.bo.run(&["inbox", "--json"]).ok()).unwrap();
    let id = inbox[0]["id"].as_str().unwrap();
    team.bo.approve(id);
    let wrong = ("Passphrase of jit's keychain file", "wrong\r");
    let used = on_terminal(ana, &["exec", "orders-admin", "--", "env"], &[wrong, open]);
    assert_eq!(used["code"], 0, "{used}");
    let text = used["text"].as_str().unwrap();
    assert!(text.contains("AWS_SESSION_TOKEN="), "{used}");
    let secret = text.split("AWS_SECRET_ACCESS_KEY=").nth(1).unwrap().lines().next().unwrap();
    let kept = files_below(&ana.home);
    assert!(kept.iter().any(|(path, _)| path.ends_with("keychain.age")));
    for (path, content) in kept {
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains(secret) && !content.contains(PASSPHRASE), "{}", path.display());
    }
    let refused = on_terminal(ana, &["exec", "orders-admin", "--", "true"], &[wrong, wrong, wrong]);
    assert_eq!(refused["code"], 125, "{refused}");
    // The desktop's keyring was not used.
    assert_eq!(ana.keyring.lookup(&format!("session:{}", team.broker.url)), None);
}

#[test]
fn ctrl_c_at_a_prompt_sends_nothing() {
    let (team, _cloud) = Team::with_sandbox();
    let words = ["request", "orders-admin", "--reason", "INC-42", "--no-wait"];
    let stopped = on_terminal(&team.ana, &words, &[("Ask for orders-admin, 1h?", "\u{3}")]);
    assert_ne!(stopped["code"], 0, "{stopped}");
    let denied = on_terminal(&team.ana, &words, &[("Ask for orders-admin, 1h?", "n\r")]);
    assert_ne!(denied["code"], 0, "{denied}");
    assert_eq!(team.broker.changes(), Vec::<String>::new());
    let id = team.ana.ask("orders-admin");
    let stopped = on_terminal(&team.bo, &["approve", &id], &[("Approve", "\u{3}")]);
    assert_ne!(stopped["code"], 0, "{stopped}");
    assert_eq!(team.broker.changes(), ["requested"]);
}

#[test]
fn none_keeps_nothing() {
    let mut team = Team::new();
    let _cloud = team.add_sandbox(None);
    team.broker.start();
    let ana = &team.ana;
    ana.run(&["login", &team.broker.url, "--as", "ana", "--keychain", "none"]).ok();
    // Each command logs in by itself, with the key in the agent.
    assert!(ana.run(&["whoami"]).ok().contains("ana"));
    assert_eq!(ana.keyring.lookup(&format!("session:{}", team.broker.url)), None);
    for (path, content) in files_below(&ana.home) {
        assert!(!String::from_utf8_lossy(&content).contains("token"), "{}", path.display());
    }
}

/// Terraform and IDEs start many processes at once. All of them get the same credentials from one gnome-keyring.
#[test]
fn sixty_credentials_at_once_all_answer() {
    let (team, _cloud) = Team::with_sandbox();
    team.grant("orders-admin");
    team.ana.run(&["exec", "orders-admin", "--", "true"]).ok();
    let started: Vec<_> = (0..60)
        .map(|_| {
            let mut command = team.ana.jit(&["credentials", "orders-admin", "--format", "aws"]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut keys = std::collections::BTreeSet::new();
    for child in started {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        keys.insert(document["AccessKeyId"].as_str().unwrap().to_owned());
    }
    assert_eq!(keys.len(), 1, "{keys:?}");
}

/// If the session has expired meanwhile, one of them logs in for all.
#[test]
fn many_commands_whose_session_is_gone_log_in_once() {
    let (team, _cloud) = Team::with_sandbox();
    team.ana.keyring.remove(&format!("session:{}", team.broker.url));
    let started: Vec<_> = (0..20)
        .map(|_| {
            let mut command = team.ana.jit(&["roles"]);
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut said = 0;
    for child in started {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        said += usize::from(stderr.contains("logged in again as ana"));
    }
    assert_eq!(said, 1, "the others found the new session");
}

/// A session of a direct role is also stored before any login, shown, used again and ended.
#[test]
fn a_direct_role_before_any_login_is_kept_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let ana = Person::new(folder.path(), "ana", Signs::File);
    let moto = Moto::start(folder.path());
    std::fs::create_dir_all(ana.home.join("config")).unwrap();
    let config = format!(
        "[roles.dev]\napproval = \"none\"\n[roles.dev.aws]\nrole_arn = \"arn:aws:iam::111122223333:role/dev\"\n\
         region = \"eu-west-1\"\nendpoint_url = \"{}\"\n",
        moto.endpoint
    );
    std::fs::write(ana.home.join("config/config.toml"), config).unwrap();
    ana.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    ana.set("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let key = || {
        let ended = ana.run(&["exec", "dev", "--", "sh", "-c", "echo $AWS_ACCESS_KEY_ID"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        (ended.stdout.trim().to_owned(), ended.stderr)
    };
    let (first, said) = key();
    assert!(said.contains("note: credentials are kept in the keychain `os` from now on"), "{said}");
    let (second, said) = key();
    assert_eq!(first, second, "the session at hand is used again");
    assert!(!said.contains("keychain"), "{said}");
    let status = ana.run(&["status"]);
    assert!(status.stdout.contains("dev") && status.stdout.contains("active"), "{status:?}");
    let ended = ana.run(&["end", "dev"]);
    assert!(ended.code == 0 && !ended.stderr.contains("keychain"), "{ended:?}");
    assert_eq!(ana.run(&["status"]).stdout, "");
    // Another keychain can be chosen without a broker.
    let chosen = ana.run(&["login", "--keychain", "none"]);
    assert!(chosen.code == 0 && chosen.stdout.contains("keychain `none`"), "{chosen:?}");
    assert_ne!(key().0, key().0, "nothing is kept");
}
