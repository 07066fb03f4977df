//! The rules of reviewing: who may review, how often, and with what signature. Also who may read.

use jit::grant::Assurance;
use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use jit::protocol::RoleList;

use crate::broker::world::World;

#[tokio::test]
async fn nobody_approves_their_own_request() {
    let world = World::new().await;
    let cy = world.person("cy").await;
    let (view, _) = world.ask(&cy, "prod").await;
    assert!(!view.may_review && !view.may_revoke);
    assert_eq!(world.review(&cy, &view, Verdict::Approve).await.problem(), "forbidden");
    assert_eq!(world.review(&cy, &view, Verdict::Deny).await.problem(), "forbidden");
    assert_eq!(world.revoke(&cy, &view).await.problem(), "forbidden");
    let same = world.show(&cy, &view).await;
    assert_eq!((same.state, same.version), (State::Pending, 1));
    assert_eq!(world.mint(&cy, &view).await.problem(), "state");
}

#[tokio::test]
async fn only_the_eligible_review_and_revoke() {
    let world = World::new().await;
    let (ana, bo, eve, mallory) = (
        world.person("ana").await,
        world.person("bo").await,
        world.person("eve").await,
        world.person("mallory").await,
    );
    let (view, _) = world.ask(&ana, "prod").await;
    for outsider in [&bo, &mallory] {
        assert_eq!(world.get(&format!("/v1/requests/{}", view.id), outsider).await.problem(), "not_found");
        for verdict in [Verdict::Approve, Verdict::Deny] {
            assert_eq!(world.review(outsider, &view, verdict).await.problem(), "not_found");
        }
        assert_eq!(world.revoke(outsider, &view).await.problem(), "not_found");
        assert_eq!(world.mint(outsider, &view).await.problem(), "not_found");
        assert_eq!(
            world.post_nothing(&format!("/v1/requests/{}/end", view.id), outsider).await.problem(),
            "not_found"
        );
    }
    // An auditor may read, and nothing more.
    assert_eq!(world.show(&eve, &view).await.id, view.id);
    for verdict in [Verdict::Approve, Verdict::Deny] {
        assert_eq!(world.review(&eve, &view, verdict).await.problem(), "forbidden");
    }
    assert_eq!(world.revoke(&eve, &view).await.problem(), "forbidden");
    assert_eq!(
        world.post_nothing(&format!("/v1/requests/{}/end", view.id), &eve).await.problem(),
        "forbidden"
    );
    assert_eq!(world.show(&ana, &view).await.version, 1);
}

#[tokio::test]
async fn lists_hold_what_their_reader_may_read() {
    let world = World::new().await;
    let (ana, bo, cy, eve) = (
        world.person("ana").await,
        world.person("bo").await,
        world.person("cy").await,
        world.person("eve").await,
    );
    let (_, _) = world.ask(&ana, "prod").await;
    let (second, _) = world.ask(&bo, "prod").await;
    let ids = async |path: &str, person| {
        let list: RequestList = world.get(path, person).await.read();
        list.requests.iter().map(|view| view.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids("/v1/requests?list=mine", &bo).await, std::slice::from_ref(&second.id));
    assert_eq!(ids("/v1/requests?list=inbox", &bo).await.len(), 0);
    assert_eq!(ids("/v1/requests?list=inbox", &cy).await.len(), 2);
    assert_eq!(ids("/v1/requests?list=all", &eve).await.len(), 2);
    // A person who is not an auditor sees only their own requests, and those that they may review.
    assert_eq!(ids("/v1/requests?list=all", &bo).await, std::slice::from_ref(&second.id));
    assert_eq!(ids("/v1/requests?list=all", &cy).await.len(), 2);
    assert_eq!(ids("/v1/requests?list=all", &ana).await.len(), 1);
    assert_eq!(world.get("/v1/requests?list=everything", &ana).await.problem(), "bad_request");
    let mallory = world.person("mallory").await;
    let roles: RoleList = world.get("/v1/roles", &mallory).await.read();
    assert!(roles.roles.is_empty());
    assert_eq!(world.get("/v1/roles/prod", &mallory).await.problem(), "not_found");
    assert_eq!(world.get("/v1/roles/nothing", &mallory).await.problem(), "not_found");
    assert_eq!(world.get("/v1/roles/..%2f..%2fetc", &mallory).await.problem(), "not_found");
}

#[tokio::test]
async fn a_role_that_wants_a_touch_gets_one() {
    let world = World::new().await;
    let (ana, cy, pat) =
        (world.person("ana").await, world.person("cy").await, world.person("pat-touch").await);
    let (view, _) = world.ask(&ana, "sealed").await;
    let weak = world.review(&cy, &view, Verdict::Approve).await;
    assert_eq!(weak.problem(), "policy");
    assert!(weak.detail().contains(Assurance::Touch.as_str()));
    let strong = world.approve(&pat, &view).await;
    assert_eq!(strong.state, State::Approved);
    // A denial needs no hardware.
    let (view, _) = world.ask(&cy, "prod").await;
    let dee = world.person("dee").await;
    let denied: RequestView = world.review(&dee, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
}

#[tokio::test]
async fn a_review_may_shorten() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let mut review = world.review_statement(&cy, &view.digest, Verdict::Approve);
    review.duration = Some("20m".parse().unwrap());
    let view: RequestView = world.review_signed(&cy, &view, review).await.read();
    assert_eq!(view.approved_duration, Some("20m".parse().unwrap()));
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    let order = world.cloud.orders.lock().unwrap().pop().unwrap();
    assert_eq!(order.grant_until.to_string(), "2026-11-23T12:20:00Z");
    assert_eq!(order.until, order.grant_until);
}

#[tokio::test]
async fn a_denial_is_shown_for_a_day() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.review(&cy, &view, Verdict::Deny).await.read::<RequestView>();
    world.pass("1h");
    let (again, _) = world.ask(&ana, "prod").await;
    assert_ne!(again.id, view.id);
    let seen = world.show(&cy, &again).await;
    assert_eq!(seen.denied_before.unwrap().by.unwrap().as_str(), "cy");
    let (unlike, _) = world.ask(&ana, "other").await;
    assert!(unlike.denied_before.is_none());
    world.pass("11h");
    world.pass("12h");
    let ana = world.person("ana").await;
    let (later, _) = world.ask(&ana, "prod").await;
    assert!(later.denied_before.is_none());
}

#[tokio::test]
async fn at_most_ten_wait_for_one_person() {
    let mut world = World::unstarted();
    for number in 0..11 {
        let role = format!(
            "requesters = [\"group:dev\"]\napproval = \"1 of group:sre\"\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/r{number}\"\nregion = \"eu-west-1\"\n"
        );
        world.write_policy(&format!("roles/r{number}.toml"), &role);
    }
    world.start().await.unwrap();
    let ana = world.person("ana").await;
    for number in 0..10 {
        world.ask(&ana, &format!("r{number}")).await;
    }
    let (asked, _) = world.plan(&ana, "r10").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "too_many");
    let bo = world.person("bo").await;
    world.ask(&bo, "r10").await;
}

#[tokio::test]
async fn who_may_approve_may_revoke() {
    let world = World::new().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.approve(&cy, &view).await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    let revoked: RequestView = world.revoke(&dee, &view).await.read();
    assert_eq!(revoked.state, State::Revoked);
    assert!(revoked.credentials_until.is_some(), "what survives is said");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    let again: RequestView = world.revoke(&dee, &view).await.read();
    assert_eq!(again.version, revoked.version);
    assert_eq!(world.revoke(&cy, &view).await.problem(), "state");
}
