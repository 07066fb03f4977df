//! The policy changes under open requests, or breaks while the broker runs (docs/trust.md, "The policy,
//! writable").

use std::time::Duration;

use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::RequestView;
use jit::protocol::RoleView;
use jit::protocol::SealedLease;

use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::key_of;

async fn granted(world: &World) -> (Person, RequestView) {
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let view = world.approve(&cy, &view).await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    (ana, view)
}

#[tokio::test]
async fn an_approval_by_somebody_who_left_does_not_count() {
    for (from, to) in [
        // Removed from the group.
        ("sre = [\"cy\", \"dee\"]", "sre = [\"dee\"]"),
        // Another key: the signing key no longer belongs to anybody.
        (key_of("cy").public_key_line(), key_of("cy-new").public_key_line()),
    ] {
        let mut world = World::new().await;
        let (ana, view) = granted(&world).await;
        world.change_policy("people.toml", from, to).await;
        let refused = world.mint(&ana, &view).await;
        assert_eq!((refused.status(), refused.problem().as_str()), (403, "policy"), "{from}");
        assert_eq!(world.cloud.orders.lock().unwrap().len(), 1, "the cloud was not asked");
    }
}

#[tokio::test]
async fn a_requester_who_left_gets_nothing() {
    for (from, to) in [
        ("dev = [\"ana\", \"bo\"]", "dev = [\"bo\"]"),
        (key_of("ana").public_key_line(), key_of("ana-new").public_key_line()),
    ] {
        let mut world = World::new().await;
        let (ana, view) = granted(&world).await;
        world.change_policy("people.toml", from, to).await;
        let problem = world.mint(&ana, &view).await.problem();
        assert!(["policy", "state", "unauthenticated"].contains(&problem.as_str()), "{problem}");
        assert_eq!(world.cloud.orders.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_session_ends_with_its_key() {
    let mut world = World::new().await;
    let ana = world.person("ana").await;
    world
        .change_policy("people.toml", key_of("ana").public_key_line(), key_of("ana-new").public_key_line())
        .await;
    assert_eq!(world.get("/v1/session", &ana).await.problem(), "unauthenticated");
    // The key moves to another person. The old session does not become theirs.
    world.change_policy("people.toml", key_of("bo").public_key_line(), key_of("ana").public_key_line()).await;
    assert_eq!(world.get("/v1/session", &ana).await.problem(), "unauthenticated");
}

#[tokio::test]
async fn another_target_ends_the_request() {
    let mut world = World::new().await;
    let (ana, view) = granted(&world).await;
    world.change_policy("roles/prod.toml", "role/prod", "role/root").await;
    let refused = world.mint(&ana, &view).await;
    assert!(["policy", "state"].contains(&refused.problem().as_str()));
    let shown = world.show(&ana, &view).await;
    assert_eq!(shown.state, State::Revoked);
    assert!(shown.closing.unwrap().why.starts_with("the policy changed"));
    // Changing it back revives nothing.
    world.change_policy("roles/prod.toml", "role/root", "role/prod").await;
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
}

#[tokio::test]
async fn a_stricter_policy_holds_at_once_and_an_easier_one_helps_nobody_backwards() {
    let mut world = World::new().await;
    let (ana, view) = granted(&world).await;
    world.change_policy("roles/prod.toml", "\"1 of group:sre\"", "\"2 of group:sre\"").await;
    assert_eq!(world.mint(&ana, &view).await.problem(), "policy");

    let mut world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "vault").await;
    world
        .change_policy(
            "roles/vault.toml",
            "{ all = [\"1 of group:sre\", \"1 of group:security\"] }",
            "\"1 of group:dev\"",
        )
        .await;
    // Bo may approve by the new rule, and not by the one that the request was made under.
    let bo = world.person("bo").await;
    assert_eq!(world.review(&bo, &view, Verdict::Approve).await.problem(), "forbidden");
    assert_eq!(world.show(&ana, &view).await.state, State::Pending);
    // A person who may deny by the new rule may deny.
    let denied: RequestView = world.review(&bo, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
}

#[tokio::test]
async fn both_trees_must_be_satisfied() {
    let mut world = World::new().await;
    let (ana, dee, eve) = (world.person("ana").await, world.person("dee").await, world.person("eve").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world
        .change_policy(
            "roles/prod.toml",
            "\"1 of group:sre\"",
            "{ all = [\"1 of group:sre\", \"1 of group:security\"] }",
        )
        .await;
    let half = world.approve(&dee, &view).await;
    assert_eq!(half.state, State::Pending, "enough by the old rule, not by the new one");
    assert_eq!(world.review(&eve, &view, Verdict::Approve).await.problem(), "forbidden");
    assert_eq!(half.missing.len(), 1);
}

#[tokio::test]
async fn the_shorter_times_hold() {
    let mut world = World::new().await;
    let (ana, view) = granted(&world).await;
    world
        .change_policy(
            "roles/prod.toml",
            "duration = \"1h\"\nmax_duration = \"4h\"",
            "duration = \"30m\"\nmax_duration = \"30m\"",
        )
        .await;
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    assert_eq!(sealed.active_until.to_string(), "2026-11-23T12:30:00Z", "counted from when the grant began");
    world.pass("30m");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
}

#[tokio::test]
async fn a_denied_request_is_not_approved_by_itself_when_the_rule_goes() {
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.review(&cy, &view, Verdict::Deny).await.read::<RequestView>();
    world.change_policy("roles/prod.toml", "\"1 of group:sre\"", "\"none\"").await;
    let (asked, _) = world.plan(&ana, "prod").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "policy");
    let bo = world.person("bo").await;
    let (view, _) = world.ask(&bo, "prod").await;
    assert_eq!(view.state, State::Approved);
}

#[tokio::test]
async fn a_broken_policy_serves_for_fifteen_minutes_and_approves_nothing_by_itself() {
    let mut world = World::new().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let (open, _) = world.ask(&cy, "prod").await;
    world.change_policy("roles/prod.toml", "requesters", "requesterz").await;
    assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.problem(), "unready");
    let (asked, _) = world.plan(&ana, "play").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "unready", "nothing without a person");
    world.pass("5m");
    let view = world.approve(&cy, &view).await;
    assert_eq!(view.state, State::Approved, "people still decide");
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.pass("11m");
    let refused = world.mint(&ana, &view).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    let (asked, _) = world.plan(&ana, "other").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "unready");
    assert_eq!(world.review(&dee, &open, Verdict::Approve).await.problem(), "unready");
    // Ending access still works.
    let denied: RequestView = world.review(&dee, &open, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    world.change_policy("roles/prod.toml", "requesterz", "requesters").await;
    assert_eq!(world.call("GET", "/readyz", "", None::<&()>).await.status(), 200);
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
}

/// While the policy does not load, access that nobody reviewed does not begin; what has begun goes on.
#[tokio::test]
async fn a_broken_policy_begins_no_access_that_nobody_reviewed() {
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (used, _) = world.ask(&cy, "play").await;
    assert_eq!(world.mint(&cy, &used).await.status(), 201);
    let (unused, _) = world.ask(&ana, "play").await;
    assert_eq!(unused.state, State::Approved);
    world.change_policy("roles/prod.toml", "requesters", "requesterz").await;
    let refused = world.mint(&ana, &unused).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    assert_eq!(refused.detail(), "the policy does not load now, so nothing is approved without a review");
    // The list of roles says the same.
    let role: RoleView = world.get("/v1/roles/play", &ana).await.read();
    assert_eq!(
        (role.automatic, role.approval.as_str()),
        (false, "none, but not while the policy does not load")
    );
    assert_eq!(world.mint(&cy, &used).await.status(), 201);
    world.change_policy("roles/prod.toml", "requesterz", "requesters").await;
    assert_eq!(world.mint(&ana, &unused).await.status(), 201);
}

#[tokio::test]
async fn a_folder_in_the_middle_of_a_checkout_is_not_believed() {
    let world = World::new().await;
    let ana = world.person("ana").await;
    let before: RoleView = world.get("/v1/roles/prod", &ana).await.read();
    // One look finds a mixture, the next one a different mixture: neither ever takes effect.
    for (from, to) in [("\"1 of group:sre\"", "\"none\""), ("\"none\"", "\"1 of group:dev\"")] {
        let path = world.folder.path().join("policy/roles/prod.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace(from, to)).unwrap();
        world.clock.advance(Duration::from_secs(3));
        let seen: RoleView = world.get("/v1/roles/prod", &ana).await.read();
        assert_eq!((seen.policy, seen.approval), (before.policy, before.approval.clone()));
    }
    world.clock.advance(Duration::from_secs(3));
    let seen: RoleView = world.get("/v1/roles/prod", &ana).await.read();
    assert_eq!(seen.approval, "1 of group:dev");
}

#[tokio::test]
async fn a_broker_does_not_start_on_a_broken_policy() {
    let mut world = World::new().await;
    world.stop().await;
    world.change_policy("access.toml", "version = 1", "version = 2").await;
    let error = world.start().await.unwrap_err();
    assert!(error.to_string().contains("access.toml:1"), "{error}");
}

#[tokio::test]
async fn a_kept_revision_that_was_changed_is_not_believed() {
    let mut world = World::new().await;
    let (ana, view) = granted(&world).await;
    // Puts another revision in force, so that the request's own has to be read back.
    world.change_policy("roles/other.toml", "4h", "3h").await;
    world.stop().await;
    let kept = world.folder.path().join("data/policies");
    for folder in std::fs::read_dir(&kept).unwrap() {
        let file = folder.unwrap().path().join("roles/prod.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("4h", "8h")).unwrap();
    }
    world.start().await.unwrap();
    let refused = world.mint(&ana, &view).await;
    assert_eq!((refused.status(), refused.problem().as_str()), (503, "unready"));
    assert_eq!(world.cloud.orders.lock().unwrap().len(), 1);
}

trait Line {
    fn public_key_line(&self) -> &'static str;
}

impl Line for jit::identity::fake::TestSigner {
    fn public_key_line(&self) -> &'static str {
        use jit::identity::Signer;
        Box::leak(self.public_key().to_owned().into_boxed_str())
    }
}
