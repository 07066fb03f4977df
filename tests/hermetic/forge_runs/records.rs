//! The log on `jit-log`, read from a terminal, and attacks by somebody who can write that branch.

use jit::authority::Authority;

use super::laptop::Laptop;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;

#[test]
fn the_log_is_read_whole_or_not_at_all() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let first = hub.approved(1);
    laptop.lease(&first, None).unwrap();
    let ana = Person::new(&hub, "ana").logged_in();
    let shown = ana.run("audit list");
    let lines = shown.ok().to_owned();
    for words in
        ["ana asks for prod-admin", "approved for", "active until", "credentials 1 handed out", "run "]
    {
        assert!(lines.contains(words), "{words}: {lines}");
    }
    let whole = ana.run("audit list --json");
    let whole: Vec<serde_json::Value> = serde_json::from_str(whole.ok()).unwrap();
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0]["event"]["action"], "mint");
    hub.wait(laptop.authority.end(&first.digest.request_id(), true)).unwrap();
    let second = hub.approved(2);
    laptop.lease(&second, None).unwrap();
    assert_eq!(ana.run("audit list").ok().matches("asks for prod-admin").count(), 2);
    let one = ana.run(&format!("audit list {}", first.digest.request_id()));
    assert_eq!(one.ok().matches("asks for prod-admin").count(), 1);

    // An attacker who can write the branch deletes, truncates, changes or doubles events of one request. Nothing is
    // shown, not even of the other request, although each remaining event verifies by itself.
    let id = first.digest.request_id();
    let path = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
    let tip = hub.tip("jit-log");
    let lines = hub.github.world().file(hub.repository, &tip, &path).unwrap();
    let olga = hub.id("olga");
    let put = |text: Option<&str>| {
        hub.github.world().write(hub.repository, "jit-log", olga, &[(&path, text)]);
    };
    let doubled = format!("{lines}{lines}");
    let changed = lines.replacen("\\\"mint\\\"", "\\\"end\\\"", 1);
    assert_ne!(changed, lines);
    for text in [None, Some(""), Some(doubled.as_str()), Some(changed.as_str())] {
        put(text);
        let refused = ana.run("audit list");
        assert_ne!(refused.code, 0, "{text:?}: {}", refused.stdout);
        assert_eq!(refused.stdout, "", "{text:?}");
        put(Some(&lines));
    }
    assert_eq!(ana.run("audit list").ok().matches("asks for prod-admin").count(), 2);
    // The newest event is deleted: the rest is a valid chain by itself, but not the one that the index ends.
    let id = second.digest.request_id();
    let path = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
    hub.github.world().write(hub.repository, "jit-log", olga, &[(&path, None)]);
    let refused = ana.run("audit list");
    assert!(refused.code != 0 && refused.stdout.is_empty(), "{refused}");
}

#[test]
fn a_log_that_was_put_back_is_not_shown_as_the_log() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let asked = hub.approved(1);
    laptop.lease(&asked, None).unwrap();
    let ana = Person::new(&hub, "ana").logged_in();
    let id = asked.digest.request_id();
    let events = format!("requests/{}/{id}.jsonl", &id.as_str()[..2]);
    let old = |path: &str| {
        let tip = hub.tip("jit-log");
        hub.github.world().file(hub.repository, &tip, path).unwrap()
    };
    let before = [("index.json", old("index.json")), (events.as_str(), old(&events))];
    hub.wait(laptop.authority.end(&id, true)).unwrap();
    assert!(ana.run("audit list").ok().contains("ended by ana"));
    // Complete and signed, and older than what this machine has seen.
    let olga = hub.id("olga");
    for (path, text) in &before {
        hub.github.world().write(hub.repository, "jit-log", olga, &[(path, Some(text))]);
    }
    let refused = ana.run("audit list");
    assert_eq!(refused.stdout, "");
    assert!(refused.stderr.contains("was shortened or replaced"), "{refused}");
}

#[test]
fn a_log_that_was_put_back_is_no_log_to_whoever_saw_more() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let genesis = hub.tip("jit-log");
    laptop.lease(&hub.approved(1), None).unwrap();
    let (ana, bo) = (Person::new(&hub, "ana").logged_in(), Person::new(&hub, "bo").logged_in());
    ana.run("audit list").ok();
    // Complete, signed and in order: only a client that has seen the later events can know.
    let back = |commit: &str| {
        let mut world = hub.github.world();
        world.repository_mut(hub.repository).refs.insert("refs/heads/jit-log".to_owned(), commit.to_owned());
    };
    back(&genesis);
    ana.run("audit list").failed(1, &["the log does not contain event 1, which was seen before"]);
    assert!(bo.run("audit list").stderr.contains("the log has no events yet"));
}

/// A report of a repository's log, from the branch and from its export, and none of a log that does not verify.
#[test]
fn a_repository_is_reported_like_a_broker() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let asked = hub.approved(1);
    laptop.lease(&asked, None).unwrap();
    let id = asked.digest.request_id();
    hub.wait(laptop.authority.end(&id, true)).unwrap();
    let ana = Person::new(&hub, "ana").logged_in();
    let online = ana.run("report --json");
    let online: serde_json::Value = serde_json::from_str(online.ok()).unwrap();
    let row = &online["requests"][0];
    assert_eq!(row["request"], id.as_str());
    assert_eq!((row["decision"].as_str(), row["credentials"].as_u64()), (Some("approved"), Some(1)), "{row}");
    assert_eq!((row["person"].as_str(), row["stopped_by"].as_str()), (Some("ana"), Some("ana")), "{row}");
    assert!(!row["agreed"].as_array().unwrap().is_empty(), "{row}");
    // A review by account has no signature, and the report says so.
    assert_eq!(row["reviews"].as_array().unwrap().len(), 0, "{row}");
    assert!(online["not_verified"].to_string().contains("the forge's word alone"), "{online}");
    assert!(online["verified"][0].as_str().unwrap().contains("the workflow's key signed each"), "{online}");
    assert!(online["not_verified"].to_string().contains("a repository's log begins a request"), "{online}");

    let working = &ana.world.system.files.working;
    std::fs::create_dir_all(working).unwrap();
    let exported = ana.run("audit list --all --json").ok().to_owned();
    std::fs::write(working.join("log.json"), &exported).unwrap();
    let offline = ana.run("report --log log.json --json");
    let offline: serde_json::Value = serde_json::from_str(offline.ok()).unwrap();
    for member in ["totals", "requests", "log", "approved_alone"] {
        assert_eq!(online[member], offline[member], "{member}");
    }
    assert!(offline["not_verified"].to_string().contains("no signatures of events"), "{offline}");
    let changed = exported.replacen("\"ended\"", "\"revoked\"", 1);
    assert_ne!(changed, exported);
    std::fs::write(working.join("log.json"), changed).unwrap();
    ana.run("report --log log.json").failed(1, &["nothing is reported"]);
}
