//! The canary: with all logs at trace level and the whole flow executed, no secret appears anywhere but where it
//! belongs.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use jit::system::Keychain;

use super::laptop::Laptop;
use crate::forge::hub::CLOUD;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::support::watched_log;

fn files_below(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            files_below(&entry.path(), found);
        } else {
            let content = std::fs::read(entry.path()).unwrap_or_default();
            found.push((entry.path().display().to_string(), String::from_utf8_lossy(&content).into_owned()));
        }
    }
}

/// Ana logs in by the device flow, so that her token is jit's to keep.
fn by_device(hub: &Hub) -> Person {
    let ana = Person::without_token(hub, "ana");
    let config = ana.world.system.files.config.join("config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "[authority]\nclient_id = \"Iv1.abc\"\n").unwrap();
    hub.github.world().device_visitor = Some("ana".to_owned());
    ana.answering("login github:acme/access", &[""]).ok();
    ana
}

#[test]
fn no_secret_leaves_its_place_on_the_whole_way() {
    let log = watched_log::listen();
    let hub = Hub::new();
    let _runner = Laptop::of(&hub, "ana");
    let (ana, bo) = (by_device(&hub), Person::new(&hub, "bo").logged_in());
    let mut said = String::new();
    let mut secrets: BTreeSet<(&str, String)> = BTreeSet::new();
    let mut keep = |ana: &Person| {
        for item in ana.world.keychain.items() {
            let value = ana.world.keychain.get(&item).unwrap().unwrap();
            let value = String::from_utf8_lossy(value.expose()).into_owned();
            match item.split(':').next().unwrap() {
                "session" => _ = secrets.insert(("a token of GitHub", value)),
                "recipient" => {
                    _ = secrets.insert(("a recipient key", value.split(' ').next_back().unwrap().to_owned()));
                }
                "lease" => {
                    let lease: serde_json::Value = serde_json::from_str(&value).unwrap();
                    for member in ["secret_access_key", "session_token"] {
                        let value = lease["credentials"][member].as_str().unwrap().to_owned();
                        secrets.insert(("credentials", value));
                    }
                }
                other => panic!("{other}"),
            }
        }
    };
    let id = ana.ask("INC-42");
    keep(&ana);
    // A pull request that is not a request causes a line in the log.
    let eve = hub.id("cy");
    let wrong = ("requests/7F3KQ2M8ZD.json", Some("{}"));
    hub.github.world().write(hub.repository, "jit/7F3KQ2M8ZD", eve, &[wrong]);
    hub.wait(hub.client("cy").create_pull("x", "jit/7F3KQ2M8ZD", "main", "")).unwrap();
    said.push_str(&bo.run("inbox").to_string());
    for line in ["show ID", "exec prod-admin -- true", "approve ID -y", "status --json", "whoami"] {
        said.push_str(&ana.run(&line.replace("ID", &id)).to_string());
    }
    let number = *hub.github.world().repository(hub.repository).pulls.keys().next().unwrap();
    said.push_str(&bo.words(&["approve", &id, "-y"], &[]).to_string());
    let dee = hub.client("dee");
    hub.wait(async {
        let head = dee.pull(number).await.unwrap().head.sha;
        dee.create_review(number, &head, "APPROVE", "Seen.").await.unwrap();
    });
    let got = ana.run(&format!("wait {id}"));
    got.ok();
    said.push_str(&got.to_string());
    keep(&ana);
    let used = ana.run("exec prod-admin --env -- printenv");
    used.ok();
    said.push_str(&used.to_string());
    // New credentials, failures, and the end.
    hub.clock.advance(Duration::from_secs(10 * 60));
    for line in
        ["exec prod-admin --env -- true", "show ID --json", "audit list", "audit list --json", "doctor"]
    {
        said.push_str(&ana.run(&line.replace("ID", &id)).to_string());
        keep(&ana);
    }
    let revoked = bo.words(&["revoke", &id, "--reason", "enough"], &[]);
    said.push_str(&revoked.to_string());
    for line in ["exec prod-admin -- true", "wait ID", "end ID", "status"] {
        said.push_str(&ana.run(&line.replace("ID", &id)).to_string());
        keep(&ana);
    }
    // The calls made and output shown on the way, by people and by jobs.
    let sent = hub.http.sent();
    for request in &sent {
        let shown = request.headers.iter().find(|(name, _)| name == "authorization");
        let bearer = shown.and_then(|(_, value)| value.strip_prefix("Bearer "));
        if let Some(bearer) = bearer.filter(|_| request.url.starts_with("https://api.github.com/")) {
            secrets.insert(("a token of GitHub", bearer.to_owned()));
        }
        for (name, value) in url::form_urlencoded::parse(&request.body) {
            if name == "WebIdentityToken" {
                secrets.insert(("a web identity token", value.into_owned()));
            }
        }
    }
    secrets.insert(("the log's key", hub.key.expose().clone()));
    for what in ["a token of GitHub", "a recipient key", "credentials", "a web identity token"] {
        assert!(secrets.iter().any(|(found, _)| *found == what), "{what}");
    }
    ana.run("logout").ok();

    let mut places = vec![("a terminal".to_owned(), said)];
    for person in [&ana, &bo] {
        files_below(&person.world.system.files.working, &mut places);
        for command in person.world.processes.started.lock().unwrap().iter() {
            places.push(("the words of a process".to_owned(), format!("{:?}", command.arguments)));
        }
    }
    let log = log.text();
    assert!(log.contains("a pull request is left out"), "the log was on: {log}");
    places.push(("the log".to_owned(), log));
    let world = hub.github.world();
    for run in world.runs.values() {
        for job in &run.jobs {
            places.push((format!("the log of {}", job.key), job.log.clone()));
        }
    }
    drop(world);
    for (what, secret) in &secrets {
        assert!(secret.len() >= 16, "{what} is worth looking for");
        for (place, text) in &places {
            assert!(!text.contains(secret.as_str()), "{what} is in {place}");
        }
        for request in &sent {
            let to = request.url.split('?').next().unwrap();
            let encoded: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let holds = |text: &str| text.contains(secret.as_str()) || text.contains(&encoded);
            assert!(!holds(&request.url), "{what} is in the address {to}");
            // The cloud gets what belongs there: the token that it exchanges, and credentials that prove themselves.
            let at_home = to.starts_with(CLOUD) && matches!(*what, "credentials" | "a web identity token");
            assert!(at_home || !holds(&String::from_utf8_lossy(&request.body)), "{what} is sent to {to}");
            let shown: Vec<&String> =
                request.headers.iter().filter(|(_, value)| holds(value)).map(|(name, _)| name).collect();
            let is_token = *what == "a token of GitHub"
                && to.starts_with("https://api.github.com/")
                && shown.iter().all(|name| *name == "authorization");
            assert!(at_home || is_token || shown.is_empty(), "{what} is shown to {to}: {shown:?}");
        }
    }
    // The command itself got credentials, and none of jit's own secrets.
    let started = ana.world.processes.started.lock().unwrap();
    let commands: Vec<_> = started.iter().filter(|command| command.program != "gh").collect();
    assert!(!commands.is_empty());
    for command in commands {
        for (name, value) in command.environment.iter() {
            let value = value.to_string_lossy();
            let own = secrets.iter().filter(|(what, _)| *what != "credentials");
            for (what, secret) in own {
                assert!(!value.contains(secret.as_str()), "{what} is in {name:?} of {:?}", command.program);
            }
        }
    }
}
