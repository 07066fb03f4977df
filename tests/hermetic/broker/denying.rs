//! Roles with `revoke = "deny"`: what was handed out for access that ended early is denied in the cloud, whatever ended it.

use std::time::Duration;

use jit::grant::RequestId;
use jit::grant::State;
use jit::protocol::DenialState;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;
use jit::provider::Deny;

use super::world::Person;
use super::world::World;

/// A world whose role `prod` denies, with ana, who asks, and cy, who approves.
async fn stage() -> (World, Person, Person) {
    let mut world = World::new().await;
    world.change_policy("roles/prod.toml", "[aws]\n", "[aws]\nrevoke = \"deny\"\n").await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    (world, ana, cy)
}

/// An active grant of a role, with credentials.
async fn active(world: &World, ana: &Person, cy: &Person, role: &str) -> RequestView {
    let (view, _) = world.ask(ana, role).await;
    world.approve(cy, &view).await;
    world.mint(ana, &view).await.read::<SealedLease>();
    world.show(ana, &view).await
}

fn orders(world: &World) -> Vec<Deny> {
    world.cloud.denials.lock().unwrap().clone()
}

/// The requests of the last order.
fn last(world: &World) -> Vec<RequestId> {
    orders(world)
        .last()
        .map(|order| order.requests.iter().map(|(id, _)| id.clone()).collect())
        .unwrap_or_default()
}

/// Lets so many seconds pass, and the background work do what is due: the broker answers a call meanwhile.
async fn go_on(world: &World, seconds: u64) {
    world.clock.advance(Duration::from_secs(seconds));
    world.call("GET", "/readyz", "", None::<&()>).await;
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// Lets the broker's background work go on until something holds.
async fn until(world: &World, mut holds: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if holds() {
            return;
        }
        go_on(world, 1).await;
    }
    panic!("it never holds");
}

#[tokio::test]
async fn revoking_denies_the_one_request_and_says_so() {
    let (world, ana, cy) = stage().await;
    let (first, other) = (active(&world, &ana, &cy, "prod").await, world.person("bo").await);
    let second = active(&world, &other, &cy, "prod").await;
    let revoked: RequestView = world.revoke(&cy, &first).await.read();
    assert_eq!(revoked.state, State::Revoked);
    assert_eq!(revoked.denial.unwrap().state, DenialState::Denied);
    let order = orders(&world).pop().unwrap();
    assert_eq!(order.target, world.cloud.orders.lock().unwrap()[0].target);
    assert_eq!(order.requests, [(first.id.clone(), first.credentials_until.unwrap())]);
    // The access that goes on is not touched. When it ends, it is denied besides the first.
    assert_eq!(world.show(&other, &second).await.denial, None);
    let ended: RequestView =
        world.post_nothing(&format!("/v1/requests/{}/end", second.id), &other).await.read();
    assert_eq!((ended.state, ended.denial.unwrap().state), (State::Ended, DenialState::Denied));
    let mut both = vec![first.id.clone(), second.id.clone()];
    let mut denied = last(&world);
    both.sort();
    denied.sort();
    assert_eq!(denied, both);
}

#[tokio::test]
async fn without_the_word_or_without_credentials_the_cloud_is_not_asked() {
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let view = active(&world, &ana, &cy, "prod").await;
    let revoked: RequestView = world.revoke(&cy, &view).await.read();
    assert_eq!((revoked.state, revoked.denial), (State::Revoked, None));
    assert!(orders(&world).is_empty());
    world.change_policy("roles/prod.toml", "[aws]\n", "[aws]\nrevoke = \"deny\"\n").await;
    let (view, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &view).await;
    let revoked: RequestView = world.revoke(&cy, &view).await.read();
    assert_eq!((revoked.state, revoked.denial), (State::Revoked, None));
    assert!(last(&world).is_empty());
}

#[tokio::test]
async fn a_cloud_that_refuses_stops_no_revocation_and_is_asked_again() {
    let (world, ana, cy) = stage().await;
    let view = active(&world, &ana, &cy, "prod").await;
    *world.cloud.denial_fails.lock().unwrap() = Some("the role's inline policies are full".to_owned());
    let revoked: RequestView = world.revoke(&cy, &view).await.read();
    assert_eq!(revoked.state, State::Revoked);
    let denial = revoked.denial.unwrap();
    assert_eq!(denial.state, DenialState::Failed);
    assert!(denial.why.unwrap().contains("the role's inline policies are full"));
    assert_eq!(world.mint(&ana, &view).await.problem(), "state", "nothing more is handed out");
    let tried = orders(&world).len();
    until(&world, || orders(&world).len() > tried).await;
    *world.cloud.denial_fails.lock().unwrap() = None;
    let tried = orders(&world).len();
    until(&world, || orders(&world).len() > tried).await;
    assert_eq!(world.show(&cy, &view).await.denial.unwrap().state, DenialState::Denied);
    // Once denied, it is not written over and over.
    let tried = orders(&world).len();
    for _ in 0..20 {
        go_on(&world, 3).await;
    }
    assert_eq!(orders(&world).len(), tried);
}

#[tokio::test]
async fn where_there_is_no_room_the_answer_says_so_and_the_others_stay_denied() {
    let (world, ana, cy) = stage().await;
    let bo = world.person("bo").await;
    let (first, second) = (active(&world, &ana, &cy, "prod").await, active(&world, &bo, &cy, "prod").await);
    world.cloud.denial_room.store(1, std::sync::atomic::Ordering::Relaxed);
    world.revoke(&cy, &first).await.read::<RequestView>();
    world.revoke(&cy, &second).await.read::<RequestView>();
    let states =
        [world.show(&cy, &first).await, world.show(&cy, &second).await].map(|view| view.denial.unwrap());
    let failed: Vec<_> = states.iter().filter(|denial| denial.state == DenialState::Failed).collect();
    assert_eq!(failed.len(), 1, "{states:?}");
    assert!(failed[0].why.as_ref().unwrap().contains("full"));
    // A later failure of the cloud does not unsay what it denies.
    *world.cloud.denial_fails.lock().unwrap() = Some("no route".to_owned());
    let tried = orders(&world).len();
    until(&world, || orders(&world).len() > tried).await;
    let states =
        [world.show(&cy, &first).await, world.show(&cy, &second).await].map(|view| view.denial.unwrap());
    assert!(states.iter().any(|denial| denial.state == DenialState::Denied), "{states:?}");
}

#[tokio::test]
async fn a_cloud_that_does_not_answer_delays_a_revocation_by_five_seconds_at_most() {
    let (world, ana, cy) = stage().await;
    let view = active(&world, &ana, &cy, "prod").await;
    world.cloud.denial_hangs.store(true, std::sync::atomic::Ordering::Relaxed);
    let before = orders(&world).len();
    let (answer, ()) = tokio::join!(world.revoke(&cy, &view), async {
        while orders(&world).len() == before {
            tokio::task::yield_now().await;
        }
        // It has ended before the cloud says anything.
        assert_eq!(world.show(&cy, &view).await.state, State::Revoked);
        world.clock.advance(Duration::from_secs(6));
    });
    let revoked: RequestView = answer.read();
    assert_eq!((revoked.state, revoked.denial.unwrap().state), (State::Revoked, DenialState::Waiting));
}

#[tokio::test]
async fn what_the_policy_ends_is_denied_and_what_a_clock_ends_is_not() {
    let (mut world, ana, cy) = stage().await;
    let bo = world.person("bo").await;
    let mine = active(&world, &ana, &cy, "prod").await;
    let theirs = active(&world, &bo, &cy, "prod").await;
    // Bo leaves; ana's role goes on.
    world.change_policy("people.toml", "dev = [\"ana\", \"bo\"]", "dev = [\"ana\"]").await;
    until(&world, || last(&world) == [theirs.id.clone()]).await;
    // The role opens something else: what was handed out for the old target is denied there.
    let target = world.cloud.orders.lock().unwrap()[0].target.clone();
    world.change_policy("roles/prod.toml", "role/prod", "role/leader").await;
    until(&world, || last(&world).len() == 2).await;
    assert!(last(&world).contains(&mine.id));
    assert_eq!(orders(&world).last().unwrap().target, target);
    // A grant that a clock ends leaves nothing.
    let view = active(&world, &ana, &cy, "prod").await;
    world.pass("5h");
    assert_eq!(world.show(&ana, &view).await.state, State::Ended);
    assert!(orders(&world).iter().all(|order| order.requests.iter().all(|(id, _)| *id != view.id)));
}

#[tokio::test]
async fn a_restart_forgets_neither_a_denial_nor_the_sweep() {
    let (mut world, ana, cy) = stage().await;
    let view = active(&world, &ana, &cy, "prod").await;
    *world.cloud.denial_fails.lock().unwrap() = Some("no route".to_owned());
    world.revoke(&cy, &view).await.read::<RequestView>();
    world.stop().await;
    world.cloud.denials.lock().unwrap().clear();
    *world.cloud.denial_fails.lock().unwrap() = None;
    world.start().await.unwrap();
    until(&world, || last(&world) == [view.id.clone()]).await;
    // Its sessions end while the broker is stopped. The next one takes out what is left.
    world.stop().await;
    world.cloud.denials.lock().unwrap().clear();
    world.pass("5h");
    world.start().await.unwrap();
    until(&world, || !orders(&world).is_empty()).await;
    assert!(orders(&world).iter().all(|order| order.requests.is_empty()));
    // Also if the role's file no longer says it: what an earlier revision wrote is taken out all the same.
    world.stop().await;
    let text = world.policy["roles/prod.toml"].replace("revoke = \"deny\"\n", "");
    world.write_policy("roles/prod.toml", &text);
    world.cloud.denials.lock().unwrap().clear();
    world.start().await.unwrap();
    until(&world, || !orders(&world).is_empty()).await;
}
