//! Conditions on asking, reviewing and revoking, as the broker evaluates them at each step.

use std::time::Duration;

use jit::grant::State;
use jit::grant::Verdict;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;

use crate::broker::world::World;
use crate::broker::world::first_policy;

/// A broker with these organisation-wide rules, and with conditions on `prod` and `play`.
async fn world(rules: &str, prod: &str) -> World {
    let mut world = World::unstarted();
    if !rules.is_empty() {
        world.write_policy("rules/all.cedar", rules);
    }
    let files = first_policy();
    let (path, text) = files.iter().find(|(path, _)| path == "roles/prod.toml").unwrap();
    world.write_policy(path, &format!("{text}[when]\n{prod}\n"));
    world.start().await.unwrap();
    world
}

#[tokio::test]
async fn hours_are_judged_when_asking_and_at_each_mint() {
    let mut world = world("", "request = \"context.hour >= 9 && context.hour < 18\"").await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let view = world.approve(&cy, &view).await;
    world.pass("5h30m");
    // Used at half past five, renewed until six and no longer.
    world.mint(&ana, &view).await.read::<SealedLease>();
    world.pass("29m");
    world.mint(&ana, &view).await.read::<SealedLease>();
    world.pass("1m");
    let refused = world.mint(&ana, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("[when] request of prod"), "{}", refused.detail());
    world.pass("1h");
    let (statement, _) = world.plan(&ana, "prod").await;
    assert_eq!(world.ask_signed(&ana, statement).await.problem(), "policy");
    world.stop().await;
}

#[tokio::test]
async fn a_condition_that_comes_after_the_approval_holds_for_it() {
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let view = world.approve(&cy, &view).await;
    let from = "[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod\"";
    world
        .change_policy("roles/prod.toml", from, &format!("[when]\nrequest = \"context.hour < 6\"\n{from}"))
        .await;
    assert_eq!(world.mint(&ana, &view).await.problem(), "policy");
    assert!(world.cloud.orders.lock().unwrap().is_empty());
}

const NIGHT: &str = r#"@reason("nobody agrees to production at night")
forbid(principal, action == Action::"review", resource) when { context.hour >= 18 };
"#;

#[tokio::test]
async fn who_may_not_agree_may_still_say_no() {
    let world = world(NIGHT, "").await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    world.pass("6h");
    let refused = world.review(&cy, &view, Verdict::Approve).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("nobody agrees to production at night"), "{}", refused.detail());
    let shown = world.show(&ana, &view).await;
    assert_eq!(
        (shown.state, shown.reviews.len()),
        (State::Pending, 0),
        "what was refused is not written down"
    );
    assert!(shown.missing[0].could_help.is_empty(), "nobody could help now");
    let denied: RequestView = world.review(&dee, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
}

#[tokio::test]
async fn a_condition_keeps_a_person_from_agreeing_to_the_end() {
    let rule = r#"forbid(principal == Person::"cy", action == Action::"review", resource);"#;
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let view = world.approve(&cy, &view).await;
    assert_eq!(view.state, State::Approved);
    // A review counts at a mint only if the reviewer might give it at that time.
    world.write_policy("rules/all.cedar", rule);
    world.change_policy("access.toml", "version", "version").await;
    let refused = world.mint(&ana, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("more reviews"), "{}", refused.detail());
}

#[tokio::test]
async fn conditions_on_revoking_hold_and_name_their_reason() {
    let rule = r#"@reason("only Dee revokes")
forbid(principal, action == Action::"revoke", resource) unless { principal == Person::"dee" };
"#;
    let world = world(rule, "").await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let view = world.approve(&cy, &view).await;
    let refused = world.revoke(&cy, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("only Dee revokes"), "{}", refused.detail());
    assert_eq!(world.show(&ana, &view).await.state, State::Approved);
    assert_eq!(world.revoke(&dee, &view).await.read::<RequestView>().state, State::Revoked);
}

#[tokio::test]
async fn what_a_client_says_of_itself_never_helps() {
    let rules = r#"@reason("agents do not touch production")
forbid(principal, action == Action::"request", resource) when { context.agent || !context.interactive };
"#;
    let world = world(rules, "").await;
    let ana = world.person("ana").await;
    for (interactive, agent) in [(false, false), (true, true), (false, true)] {
        let (mut statement, _) = world.plan(&ana, "prod").await;
        (statement.interactive, statement.agent) = (interactive, agent);
        let refused = world.ask_signed(&ana, statement).await;
        assert_eq!(refused.problem(), "policy");
        assert!(refused.detail().contains("agents do not touch production"), "{}", refused.detail());
    }
    // A forged `interactive` gains nothing over no claim, which every client may send.
    let (statement, _) = world.plan(&ana, "prod").await;
    assert_eq!(world.ask_signed(&ana, statement).await.read::<RequestView>().state, State::Pending);
}

/// A permission that depends on the claim does not load if the check finds it. If it is hidden in a forbid, it is also
/// judged as if the claim were missing.
#[tokio::test]
async fn claims_do_not_lift_a_condition() {
    let rules = r#"forbid(principal, action == Action::"request", resource) unless { context.agent };
"#;
    let world = world(rules, "").await;
    let ana = world.person("ana").await;
    for agent in [false, true] {
        let (mut statement, _) = world.plan(&ana, "prod").await;
        statement.agent = agent;
        assert_eq!(world.ask_signed(&ana, statement).await.problem(), "policy");
    }
}

#[tokio::test]
async fn after_a_denial_nothing_is_approved_by_itself() {
    let world = world("", "auto_approve = \"context.hour >= 13\"").await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "prod").await;
    assert_eq!(view.state, State::Pending);
    let denied: RequestView = world.review(&cy, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    world.clock.advance(Duration::from_secs(3_600));
    let (again, _) = world.ask(&ana, "prod").await;
    assert_eq!(again.state, State::Pending, "people see it, and the denial with it");
    assert!(world.show(&dee, &again).await.denied_before.is_some());
    assert_eq!(world.approve(&dee, &again).await.approved_by, [dee.name]);
    let (bos, _) = world.ask(&world.person("bo").await, "prod").await;
    assert_eq!(bos.state, State::Approved);
}
