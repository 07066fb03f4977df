//! Scopes: fewer permissions for fewer approvals, and never more than requested, reviewed, or written in the policy.

use jit::grant::Digest;
use jit::grant::Name;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::RequestedScope;
use jit::protocol::RequestView;
use jit::protocol::RoleView;
use jit::protocol::SealedLease;

use crate::broker::leaving::within_a_minute;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::first_policy;

fn document(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Action":"{action}","Effect":"Allow","Resource":"*"}}]}}"#
    )
}

/// `prod` with two scopes. Anybody in `dev` may approve the read-only one.
async fn world() -> World {
    let mut world = World::unstarted();
    let files = first_policy();
    let (path, text) = files.iter().find(|(path, _)| path == "roles/prod.toml").unwrap();
    let scopes = r#"[scopes.read]
description = "Read the orders"
approval = "1 of group:dev"
max_duration = "30m"
policy = "read.json"
[scopes.write]
policy = "write.json"
"#;
    world.write_policy(path, &format!("{text}{scopes}"));
    world.write_policy("roles/read.json", &document("dynamodb:GetItem"));
    world.write_policy("roles/write.json", &document("dynamodb:PutItem"));
    world.start().await.unwrap();
    world
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A request for a scope, as the client makes it from the broker's view.
async fn plan(world: &World, person: &Person, scope: &str) -> RequestStatement {
    let role: RoleView = world.get("/v1/roles/prod", person).await.read();
    let view = role.scopes.iter().find(|view| view.name.as_str() == scope).unwrap();
    let (mut statement, _) = world.plan(person, "prod").await;
    statement.duration = statement.duration.min(view.max_duration);
    statement.not_after = statement.duration.after(role.unused.after(role.pending.after(statement.created)));
    let document = Digest::of(view.document.as_bytes());
    assert_eq!(document, view.digest);
    statement.scope = Some(RequestedScope { name: view.name.clone(), document });
    statement
}

async fn ask(world: &World, person: &Person, scope: &str) -> RequestView {
    let statement = plan(world, person, scope).await;
    world.ask_signed(person, statement).await.read()
}

async fn minted_scope(world: &World, person: &Person, view: &RequestView) -> Option<String> {
    world.mint(person, view).await.read::<SealedLease>();
    let order = world.cloud.orders.lock().unwrap().last().unwrap().clone();
    order.scope.map(|scope| scope.as_str().to_owned())
}

#[tokio::test]
async fn a_scope_has_its_own_reviewers_and_its_own_limit() {
    let world = world().await;
    let (ana, bo, cy, eve) = (
        world.person("ana").await,
        world.person("bo").await,
        world.person("cy").await,
        world.person("eve").await,
    );
    let role: RoleView = world.get("/v1/roles/prod", &ana).await.read();
    let read = &role.scopes[0];
    assert_eq!((read.name.as_str(), read.approval.as_str()), ("read", "1 of group:dev"));
    assert_eq!(read.approvers, [name("bo")]);
    assert_eq!(read.max_duration, "30m".parse().unwrap());
    assert_eq!(role.scopes[1].approval, "1 of group:sre");
    let mut long = plan(&world, &ana, "read").await;
    long.duration = Span::of_minutes(31);
    assert_eq!(world.ask_signed(&ana, long).await.problem(), "policy");
    let view = ask(&world, &ana, "read").await;
    assert_eq!(view.approval, "1 of group:dev");
    // Reviewers of the whole role may not approve the scope, and the reverse.
    assert_eq!(world.review(&cy, &view, Verdict::Approve).await.status(), 404);
    assert_eq!(world.review(&eve, &view, Verdict::Approve).await.problem(), "forbidden");
    let view = world.approve(&bo, &view).await;
    assert_eq!((view.state, view.approved_by.clone()), (State::Approved, vec![name("bo")]));
    assert_eq!(minted_scope(&world, &ana, &view).await, Some(document("dynamodb:GetItem")));
    let (whole, _) = world.ask(&ana, "prod").await;
    assert_eq!(world.review(&bo, &whole, Verdict::Approve).await.status(), 404);
}

#[tokio::test]
async fn a_scope_is_asked_for_by_name_and_document() {
    let world = world().await;
    let ana = world.person("ana").await;
    let good = plan(&world, &ana, "read").await;
    let write = plan(&world, &ana, "write").await.scope.unwrap();
    let forged = RequestedScope { name: name("read"), document: write.document };
    let unknown = RequestedScope { name: name("all"), document: write.document };
    for scope in [forged, unknown] {
        let statement = RequestStatement { scope: Some(scope), ..good.clone() };
        assert_eq!(world.ask_signed(&ana, statement).await.problem(), "statement");
    }
}

#[tokio::test]
async fn a_document_that_changes_ends_what_was_asked_for() {
    for (approve, state) in [(false, State::Pending), (true, State::Approved)] {
        let mut world = world().await;
        let (ana, bo) = (world.person("ana").await, world.person("bo").await);
        let mut view = ask(&world, &ana, "read").await;
        if approve {
            view = world.approve(&bo, &view).await;
        }
        assert_eq!(view.state, state);
        world.change_policy("roles/read.json", "GetItem", "*").await;
        if approve {
            let refused = world.mint(&ana, &view).await.problem();
            assert!(["policy", "state"].contains(&refused.as_str()), "{refused}");
        } else {
            let refused = world.review(&bo, &view, Verdict::Approve).await.problem();
            assert!(["policy", "state"].contains(&refused.as_str()), "{refused}");
        }
        // The broker also ends it by itself at its next look.
        let ended = within_a_minute(&world, &ana, &view, State::Revoked).await;
        assert!(ended.closing.unwrap().why.contains("another scope read"));
        assert!(world.cloud.orders.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_review_for_less_makes_the_grant_less() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let mut review = world.review_statement(&cy, &view.digest, Verdict::Approve);
    review.scope = Some(name("write"));
    review.duration = "20m".parse().ok();
    let view: RequestView = world.review_signed(&cy, &view, review).await.read();
    assert_eq!(view.approved_duration, "20m".parse().ok());
    assert_eq!(minted_scope(&world, &ana, &view).await, Some(document("dynamodb:PutItem")));
    let order = world.cloud.orders.lock().unwrap().last().unwrap().clone();
    assert_eq!(order.grant_until.to_string(), "2026-11-23T12:20:00Z");
}

#[tokio::test]
async fn the_scope_of_a_review_is_the_one_that_was_there_to_be_read() {
    let mut world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let mut review = world.review_statement(&cy, &view.digest, Verdict::Approve);
    review.scope = Some(name("read"));
    let view: RequestView = world.review_signed(&cy, &view, review).await.read();
    assert_eq!(view.state, State::Approved);
    world.change_policy("roles/read.json", "GetItem", "*").await;
    let refused = world.mint(&ana, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(world.cloud.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn two_reviews_for_different_scopes_leave_nothing() {
    let mut world = world().await;
    world
        .change_policy("roles/prod.toml", "approval = \"1 of group:sre\"", "approval = \"2 of group:sre\"")
        .await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let scoped = |person: &Person, scope: &str| {
        let mut review = world.review_statement(person, &view.digest, Verdict::Approve);
        review.scope = Some(name(scope));
        review
    };
    let first: RequestView = world.review_signed(&cy, &view, scoped(&cy, "read")).await.read();
    assert_eq!(first.state, State::Pending);
    let refused = world.review_signed(&dee, &view, scoped(&dee, "write")).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("nothing in common"), "{}", refused.detail());
    let both: RequestView = world.review_signed(&dee, &view, scoped(&dee, "read")).await.read();
    assert_eq!(both.state, State::Approved);
    assert_eq!(minted_scope(&world, &ana, &both).await, Some(document("dynamodb:GetItem")));
}

#[tokio::test]
async fn ceilings_only_lower() {
    let world = world().await;
    let (ana, bo, cy) = (world.person("ana").await, world.person("bo").await, world.person("cy").await);
    let (whole, _) = world.ask(&ana, "prod").await;
    let narrow = ask(&world, &ana, "read").await;
    for (view, reviewer, scope, duration, says) in [
        (&whole, &cy, None, "2h", "only 1h was asked for"),
        (&whole, &cy, Some("all"), "30m", "has no scope all"),
        (&narrow, &bo, Some("write"), "30m", "is for read"),
        (&narrow, &bo, None, "31m", "only 30m was asked for"),
    ] {
        let mut review = world.review_statement(reviewer, &view.digest, Verdict::Approve);
        review.scope = scope.map(name);
        review.duration = duration.parse().ok();
        let refused = world.review_signed(reviewer, view, review).await;
        assert_eq!(refused.problem(), "statement", "{says}");
        assert!(refused.detail().contains(says), "{}", refused.detail());
        assert!(world.show(&ana, view).await.reviews.is_empty());
    }
    let mut same = world.review_statement(&bo, &narrow.digest, Verdict::Approve);
    same.scope = Some(name("read"));
    assert_eq!(world.review_signed(&bo, &narrow, same).await.read::<RequestView>().state, State::Approved);
}
