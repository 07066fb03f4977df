//! An ended grant appears nowhere, also where a repository decides.

use std::time::Duration;

use jit::authority::Authority;

use super::laptop::Laptop;
use super::walk::Terminal;
use super::walk::hub;

#[test]
fn a_grant_that_was_ended_at_another_machine_is_not_used_again() {
    let hub = hub();
    let elsewhere = Laptop::of(&hub, "ana");
    let mut terminal = Terminal::logged_in(&hub, ["ana", "bo", "dee"]);
    let id = terminal.types("ana", "request prod-admin --reason INC-42 -y --no-wait");
    for reviewer in ["bo", "dee"] {
        terminal.types(reviewer, &format!("approve {id} -y"));
    }
    terminal.types("ana", &format!("wait {id}"));
    let program = "credentials prod-admin --format aws";
    assert!(terminal.types("ana", program).contains("SessionToken"), "{}", terminal.seen());
    hub.wait(elsewhere.authority.end(&id.parse().unwrap(), true)).unwrap();
    hub.clock.advance(Duration::from_secs(60));
    let next = terminal.types("ana", "request prod-admin --reason INC-43 -y --no-wait");
    assert!(!next.is_empty() && next != id, "{}", terminal.seen());
    assert_eq!(terminal.types("ana", "prompt"), "");
    assert_eq!(terminal.types("ana", program), "");
    terminal.types("ana", "exec --env prod-admin -- true");
    let seen = terminal.seen();
    assert!(seen.ends_with("state=pending\n[exit 125]\n"), "{seen}");
}
