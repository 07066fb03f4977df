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
    hub.wait(laptop.authority.end(&first.digest.request_id())).unwrap();
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
    hub.wait(laptop.authority.end(&id)).unwrap();
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
