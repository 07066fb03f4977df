//! The happy path, step by step.

use std::time::Duration;

use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::EventList;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use jit::protocol::RoleList;
use jit::protocol::SealedLease;
use jit::protocol::Session;

use crate::broker::world::World;
use crate::broker::world::open;

#[tokio::test]
async fn ask_approve_mint_use_end() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let cy = world.person("cy").await;

    let roles: RoleList = world.get("/v1/roles", &ana).await.read();
    let names: Vec<&str> = roles.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["other", "play", "prod", "sealed", "vault"]);
    assert_eq!(roles.roles[2].approval, "1 of group:sre");

    let (view, key) = world.ask(&ana, "prod").await;
    assert_eq!((view.state, view.version), (State::Pending, 1));
    assert_eq!(view.missing[0].demand, "1 of group:sre");
    assert!(!view.may_review);

    let inbox: RequestList = world.get("/v1/requests?list=inbox", &cy).await.read();
    assert_eq!(inbox.requests.len(), 1);
    assert!(inbox.requests[0].may_review);

    let view = world.approve(&cy, &view).await;
    assert_eq!(view.state, State::Approved);
    assert_eq!(view.approved_by, ["cy".parse().unwrap()]);

    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    assert_eq!(sealed.number, 1);
    let lease = open(&sealed, &view, &key);
    assert_eq!(lease.credentials.as_aws().unwrap().secret_access_key.expose(), "canary-secret-key");
    assert_eq!(lease.expires.to_string(), "2026-11-23T13:00:00Z");

    world.pass("30m");
    let again: SealedLease = world.mint(&ana, &view).await.read();
    assert_eq!(again.number, 2);
    assert_eq!(again.active_until.to_string(), "2026-11-23T13:00:00Z");
    assert_eq!(again.expires, again.active_until, "no lease outlives its grant");

    let ended: RequestView = world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read();
    assert_eq!(ended.state, State::Ended);
    assert_eq!(ended.credentials_until, Some(again.expires), "what survives is said");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    let twice: RequestView = world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read();
    assert_eq!(twice.version, ended.version, "ending twice is ending once");

    let eve = world.person("eve").await;
    let log: EventList = world.get("/v1/events", &eve).await.read();
    let words: Vec<&str> = log.events.iter().map(|event| event.word.as_str()).collect();
    assert_eq!(
        words,
        [
            "policy",
            "logged_in",
            "logged_in",
            "requested",
            "reviewed",
            "approved",
            "activated",
            "minted",
            "minted",
            "ended",
            "logged_in"
        ]
    );
    assert_eq!(world.get("/v1/events", &ana).await.problem(), "forbidden");
}

#[tokio::test]
async fn a_role_without_reviews_is_approved_at_once() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, key) = world.ask(&ana, "play").await;
    assert_eq!(view.state, State::Approved);
    assert!(view.approved_by.is_empty());
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    open(&sealed, &view, &key);
}

#[tokio::test]
async fn two_demands_want_two_people() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let dee = world.person("dee").await;
    let eve = world.person("eve").await;
    let (view, _) = world.ask(&ana, "vault").await;
    let view = world.approve(&dee, &view).await;
    assert_eq!(view.state, State::Pending, "one human counts once");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    let view = world.approve(&eve, &view).await;
    assert_eq!(view.state, State::Approved);
    assert_eq!(view.approved_by.len(), 2);
}

#[tokio::test]
async fn whoever_waits_sees_the_change_at_once() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let cy = world.person("cy").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let path = format!("/v1/requests/{}?after={}&wait=60", view.id, view.version);
    let (seen, _) = tokio::join!(world.get(&path, &ana), world.approve(&cy, &view));
    let seen: RequestView = seen.read();
    assert_eq!(seen.state, State::Approved);
    // Nothing changes, so the answer comes when the time is up.
    let path = format!("/v1/requests/{}?after={}&wait=30", view.id, seen.version);
    let (same, ()) = tokio::join!(world.get(&path, &ana), async {
        for _ in 0..40 {
            tokio::task::yield_now().await;
            world.clock.advance(Duration::from_secs(1));
        }
    });
    assert_eq!(same.read::<RequestView>().version, seen.version);
}

#[tokio::test]
async fn an_equal_request_is_reused_and_another_is_named() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let (again, _) = world.plan(&ana, "prod").await;
    let answer = world.ask_signed(&ana, again).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.read::<RequestView>().id, view.id);
    let (mut longer, _) = world.plan(&ana, "prod").await;
    longer.duration = "2h".parse().unwrap();
    let answer = world.ask_signed(&ana, longer).await;
    assert_eq!(answer.problem(), "conflict");
    assert!(answer.detail().contains(view.id.as_str()), "{}", answer.detail());
    let mine: RequestList = world.get("/v1/requests", &ana).await.read();
    assert_eq!(mine.requests.len(), 1);
}

#[tokio::test]
async fn two_terminals_at_once_make_one_request() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (first, _) = world.plan(&ana, "prod").await;
    let (second, _) = world.plan(&ana, "prod").await;
    let (one, other) = tokio::join!(world.ask_signed(&ana, first), world.ask_signed(&ana, second));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    assert_eq!(one.read::<RequestView>().id, other.read::<RequestView>().id);
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let mut world = World::new().await;
    let ana = world.person("ana").await;
    let cy = world.person("cy").await;
    let (view, key) = world.ask(&ana, "prod").await;
    world.stop().await;
    world.start().await.unwrap();
    let view = world.approve(&cy, &view).await;
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    open(&sealed, &view, &key);
    world.stop().await;
    world.pass("90m");
    world.start().await.unwrap();
    let shown = world.show(&ana, &view).await;
    assert_eq!(shown.state, State::Ended, "what ran out while the broker was away is written down");
    assert_eq!(shown.closing.unwrap().why, "the time is up");
    let session: Session = world.get("/v1/session", &ana).await.read();
    assert_eq!(session.person.as_str(), "ana");
    assert!(session.token.is_none());
}

#[tokio::test]
async fn the_four_clocks_run_out() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let cy = world.person("cy").await;
    let (pending, _) = world.ask(&ana, "prod").await;
    let (approved, _) = world.ask(&ana, "other").await;
    world.approve(&cy, &approved).await;
    world.pass("11h");
    assert_eq!(world.show(&ana, &approved).await.state, State::Approved);
    world.pass("59m");
    // Sessions end after twelve hours, independently of the request's clocks.
    world.pass("1m");
    let ana = world.person("ana").await;
    let cy = world.person("cy").await;
    let unused = world.show(&ana, &approved).await;
    assert_eq!(
        (unused.state, unused.closing.unwrap().why.as_str()),
        (State::Expired, "approved, but never used")
    );
    assert_eq!(world.mint(&ana, &approved).await.problem(), "state");
    assert_eq!(world.show(&ana, &pending).await.state, State::Pending);
    world.pass("12h");
    let ana = world.person("ana").await;
    let nobody = world.show(&ana, &pending).await;
    assert_eq!(nobody.state, State::Expired);
    assert_eq!(world.review(&cy, &pending, Verdict::Approve).await.status(), 401);
    let cy = world.person("cy").await;
    assert_eq!(world.review(&cy, &pending, Verdict::Approve).await.problem(), "state");
}

#[tokio::test]
async fn what_clouds_and_watchers_read() {
    let world = World::new().await;
    let answer = world.call("GET", "/.well-known/jwks.json", "", None::<&()>).await;
    assert_eq!(answer.0.header("cache-control"), Some("public, max-age=300"));
    let keys: serde_json::Value = answer.read();
    assert_eq!(keys["keys"][0]["kty"], "RSA");
    let discovery: serde_json::Value =
        world.call("GET", "/.well-known/openid-configuration", "", None::<&()>).await.read();
    assert_eq!(discovery["issuer"], "https://jit.example.com");
    assert_eq!(world.call("GET", "/healthz", "", None::<&()>).await.status(), 200);
    assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.status(), 200);
    for path in ["/v1/session", "/v1/roles", "/v1/requests", "/v1/events", "/v1/roles/prod"] {
        assert_eq!(world.call("GET", path, "", None::<&()>).await.problem(), "unauthenticated", "{path}");
    }
    assert_eq!(world.call("GET", "/nowhere", "", None::<&()>).await.problem(), "not_found");
    assert_eq!(world.call("PUT", "/v1/roles", "", None::<&()>).await.problem(), "method_not_allowed");
}

#[tokio::test]
async fn the_issuer_gets_a_new_key_before_the_old_one_grows_old() {
    let world = World::new().await;
    let keys = async || {
        let answer = world.call("GET", "/.well-known/jwks.json", "", None::<&()>).await;
        answer.read::<serde_json::Value>()["keys"].as_array().unwrap().len()
    };
    assert_eq!(keys().await, 1);
    for _ in 0..3 {
        world.pass("31d");
    }
    // The broker's background work runs beside this test: poll until it is done, and let its clock tick meanwhile.
    let published = async {
        while keys().await != 2 {
            for _ in 0..500 {
                tokio::task::yield_now().await;
            }
            world.pass("3s");
        }
    };
    tokio::time::timeout(Duration::from_secs(60), published).await.expect("the next key is published");
}
