//! The client's claims about itself are judged for an extension as for a request.

use jit::grant::State;
use jit::protocol::RequestView;

use crate::broker::extending::active;
use crate::broker::extending::plan;
use crate::broker::extending::world;

/// A rule against agents refuses an extension that an agent requests for a person's grant, also if it needs a review.
#[tokio::test]
async fn a_rule_against_agents_stops_more_time() {
    for role in ["easy", "long"] {
        let mut world = world().await;
        world.stop().await;
        world.write_policy(
            "rules/agents.cedar",
            "forbid (principal, action, resource) when { context.agent };\n",
        );
        world.start().await.unwrap();
        let ana = world.person("ana").await;
        let first = active(&world, &ana, role).await;
        let mut statement = plan(&world, &ana, &first).await;
        statement.agent = true;
        let refused = world.ask_signed(&ana, statement.clone()).await;
        assert_eq!(refused.status(), 403, "{role}: {}", refused.detail());
        assert_eq!(refused.problem(), "policy", "{role}");
        assert_eq!(world.show(&ana, &first).await.active_until, first.active_until);
        statement.agent = false;
        let view: RequestView = world.ask_signed(&ana, statement).await.read();
        assert!(matches!(view.state, State::Pending | State::Active), "{role}");
        world.stop().await;
    }
}

/// A rule that is added later takes the time away again, at the next mint.
#[tokio::test]
async fn a_later_rule_against_agents_takes_the_time_away() {
    let mut world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "easy").await;
    let mut statement = plan(&world, &ana, &first).await;
    statement.agent = true;
    let given: RequestView = world.ask_signed(&ana, statement).await.read();
    assert_eq!(given.state, State::Active);
    world.stop().await;
    world
        .write_policy("rules/agents.cedar", "forbid (principal, action, resource) when { context.agent };\n");
    world.start().await.unwrap();
    let ana = world.person("ana").await;
    world.pass("61m");
    let late = world.mint(&ana, &first).await;
    assert!(late.status() >= 400, "{}", late.status());
    world.stop().await;
}
