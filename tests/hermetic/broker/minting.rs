//! Mints: the value of a stolen token, the cost of the cloud's refusal, and clocks.

use std::sync::atomic::Ordering;
use std::time::Duration;

use jit::grant::Digest;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::lease::associated_data;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;
use jit::secret::seal::RecipientKey;

use crate::broker::world::AUTHORITY;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::open;
use crate::broker::world::stranger;

async fn approved(world: &World, ana: &Person, role: &str) -> (RequestView, RecipientKey) {
    let cy = world.person("cy").await;
    let (view, key) = world.ask(ana, role).await;
    (world.approve(&cy, &view).await, key)
}

#[tokio::test]
async fn a_stolen_token_gets_bytes_that_it_cannot_read() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, key) = approved(&world, &ana, "prod").await;
    let mut thief = stranger("mallory");
    thief.token = ana.token.clone();
    let answer = world.mint(&thief, &view).await;
    assert!(!String::from_utf8_lossy(&answer.0.body).contains("canary"));
    let sealed: SealedLease = answer.read();
    let own = RecipientKey::generate(&[9; 32]);
    let associated = associated_data(AUTHORITY, &view.digest, &sealed.run, sealed.number);
    assert!(own.open(&sealed.sealed, &associated).is_err());
    // Nor can it be passed off as another lease of ana's.
    for (authority, digest, number) in [
        (AUTHORITY, view.digest, 2),
        ("https://evil.example", view.digest, 1),
        (AUTHORITY, Digest::of(b"another"), 1),
    ] {
        assert!(key.open(&sealed.sealed, &associated_data(authority, &digest, "broker", number)).is_err());
    }
    // The token cannot ask, approve or revoke, because these need the key.
    let (asked, _) = world.plan(&ana, "other").await;
    assert_eq!(world.ask_signed(&thief, asked).await.problem(), "statement");
    assert_eq!(world.review(&thief, &view, Verdict::Approve).await.problem(), "forbidden");
}

#[tokio::test]
async fn a_token_is_worthless_after_logout_and_after_twelve_hours() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let answer = world.call("DELETE", "/v1/session", &ana.token, None::<&()>).await;
    assert_eq!(answer.status(), 204);
    assert_eq!(world.get("/v1/session", &ana).await.problem(), "unauthenticated");
    let ana = world.person("ana").await;
    world.clock.advance(Duration::from_secs(12 * 3_600 - 1));
    assert_eq!(world.get("/v1/session", &ana).await.status(), 200);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.get("/v1/session", &ana).await.problem(), "unauthenticated");
    for token in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        assert_eq!(world.call("GET", "/v1/session", token, None::<&()>).await.problem(), "unauthenticated");
    }
}

#[tokio::test]
async fn a_cloud_that_refuses_costs_no_access_time() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = approved(&world, &ana, "prod").await;
    world.cloud.refuses.store(true, Ordering::Relaxed);
    let refused = world.mint(&ana, &view).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (502, "cloud"));
    assert_eq!(world.show(&ana, &view).await.state, State::Approved);
    world.pass("30m");
    world.cloud.refuses.store(false, Ordering::Relaxed);
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    assert_eq!((sealed.number, sealed.active_until.to_string().as_str()), (1, "2026-11-23T13:30:00Z"));
}

#[tokio::test]
async fn what_is_denied_while_the_cloud_is_asked_never_leaves() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = approved(&world, &ana, "prod").await;
    let dee = world.person("dee").await;
    let (asked, being_asked) = tokio::sync::oneshot::channel();
    *world.cloud.meanwhile.lock().unwrap() = Some(asked);
    let (lease, denied) = tokio::join!(world.mint(&ana, &view), async {
        let go_on: tokio::sync::oneshot::Sender<()> = being_asked.await.unwrap();
        let denied: RequestView = world.review(&dee, &view, Verdict::Deny).await.read();
        go_on.send(()).unwrap();
        denied
    });
    assert_eq!(denied.state, State::Denied);
    assert_eq!(lease.problem(), "state");
    assert!(!String::from_utf8_lossy(&lease.0.body).contains("sealed\":"));
}

#[tokio::test]
async fn two_mints_at_once_have_two_numbers() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, key) = approved(&world, &ana, "prod").await;
    let (one, other) = tokio::join!(world.mint(&ana, &view), world.mint(&ana, &view));
    let (one, other): (SealedLease, SealedLease) = (one.read(), other.read());
    let mut numbers = [one.number, other.number];
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2]);
    open(&one, &view, &key);
    open(&other, &view, &key);
}

#[tokio::test]
async fn nothing_is_minted_in_the_last_seconds() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = approved(&world, &ana, "prod").await;
    world.mint(&ana, &view).await.read::<SealedLease>();
    world.clock.advance(Duration::from_secs(3_596));
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(world.show(&ana, &view).await.state, State::Ended);
}

/// The same on every authority: with less than half a minute left, what was minted would be over before it is used.
#[tokio::test]
async fn nothing_is_minted_in_the_last_half_minute() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = approved(&world, &ana, "prod").await;
    world.mint(&ana, &view).await.read::<SealedLease>();
    world.clock.advance(Duration::from_secs(3_570));
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.clock.advance(Duration::from_secs(1));
    let refused = world.mint(&ana, &view).await;
    assert_eq!(
        (refused.problem(), refused.detail()),
        ("state".to_owned(), "the access ends in a few seconds".to_owned())
    );
}

#[tokio::test]
async fn a_start_that_lies_ahead_is_waited_for() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (mut asked, _) = world.plan(&ana, "prod").await;
    asked.start = Some(asked.created + jiff::SignedDuration::from_hours(2));
    let view: RequestView = world.ask_signed(&ana, asked).await.read();
    world.approve(&cy, &view).await;
    let early = world.mint(&ana, &view).await;
    assert_eq!(early.problem(), "state");
    assert!(early.detail().contains("14:00"), "{}", early.detail());
    world.pass("2h");
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    assert_eq!(sealed.active_until.to_string(), "2026-11-23T15:00:00Z");
}

#[tokio::test]
async fn a_clock_that_jumps_back_mints_nothing_and_moves_no_event() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = approved(&world, &ana, "prod").await;
    world.mint(&ana, &view).await.read::<SealedLease>();
    world.clock.set("2026-11-23T11:50:00Z".parse().unwrap());
    let refused = world.mint(&ana, &view).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.problem(), "unready");
    let shown = world.show(&ana, &view).await;
    assert_eq!(shown.active_until.unwrap().to_string(), "2026-11-23T13:00:00Z");
    let ended: RequestView = world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read();
    assert_eq!(
        ended.closing.unwrap().at.to_string(),
        "2026-11-23T12:00:00Z",
        "never before what went before"
    );
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_only_ends_things() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = approved(&world, &ana, "prod").await;
    world.mint(&ana, &view).await.read::<SealedLease>();
    world.pass("2h");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    assert_eq!(world.show(&ana, &view).await.state, State::Ended);
}
