//! The whole flow by the commands that people type, with only a repository: asked, approved, used, extended, ended.

use std::time::Duration;

use super::laptop::Laptop;
use crate::forge::hub::Hub;
use crate::forge_client::stage::Person;
use crate::support::github::answer::Fault;
use crate::support::github::faults::When;

/// The number of the newest pull request.
pub fn newest(hub: &Hub) -> u64 {
    *hub.github.world().repository(hub.repository).pulls.keys().last().unwrap()
}

pub fn approve(hub: &Hub, who: &str) {
    let (client, number) = (hub.client(who), newest(hub));
    hub.wait(async {
        let head = client.pull(number).await.unwrap().head.sha;
        client.create_review(number, &head, "APPROVE", "Seen.").await.unwrap();
    });
    hub.clock.advance(Duration::from_secs(5));
}

fn extensible(hub: &Hub) {
    let mut policy = hub.policy("account", None);
    policy.retain(|path, _| path.starts_with("roles/"));
    let role = policy["roles/prod-admin.toml"]
        .replace("lease = \"15m\"", "lease = \"30m\"")
        .replace("[sandbox]", "extend = { times = 2, approval = \"1 of group:sre\" }\n[sandbox]");
    policy.insert("roles/prod-admin.toml".to_owned(), role);
    hub.write_main(&policy);
}

#[test]
fn asked_approved_used_extended_and_ended_without_a_server() {
    let hub = Hub::new();
    extensible(&hub);
    let laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    let id = ana.ask("INC-42");
    let early = ana.run("exec prod-admin -- true");
    early.failed(125, &["state=pending"]);
    approve(&hub, "bo");
    approve(&hub, "dee");
    let waited = ana.run(&format!("wait {id}"));
    assert_eq!(waited.code, 0, "{waited}");
    assert!(waited.stderr.contains("GitHub mints the credentials"), "{waited}");
    assert_eq!((laptop.runs().len(), laptop.handed_over()), (1, 0));
    // Used from the keychain, without any call.
    let runs = laptop.runs().len();
    let used = ana.run("exec prod-admin --env -- printenv");
    assert_eq!(used.code, 0, "{used}");
    let started = ana.world.processes.started.lock().unwrap().last().cloned().unwrap();
    let names: Vec<String> =
        started.environment.iter().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|name| name == "AWS_SESSION_TOKEN"), "{names:?}");
    assert_eq!(laptop.runs().len(), runs);
    assert!(ana.run("status").ok().contains("active"));
    // The extension: requested, approved, in force.
    let more = ana.run("extend prod-admin --for 30m --reason INC-43 --no-wait -y");
    let more = more.ok().to_owned();
    assert_ne!(more, id);
    approve(&hub, "cy");
    let waited = ana.run(&format!("wait {more}"));
    assert_eq!(waited.code, 0, "{waited}");
    assert!(waited.stderr.contains("GitHub records more time"), "{waited}");
    let shown = ana.show(&id);
    assert_eq!(shown["state"], "active", "{shown}");
    // Past the first end, with credentials of a new run.
    hub.clock.advance(Duration::from_secs(70 * 60));
    let late = ana.run("exec prod-admin --env -- true");
    assert_eq!(late.code, 0, "{late}");
    let ended = ana.run("end prod-admin --wait");
    assert_eq!(ended.code, 0, "{ended}");
    assert!(ended.stderr.contains("GitHub records the end"), "{ended}");
    ana.run("exec prod-admin -- true").failed(125, &["prod-admin"]);
    assert_eq!(ana.show(&id)["state"], "ended");
}

#[test]
fn an_end_that_github_does_not_hear_is_one_here() {
    let hub = Hub::new();
    let laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    let id = ana.ask("INC-42");
    approve(&hub, "bo");
    approve(&hub, "dee");
    assert_eq!(ana.run(&format!("wait {id}")).code, 0);
    hub.github.world().faults.order("POST", "/dispatches", 1, When::Before, Fault::new(403, "No"));
    let ended = ana.run("end prod-admin");
    ended.failed(
        1,
        &["is not ended yet", "the credentials on this machine are gone already", &format!("jit end {id}")],
    );
    // The prompt and `credentials` no longer know it. GitHub still does.
    ana.run("credentials prod-admin --format json").failed(5, &["no access to prod-admin is active here"]);
    assert_eq!(ana.show(&id)["state"], "active");
    assert_eq!(ana.run(&format!("end {id} --wait")).code, 0);
    assert_eq!((ana.show(&id)["state"].as_str(), laptop.handed_over()), (Some("ended"), 0));
}

#[test]
fn whoever_may_revokes_and_denies_from_the_terminal() {
    let hub = Hub::new();
    let _laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    let bo = Person::new(&hub, "bo").logged_in();
    let id = ana.ask("INC-42");
    approve(&hub, "bo");
    approve(&hub, "dee");
    assert_eq!(ana.run(&format!("wait {id}")).code, 0);
    let revoked = bo.words(&["revoke", &id, "--reason", "enough", "-y"], &[]);
    assert_eq!(revoked.code, 0, "{revoked}");
    assert!(revoked.stderr.contains("GitHub records the revocation"), "{revoked}");
    ana.run("exec prod-admin -- true").failed(125, &["revoked"]);
    let id = ana.ask("INC-43");
    let denied = bo.words(&["deny", &id, "--reason", "not today", "-y"], &[]);
    assert_eq!(denied.code, 0, "{denied}");
    assert_eq!(ana.show(&id)["state"], "denied");
    ana.run(&format!("wait {id}")).failed(5, &["was denied by bo"]);
}

#[test]
fn what_ran_out_is_closed_when_its_owner_looks() {
    let hub = Hub::new();
    let _laptop = Laptop::of(&hub, "ana");
    let ana = Person::new(&hub, "ana").logged_in();
    let bo = Person::new(&hub, "bo").logged_in();
    let id = ana.ask("INC-42");
    approve(&hub, "bo");
    approve(&hub, "dee");
    assert_eq!(ana.run(&format!("wait {id}")).code, 0);
    hub.clock.advance(Duration::from_secs(61 * 60));
    let number = newest(&hub);
    let is_open = || hub.github.world().repository(hub.repository).pulls[&number].open;
    bo.run("inbox").ok();
    assert!(is_open());
    ana.run("status").ok();
    assert!(!is_open());
    assert_eq!(ana.show(&id)["state"], "ended");
}
