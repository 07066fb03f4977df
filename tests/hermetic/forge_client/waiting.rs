//! Waiting for reviews within GitHub's rate limits.

use std::time::Duration;

use crate::forge::hub::Hub;
use crate::forge_client::stage::logged_in;
use crate::support::github::faults;
use crate::support::github::faults::When;
use crate::support::github::limits::Resource;

/// The calls that count against a person's hourly limit.
fn counted(hub: &Hub, who: &str) -> u64 {
    let mut world = hub.github.world();
    let caller = world.caller(&format!("Bearer {}", hub.tokens[who])).unwrap();
    world.budget(&caller, Resource::Core).used
}

/// The calls of a person's client.
fn spent(hub: &Hub, who: &str) -> usize {
    let token = format!("Bearer {}", hub.tokens[who]);
    let sent = hub.http.sent();
    let shows = |request: &&jit::system::http::Request| {
        request.headers.iter().any(|(name, value)| name == "authorization" && *value == token)
    };
    sent.iter().filter(shows).count()
}

#[test]
fn a_limit_of_time_leaves_the_request_standing() {
    let (hub, [ana]) = logged_in(["ana"]);
    let id = ana.ask("INC-42");
    let before = spent(&hub, "ana");
    let shot = ana.run(&format!("wait {id} --timeout 10m"));
    shot.failed(4, &["no reviewer has decided yet", "jit wait"]);
    let asked = spent(&hub, "ana") - before;
    // Four calls per read, a read every few seconds at first and every half minute later.
    assert!(asked < 600, "{asked}");
    // GitHub answered almost all of them with "not modified".
    assert!(counted(&hub, "ana") < 150, "{}", counted(&hub, "ana"));
    assert_eq!(ana.show(&id)["state"], "pending");
}

#[test]
fn a_limit_of_githubs_is_waited_for() {
    let (hub, [ana, bo]) = logged_in(["ana", "bo"]);
    let id = ana.ask("INC-42");
    bo.words(&["approve", &id, "-y"], &[]).ok();
    let fault = faults::secondary_limit(403, 600);
    hub.github.world().faults.order_later("GET", "/reviews", 2, 1, When::Before, fault);
    let before = spent(&hub, "ana");
    let shot = ana.run(&format!("wait {id} --timeout 5m"));
    assert_eq!(shot.code, 4, "{shot}");
    assert!(shot.stderr.contains("GitHub takes no more requests with this token until"), "{shot}");
    // During the rate limit no further call is made.
    assert!(spent(&hub, "ana") - before < 30, "{}", spent(&hub, "ana") - before);
    hub.clock.advance(Duration::from_secs(600));
    ana.run(&format!("wait {id} --timeout 1m")).failed(4, &["no reviewer has decided yet"]);
}
