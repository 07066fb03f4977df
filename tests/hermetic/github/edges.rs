//! Versions, limits, entity tags, failures, and the record.

use serde_json::Value;
use serde_json::json;
use std::time::Duration;

use crate::support::github::faults::When;
use crate::support::github::faults::bad_gateway;
use crate::support::github::faults::secondary_limit;
use crate::support::github::fixture::Hub;

#[test]
fn the_primary_limit_counts_and_says_when_it_ends() {
    let hub = Hub::new();
    hub.github.world().limits.personal = 3;
    let answer = hub.call("ana", "GET", "/user", Value::Null);
    assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("3", "2"));
    // Unchanged answers are free, and so are calls about the limit.
    let tag = answer.header("etag").to_owned();
    for _ in 0..5 {
        let again =
            hub.send(hub.request("ana", "GET", "/user", Value::Null).header("if-none-match", tag.clone()));
        assert_eq!((again.status, again.header("x-ratelimit-remaining")), (304, "2"));
        assert!(again.bytes.is_empty());
    }
    assert_eq!(hub.call("ana", "GET", "/rate_limit", Value::Null).expect(200)["rate"]["remaining"], 2);
    hub.call("ana", "GET", "/user", Value::Null).expect(200);
    hub.call("ana", "GET", "/user", Value::Null).expect(200);
    let over = hub.call("ana", "GET", "/user", Value::Null);
    assert_eq!((over.status, over.header("x-ratelimit-remaining")), (403, "0"));
    let reset: i64 = over.header("x-ratelimit-reset").parse().unwrap();
    assert!(reset > hub.github.world().now().as_second());
    hub.call("ben", "GET", "/user", Value::Null).expect(200);
    hub.clock.advance(Duration::from_secs(3_600));
    hub.call("ana", "GET", "/user", Value::Null).expect(200);
}

#[test]
fn failures_come_when_ordered_before_or_after_the_deed() {
    let hub = Hub::new();
    let sha = hub.tip("main");
    let make = |name: &str| {
        hub.on("ana", "POST", "git/refs", json!({"ref": format!("refs/heads/{name}"), "sha": sha}))
    };
    hub.github.world().faults.order("POST", "/git/refs", 1, When::Before, secondary_limit(429, 60));
    let limited = make("a");
    assert_eq!((limited.status, limited.header("retry-after")), (429, "60"));
    hub.on("ana", "GET", "git/ref/heads/a", Value::Null).refused(404);
    make("a").expect(201);
    hub.github.world().faults.order("POST", "/git/refs", 1, When::After, bad_gateway());
    make("b").refused(502);
    // The call took effect all the same.
    hub.on("ana", "GET", "git/ref/heads/b", Value::Null).expect(200);
    hub.github.world().faults.order_later("GET", "/pulls", 1, 1, When::Before, bad_gateway());
    hub.on("ana", "GET", "pulls", Value::Null).expect(200);
    hub.on("ana", "GET", "pulls", Value::Null).refused(502);
    hub.on("ana", "GET", "pulls", Value::Null).expect(200);
}

#[test]
fn versions_are_those_that_there_are() {
    let hub = Hub::new();
    let asked = |version: &str| {
        hub.send(hub.request("ana", "GET", "/user", Value::Null).header("x-github-api-version", version))
    };
    for version in ["2022-11-28", "2026-03-10"] {
        let answer = asked(version);
        assert_eq!((answer.status, answer.header("x-github-api-version-selected")), (200, version));
    }
    assert_eq!(asked("2020-01-01").status, 410);
    // The newer version omits members.
    let number = hub.pull("ana", "jit/ab12", "requests/ab12.json");
    let path = format!("/repos/acme/access/pulls/{number}");
    for (version, there) in [("2022-11-28", true), ("2026-03-10", false)] {
        let request = hub.request("ana", "GET", &path, Value::Null).header("x-github-api-version", version);
        assert_eq!(hub.send(request).expect(200).get("merge_commit_sha").is_some(), there);
    }
    let mut nameless = hub.request("ana", "GET", "/user", Value::Null);
    nameless.headers.retain(|(name, _)| name != "user-agent");
    hub.send(nameless).refused(403);
    let mut broken = hub.request("ana", "POST", "/repos/acme/access/git/refs", json!({}));
    broken.body = b"{".to_vec();
    assert!(hub.send(broken).refused(400).contains("parsing JSON"));
}

#[test]
fn it_answers_on_sockets_as_in_process_and_writes_down_what_was_said() {
    let server =
        crate::support::github::server::Server::start(std::sync::Arc::new(jit::system::clock::RealClock));
    server.github.world().add_person("ana");
    server.github.world().exchanges = Some(Vec::new());
    let token = server.github.world().classic_token("ana", &[]);
    let client = jit::system::http::Client::default();
    let request =
        jit::system::http::Request::new(http::Method::GET, format!("{}/user", server.github.origins().api))
            .header("authorization", format!("Bearer {token}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(jit::system::Http::send(&client, request)).unwrap();
    assert_eq!(answer.status, 200);
    let exchanges = server.github.world().exchanges.take().unwrap();
    assert_eq!((exchanges[0].path.as_str(), exchanges[0].status), ("/user", 200));
    assert_eq!(exchanges[0].answer["login"], "ana");
    // The record contains no token.
    assert!(!serde_json::to_string(&exchanges).unwrap().contains(&token));
}
