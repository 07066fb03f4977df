//! Two clocks: the real one, for rate limits and everything that ends access, and the log's, which never goes back.

use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;

use crate::broker::world::World;

/// A broker whose log's newest event is ten minutes ahead of the clock, as an older version left it, with a pending
/// request of ana's and an active one of bo's.
async fn ahead() -> (World, RequestView, RequestView) {
    let mut world = World::unstarted();
    world.pass("10m");
    world.start().await.unwrap();
    let (ana, bo, cy) = (world.person("ana").await, world.person("bo").await, world.person("cy").await);
    let (waits, _) = world.ask(&ana, "prod").await;
    let (active, _) = world.ask(&bo, "prod").await;
    world.approve(&cy, &active).await;
    world.mint(&bo, &active).await.read::<SealedLease>();
    world.stop().await;
    world.clock.set(crate::broker::world::NOON.parse().unwrap());
    world.start().await.unwrap();
    (world, waits, active)
}

#[tokio::test]
async fn with_a_log_that_is_ahead_people_log_in_deny_revoke_and_end() {
    let (world, waits, active) = ahead().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let revoked: RequestView = world.revoke(&cy, &active).await.read();
    assert_eq!(revoked.state, State::Revoked);
    let denied: RequestView = world.review(&cy, &waits, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    assert_eq!(denied.closing.unwrap().at.to_string(), "2026-11-23T12:10:00Z", "the log never goes back");
    assert_eq!(world.call("DELETE", "/v1/session", &ana.token, None::<&()>).await.status(), 204);
    // Everything that opens access waits until the log's time has come.
    let bo = world.person("bo").await;
    let (statement, _) = world.plan(&bo, "other").await;
    assert_eq!(world.ask_signed(&bo, statement).await.problem(), "statement");
}

#[tokio::test]
async fn with_a_log_that_is_ahead_somebody_who_left_is_out() {
    let (mut world, _, _) = ahead().await;
    let bo = world.person("bo").await;
    assert_eq!(world.get("/v1/session", &bo).await.status(), 200);
    world.change_policy("people.toml", "dev = [\"ana\", \"bo\"]", "dev = [\"ana\"]").await;
    let people = std::fs::read_to_string(world.folder.path().join("policy/people.toml")).unwrap();
    let start = people.find("[people.bo]").unwrap();
    let end = people.find("[people.cy]").unwrap();
    let without = format!("{}{}", &people[..start], &people[end..]);
    world.change_policy("people.toml", &people, &without).await;
    assert_eq!(world.get("/v1/session", &bo).await.status(), 401);
}

#[tokio::test]
async fn with_a_log_that_is_ahead_the_limits_fill_again() {
    let (world, _, _) = ahead().await;
    let ana = world.person("ana").await;
    let mut calls = 0;
    while world.get("/v1/session", &ana).await.status() == 200 {
        calls += 1;
        assert!(calls < 10_000);
    }
    assert_eq!(world.get("/v1/session", &ana).await.problem(), "too_many");
    world.pass("10s");
    assert_eq!(world.get("/v1/session", &ana).await.status(), 200);
}

/// A clock that runs ahead for two seconds leaves nothing behind.
#[tokio::test]
async fn a_clock_that_runs_ahead_for_a_moment_leaves_nothing_behind() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &view).await;
    let noon = world.now();
    world.clock.set(noon + jiff::SignedDuration::from_mins(10));
    world.pass("2s");
    let refused = world.mint(&ana, &view).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    assert!(refused.detail().contains("the clock jumped ahead"), "{}", refused.detail());
    // Ending access waits for no clock.
    assert_eq!(world.call("DELETE", "/v1/session", &cy.token, None::<&()>).await.status(), 204);
    world.clock.set(noon + jiff::SignedDuration::from_secs(2));
    world.pass("1m");
    world.mint(&ana, &view).await.read::<SealedLease>();
}

/// A clock that is changed permanently is trusted after a minute.
#[tokio::test]
async fn a_clock_that_was_set_is_believed_after_a_minute() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    world.clock.set(world.now() + jiff::SignedDuration::from_mins(20));
    let (statement, _) = world.plan(&ana, "prod").await;
    assert_eq!(world.ask_signed(&ana, statement.clone()).await.problem(), "unready");
    world.pass("61s");
    world.ask_signed(&ana, statement).await.read::<RequestView>();
}
