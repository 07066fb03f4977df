//! Access for one command on a real terminal, in a real repository of git: asked for, read, approved, used once.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use serde_json::json;

use crate::flow::keychains::typed_ahead;
use crate::peers::person::Person;
use crate::peers::script::run;
use crate::peers::team::Team;
use crate::shells::terminal::wait_until;

fn git(folder: &Path, words: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", folder);
    command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.com"]).args(words);
    run(&mut command, b"").ok().trim().to_owned()
}

/// The requests that wait for a person.
fn inbox(person: &Person) -> Vec<Value> {
    serde_json::from_str(&person.run(&["inbox", "--json"]).ok()).unwrap()
}

/// The repository is somebody else's as far as jit knows: nothing that it configures may run.
#[test]
fn exec_with_bind_asks_waits_and_runs_it_once() {
    let (team, _cloud) = Team::with_sandbox();
    let home = &team.ana.home;
    git(home, &["init", "-q"]);
    fs::write(home.join("plan.txt"), "the plan\n").unwrap();
    git(home, &["add", "plan.txt"]);
    git(home, &["commit", "-q", "-m", "plan"]);
    let head = git(home, &["rev-parse", "HEAD"]);
    let marker = home.join("ran-by-git");
    let touch = format!("touch {}", marker.display());
    for setting in ["core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "alias.rev-parse"] {
        let value = if setting.starts_with("alias") { format!("!{touch}") } else { touch.clone() };
        git(home, &["config", setting, &value]);
    }
    let words = ["exec", "orders-admin", "--bind", "--file", "plan.txt", "--", "cat", "plan.txt"];
    let dialogue = [("Reason", "INC-42 apply it\r"), ("Ask for orders-admin", "y\r")];
    let ended = std::thread::scope(|scope| {
        let ana = scope.spawn(|| typed_ahead(&team.ana, &words, "", &dialogue));
        wait_until(|| !inbox(&team.bo).is_empty() || ana.is_finished(), || "the request".to_owned());
        if let Some(id) =
            inbox(&team.bo).first().and_then(|request| request["id"].as_str().map(str::to_owned))
        {
            let shown = team.bo.run(&["show", &id]).ok();
            for line in [
                "  runs    | cat plan.txt\n".to_owned(),
                "  files   | plan.txt\n".to_owned(),
                format!("  commit  | {head}\n"),
            ] {
                assert!(shown.contains(&line), "{line}: {shown}");
            }
            team.bo.approve(&id);
        }
        ana.join().unwrap()
    });
    assert_eq!((&ended["code"], &ended["unanswered"]), (&json!(0), &json!([])), "{ended}");
    assert!(ended["text"].as_str().unwrap().contains("the plan"), "{ended}");
    assert!(!marker.exists(), "git ran a program of the repository");
}
