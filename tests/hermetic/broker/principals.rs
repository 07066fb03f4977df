//! Agents as principals at a broker: they log in by their own key, ask and use, and gain nothing else.

use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity::statement::sign;
use jit::protocol::Challenge;
use jit::protocol::EventList;
use jit::protocol::Problem;
use jit::protocol::RequestView;
use serde_json::Value;

use crate::broker::leaving::within_a_minute;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::key_of;
use crate::broker::world::stranger;

/// The world with an agent of ana, two of cy, who reviews, and one of pat, whose key is hardware.
async fn world() -> World {
    let mut world = World::unstarted();
    let mut people = world.policy["people.toml"].clone();
    for (bot, owner) in [("ana-bot", "ana"), ("cy-bot", "cy"), ("cy-two", "cy"), ("pat-bot", "pat-touch")] {
        let key = key_of(bot);
        people.push_str(&format!(
            "[agents.{bot}]\nof = \"{owner}\"\nkeys = [\"{}\"]\n",
            jit::identity::Signer::public_key(&key)
        ));
    }
    world.write_policy("people.toml", &people);
    for role in ["prod", "vault", "sealed", "play", "other"] {
        let path = format!("roles/{role}.toml");
        let text = world.policy[&path].replace(
            "requesters = [",
            "requesters = [\"agents-of:group:dev\", \"agents-of:group:sre\", \"agents-of:group:hardware\", ",
        );
        let owner = if role == "sealed" { "owner_may_approve = true\n" } else { "" };
        world.write_policy(&path, &format!("{owner}{text}"));
    }
    world.start().await.unwrap();
    world
}

#[tokio::test]
async fn an_agent_asks_somebody_agrees_and_it_uses() {
    let mut world = world().await;
    let (bot, ana, cy) = (world.person("ana-bot").await, world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&bot, "prod").await;
    assert_eq!((view.state, view.agent_of.as_ref()), (State::Pending, Some(&ana.name)));
    // Its owner and its reviewers read whose agent asks, by the policy and not by its words.
    for reader in [&ana, &cy] {
        assert_eq!(world.show(reader, &view).await.agent_of, Some(ana.name.clone()));
    }
    assert!(!world.show(&ana, &view).await.may_review);
    assert_eq!(world.review(&ana, &view, Verdict::Approve).await.problem(), "forbidden");
    assert_eq!(world.approve(&cy, &view).await.state, State::Approved);
    assert_eq!(world.mint(&bot, &view).await.status(), 201);
    // Not its owner: the access is the agent's.
    assert!(world.mint(&ana, &view).await.status() >= 400);
    assert_eq!(world.revoke(&ana, &view).await.status(), 200);
    assert!(world.mint(&bot, &view).await.status() >= 400);
    world.stop().await;
}

#[tokio::test]
async fn an_agent_reviews_revokes_and_reads_nothing_of_others() {
    let mut world = world().await;
    let (bot, two) = (world.person("cy-bot").await, world.person("cy-two").await);
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let (by_ana, _) = world.ask(&ana, "prod").await;
    let (by_two, _) = world.ask(&two, "prod").await;
    for view in [&by_ana, &by_two] {
        assert_eq!(world.get(&format!("/v1/requests/{}", view.id), &bot).await.status(), 404);
        for verdict in [Verdict::Approve, Verdict::Deny] {
            assert_eq!(world.review(&bot, view, verdict).await.status(), 404);
        }
        assert_eq!(world.revoke(&bot, view).await.status(), 404);
    }
    // Its own, it reads and cannot decide.
    let (own, _) = world.ask(&bot, "prod").await;
    assert!(!world.show(&bot, &own).await.may_review);
    assert_eq!(world.review(&bot, &own, Verdict::Approve).await.problem(), "forbidden");
    for list in ["inbox", "all", "open"] {
        let listed: Value = world.get(&format!("/v1/requests?list={list}"), &bot).await.read();
        assert!(!listed.to_string().contains(by_ana.id.as_str()), "{list}: {listed}");
        assert!(!listed.to_string().contains(by_two.id.as_str()), "{list}: {listed}");
    }
    assert!(world.get("/v1/events", &bot).await.status() >= 400);
    assert!(world.post_nothing("/v1/page/code", &bot).await.status() >= 400);
    // The owner's word on their own agent's request counts for nothing, in either direction.
    assert_eq!(world.review(&cy, &own, Verdict::Approve).await.problem(), "forbidden");
    assert_eq!(world.approve(&dee, &own).await.state, State::Approved);
    world.stop().await;
}

#[tokio::test]
async fn nobody_comes_in_with_the_others_key() {
    let mut world = world().await;
    for (who, signer) in
        [("ana", "ana-bot"), ("ana-bot", "ana"), ("cy-bot", "cy-two"), ("ana-bot", "mallory")]
    {
        let challenge: Challenge = world.call("POST", "/v1/login/challenge", "", None::<&()>).await.read();
        let forger = Person { signer: key_of(signer), ..stranger(who) };
        let signed = world.login_statement(&forger, &challenge.challenge);
        let refused = world.call("POST", "/v1/login", "", Some(&signed)).await;
        assert_eq!(refused.problem(), "statement", "{who} by {signer}");
    }
    // With an agent's session, its owner's statement goes nowhere.
    let (bot, ana) = (world.person("ana-bot").await, world.person("ana").await);
    let (statement, _) = world.plan(&ana, "prod").await;
    let signed = sign(&Statement::Request(Box::new(statement)), &ana.signer).unwrap();
    assert!(world.post("/v1/requests", &bot, &signed).await.status() >= 400);
    let (mut statement, _) = world.plan(&bot, "prod").await;
    statement.header.who = ana.name.clone();
    let signed = sign(&Statement::Request(Box::new(statement)), &bot.signer).unwrap();
    for session in [&bot, &ana] {
        assert!(world.post("/v1/requests", session, &signed).await.status() >= 400);
    }
    world.stop().await;
}

#[tokio::test]
async fn agents_do_not_flood_and_do_not_block_their_owner() {
    let mut world = world().await;
    let (bot, two) = (world.person("cy-bot").await, world.person("cy-two").await);
    let cy = world.person("cy").await;
    let mut taken = 0;
    let mut last = String::new();
    for (agent, role) in
        [(&bot, "prod"), (&bot, "vault"), (&bot, "sealed"), (&two, "prod"), (&two, "vault"), (&two, "other")]
    {
        let (statement, _) = world.plan(agent, role).await;
        let answer = world.ask_signed(agent, statement).await;
        if answer.status() == 201 {
            taken += 1;
        } else {
            let problem: Problem = serde_json::from_slice(&answer.0.body).unwrap();
            last = problem.code;
        }
    }
    assert_eq!((taken, last.as_str()), (5, "too_many"), "one owner's agents together");
    let (view, _) = world.ask(&cy, "prod").await;
    assert_eq!(view.state, State::Pending, "their owner still asks");
    // Equal requests are one.
    let before = world.ask(&bot, "prod").await.0.id;
    for _ in 0..20 {
        assert_eq!(world.ask(&bot, "prod").await.0.id, before);
    }
    world.stop().await;
}

#[tokio::test]
async fn a_denial_counts_for_owner_and_agent_alike() {
    let mut world = world().await;
    let (bot, ana, cy) = (world.person("ana-bot").await, world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&bot, "prod").await;
    let denied: RequestView = world.review(&cy, &view, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    let (again, _) = world.ask(&ana, "prod").await;
    let before = world.show(&cy, &again).await.denied_before.expect("the reviewer sees it");
    assert_eq!(before.what.as_deref(), Some("a request of ana-bot for prod"));
    world.stop().await;
}

#[tokio::test]
async fn an_owner_approves_only_by_touch_and_where_the_role_says_so() {
    let mut world = world().await;
    let (of_pat, of_cy) = (world.person("pat-bot").await, world.person("cy-bot").await);
    let (pat, cy) = (world.person("pat-touch").await, world.person("cy").await);
    let (view, _) = world.ask(&of_pat, "sealed").await;
    assert!(world.show(&pat, &view).await.may_review);
    assert_eq!(world.approve(&pat, &view).await.state, State::Approved);
    let (view, _) = world.ask(&of_cy, "sealed").await;
    assert_eq!(world.review(&cy, &view, Verdict::Approve).await.problem(), "policy");
    assert_eq!(world.show(&cy, &view).await.state, State::Pending);
    world.stop().await;
}

#[tokio::test]
async fn words_for_the_reviewer_stay_words() {
    let mut world = world().await;
    let bot = world.person("ana-bot").await;
    for reason in ["INC-42 \u{202e}evorppa", "INC-42\u{200b}", "INC-42\napprove this"] {
        let (plan, _) = world.plan(&bot, "prod").await;
        let statement = RequestStatement { reason: reason.to_owned(), ..plan };
        let refused = match sign(&Statement::Request(Box::new(statement)), &bot.signer) {
            Ok(signed) => world.post("/v1/requests", &bot, &signed).await.status() >= 400,
            Err(_) => true,
        };
        assert!(refused, "{reason:?}");
    }
    let (plan, _) = world.plan(&bot, "play").await;
    let glass = RequestStatement { way: Way::BreakGlass, ..plan };
    assert!(world.ask_signed(&bot, glass).await.status() >= 400);
    world.stop().await;
}

/// With a person, their agents' requests and access end.
#[tokio::test]
async fn a_person_who_leaves_takes_their_agents_access_along() {
    let mut world = world().await;
    let (bot, cy) = (world.person("ana-bot").await, world.person("cy").await);
    let (active, _) = world.ask(&bot, "prod").await;
    world.approve(&cy, &active).await;
    assert_eq!(world.mint(&bot, &active).await.status(), 201);
    let (waits, _) = world.ask(&bot, "vault").await;
    let people = world.policy["people.toml"].replace("[agents.ana-bot]", "[agents.anna-bot]");
    let people = people.replace("[people.ana]", "[people.anna]").replace("\"ana\"", "\"anna\"");
    world.write_policy("people.toml", &people);
    for view in [&active, &waits] {
        let ended = within_a_minute(&world, &cy, view, State::Revoked).await;
        let why = ended.closing.unwrap().why;
        assert!(why.contains("ana-bot is no longer"), "{why}");
    }
    assert!(world.mint(&bot, &active).await.status() >= 400);
    world.stop().await;
}

/// Reviewers agreed to an agent of ana, and to nobody else's.
#[tokio::test]
async fn an_agent_with_another_owner_loses_what_rests_on_the_first() {
    let mut world = world().await;
    let (bot, cy) = (world.person("ana-bot").await, world.person("cy").await);
    let (active, _) = world.ask(&bot, "prod").await;
    world.approve(&cy, &active).await;
    assert_eq!(world.mint(&bot, &active).await.status(), 201);
    let (approved, _) = world.ask(&bot, "other").await;
    world.approve(&cy, &approved).await;
    world.change_policy("people.toml", "of = \"ana\"", "of = \"bo\"").await;
    for view in [&active, &approved] {
        assert!(world.mint(&bot, view).await.status() >= 400);
    }
    // It asks as its new owner's.
    let (again, _) = world.ask(&bot, "vault").await;
    assert_eq!(again.agent_of.as_ref().map(|owner| owner.as_str()), Some("bo"));
    world.stop().await;
}

/// The log says whose agent asked, by the policy in force.
#[tokio::test]
async fn events_of_an_agents_request_name_its_owner() {
    let mut world = world().await;
    let (bot, ana) = (world.person("ana-bot").await, world.person("ana").await);
    world.ask(&bot, "prod").await;
    world.ask(&ana, "prod").await;
    let auditor = world.person("eve").await;
    let list: EventList = world.get("/v1/events", &auditor).await.read();
    let owners: Vec<_> = list
        .events
        .iter()
        .filter(|event| event.word == "requested")
        .map(|event| event.agent_of.clone())
        .collect();
    assert_eq!(owners, [Some(ana.name.clone()), None]);
    assert!(
        list.events.iter().filter(|event| event.word != "requested").all(|event| event.agent_of.is_none())
    );
    world.stop().await;
}

#[tokio::test]
async fn an_agent_that_the_policy_forgets_loses_session_and_access() {
    let mut world = world().await;
    let (bot, cy) = (world.person("ana-bot").await, world.person("cy").await);
    let (view, _) = world.ask(&bot, "prod").await;
    world.approve(&cy, &view).await;
    assert_eq!(world.mint(&bot, &view).await.status(), 201);
    world.change_policy("people.toml", "[agents.ana-bot]", "[agents.ana-other]").await;
    assert_eq!(world.mint(&bot, &view).await.status(), 401);
    world.stop().await;
}
