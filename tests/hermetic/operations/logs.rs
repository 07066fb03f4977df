//! `jit serve --log-format json`: every line that the broker says is one object, from its start to its end.

use std::sync::Arc;

use jit::system::fake::FakeClock;
use serde_json::Value;
use serde_json::json;

use crate::cli::first_broker::Running;
use crate::cli::first_broker::move_sandbox;
use crate::cli::first_broker::person;
use crate::cli::first_broker::policy;
use crate::cli::first_broker::port;
use crate::cli::stage::Person;

async fn operator() -> Arc<Person> {
    let clock = FakeClock::at("2026-11-23T10:00:00Z");
    let lead = Arc::new(person(1, &clock));
    assert_eq!(lead.run("policy init access --as lead", &[]).await.code, 0);
    lead
}

/// The lines of a log, each of which must be an object with the five members.
fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| {
            let object: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let mut members: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            assert_eq!(members, ["fields", "level", "message", "target", "time"], "{line}");
            assert_eq!(object["time"], "2026-11-23T10:00:00.000000Z", "{line}");
            object
        })
        .collect()
}

#[tokio::test]
async fn a_start_and_a_stop_are_objects_with_fields() {
    let lead = operator().await;
    let cloud = move_sandbox(&lead);
    let folder = policy(&lead).display().to_string();
    let (listen, metrics) = (format!("127.0.0.1:{}", port()), format!("127.0.0.1:{}", port()));
    let line =
        format!("serve --policy {folder} --sandbox --listen {listen} --metrics {metrics} --log-format json");
    let running = Running::start(&lead, &line).await.unwrap_or_else(|shot| panic!("{shot}"));
    let stopped = running.stop().await;
    assert_eq!(stopped.code, 0, "{stopped}");
    let said = lines(&stopped.stderr);
    let first = &said[0];
    assert_eq!(first["message"], format!("the broker listens on {listen}"), "{first}");
    let told = &first["fields"];
    assert_eq!((&told["people"], &told["roles"]), (&json!(1), &json!(2)), "{first}");
    assert_eq!((&told["policy"], &told["metrics"]), (&json!(folder), &json!(metrics)), "{first}");
    assert_eq!(told["sandbox"], json!(format!("127.0.0.1:{cloud}")), "{first}");
    let note = said.iter().find(|line| line["level"] == "WARN").unwrap();
    assert!(note["message"].as_str().unwrap().starts_with("clouds cannot verify"), "{note}");
    assert_eq!(said.last().unwrap()["message"], "the broker has stopped");
}

/// A failure is one line too, wherever the form was asked for: by the flag, by the file, or beside a mistake in the line.
#[tokio::test]
async fn a_failure_is_one_object_with_its_causes_and_hints() {
    let lead = operator().await;
    let folder = policy(&lead).display().to_string();
    std::fs::write(policy(&lead).join("people.toml"), "zzz = 1\n").unwrap();
    let settings = lead.world.system.files.working.join("broker.toml");
    std::fs::write(&settings, format!("policy = \"{folder}\"\nlog_format = \"json\"\n")).unwrap();
    for (line, code, message, hint) in [
        ("serve --config broker.toml --check".to_owned(), 1, "the policy does not load", "jit policy check"),
        (
            format!("serve --policy {folder} --listen 127.0.0.1:0 --log-format json"),
            1,
            "the broker does not start",
            "jit policy check",
        ),
        (
            format!("serve --policy {folder} --listen 0.0.0.0:1 --log-format=json"),
            2,
            "cannot be the broker's address",
            "--url https",
        ),
        ("serve --log-format json".to_owned(), 2, "no policy is named", "--policy DIR"),
    ] {
        let shot = lead.run(&line, &[]).await;
        let said = lines(&shot.stderr);
        assert!(shot.code == code && said.len() == 1, "{line}: {shot}");
        assert_eq!((&said[0]["level"], &said[0]["target"]), (&json!("ERROR"), &json!("jit::serve")));
        assert!(said[0]["message"].as_str().unwrap().contains(message), "{line}: {shot}");
        assert!(said[0]["fields"]["hints"].to_string().contains(hint), "{line}: {shot}");
    }
    let shot = lead.run("serve --log-format json --listen nowhere", &[]).await;
    let said = lines(&shot.stderr);
    assert!(
        shot.code == 2 && said.len() == 1 && said[0]["message"].to_string().contains("nowhere"),
        "{shot}"
    );
    // A flag beats the file here too.
    let shot = lead.run("serve --config broker.toml --check --log-format text", &[]).await;
    assert!(shot.stderr.starts_with("error: the policy does not load\n"), "{shot}");
}
