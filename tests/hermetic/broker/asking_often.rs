//! Asking and cancelling all day: reviewers are asked so often an hour, and no more.

use jit::grant::span::Span;
use jit::grant::statement::Way;
use jit::protocol::Problem;
use jit::protocol::RequestView;

use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::key_of;

/// The world in which ana has an agent and cy has two, and in which other offers break-glass.
async fn world() -> World {
    let mut world = World::unstarted();
    let mut people = world.policy["people.toml"].clone();
    for (agent, owner) in [("ana-bot", "ana"), ("cy-bot", "cy"), ("cy-two", "cy")] {
        let key = jit::identity::Signer::public_key(&key_of(agent));
        people.push_str(&format!("[agents.{agent}]\nof = \"{owner}\"\nkeys = [\"{key}\"]\n"));
    }
    world.write_policy("people.toml", &people);
    let prod = world.policy["roles/prod.toml"]
        .replace("requesters = [", "requesters = [\"agents-of:group:dev\", \"agents-of:group:sre\", ");
    world.write_policy("roles/prod.toml", &prod);
    let other = world.policy["roles/other.toml"].clone();
    let glass = "[break_glass]\nrequesters = [\"group:dev\"]\nmax_duration = \"30m\"\n";
    world.write_policy("roles/other.toml", &format!("{other}{glass}"));
    world.start().await.unwrap();
    world
}

/// Asks for prod a second later, and takes the request back if it was taken.
async fn ask_and_cancel(world: &World, person: &Person) -> Answer {
    world.pass("1s");
    let (asked, _) = world.plan(person, "prod").await;
    let answer = world.ask_signed(person, asked).await;
    if answer.status() == 201 {
        let view: RequestView = answer.read();
        let path = format!("/v1/requests/{}/end", view.id);
        world.post_nothing(&path, person).await.read::<RequestView>();
    }
    answer
}

/// Asks and cancels until it is refused. Returns how often it was taken, and the refusal.
async fn until_refused(world: &World, person: &Person) -> (usize, Answer) {
    for taken in 0..100 {
        let answer = ask_and_cancel(world, person).await;
        if answer.status() != 201 {
            assert_eq!(answer.problem(), "too_many");
            return (taken, answer);
        }
    }
    panic!("nothing refuses it");
}

fn seconds(refused: &Answer) -> u64 {
    refused.0.header("retry-after").unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_person_asks_reviewers_sixty_times_an_hour() {
    let mut world = world().await;
    let ana = world.person("ana").await;
    // Equal open requests are one, however often they are made.
    let (first, _) = world.ask(&ana, "vault").await;
    for _ in 0..70 {
        world.pass("1s");
        assert_eq!(world.ask(&ana, "vault").await.0.id, first.id);
    }
    let (taken, refused) = until_refused(&world, &ana).await;
    assert_eq!((taken, refused.status()), (59, 429));
    let problem: Problem = serde_json::from_slice(&refused.0.body).unwrap();
    assert!(problem.detail.contains("you made 60 requests for review within the last hour"), "{problem:?}");
    assert!(problem.hint.unwrap().starts_with("ask again in 58 min"));

    // What asks nobody goes on, and so does an emergency.
    let (automatic, _) = world.ask(&ana, "play").await;
    assert_eq!(automatic.state, jit::grant::State::Approved);
    let (mut emergency, _) = world.plan(&ana, "other").await;
    emergency.way = Way::BreakGlass;
    emergency.duration = "20m".parse().unwrap();
    emergency.not_after = "40m".parse::<Span>().unwrap().after(emergency.created);
    assert_eq!(world.ask_signed(&ana, emergency).await.status(), 201);
    // And so do others, also ana's own agent.
    for other in ["bo", "ana-bot"] {
        let other = world.person(other).await;
        assert_eq!(ask_and_cancel(&world, &other).await.status(), 201);
    }

    world.stop().await;
    world.start().await.unwrap();
    let refused = ask_and_cancel(&world, &ana).await;
    assert_eq!(refused.problem(), "too_many", "a restart forgets nothing");
    world.pass(&format!("{}s", seconds(&refused) - 2));
    let ana = world.person("ana").await;
    let refused = ask_and_cancel(&world, &ana).await;
    assert_eq!((refused.problem().as_str(), seconds(&refused)), ("too_many", 1));
    assert_eq!(ask_and_cancel(&world, &ana).await.status(), 201, "the oldest is an hour old");
    world.stop().await;
}

#[tokio::test]
async fn agents_of_one_person_ask_thirty_times_and_their_owner_still_asks() {
    let mut world = world().await;
    let (bot, two) = (world.person("cy-bot").await, world.person("cy-two").await);
    for _ in 0..10 {
        assert_eq!(ask_and_cancel(&world, &two).await.status(), 201);
    }
    let (taken, refused) = until_refused(&world, &bot).await;
    assert_eq!(taken, 20);
    let detail = refused.detail();
    assert!(detail.contains("the agents of this person made 30 requests"), "{detail}");
    assert_eq!(ask_and_cancel(&world, &two).await.problem(), "too_many");
    let (cy, other) = (world.person("cy").await, world.person("ana-bot").await);
    let (taken, _) = until_refused(&world, &cy).await;
    assert_eq!(taken, 60, "agents use nothing of their owner's");
    assert_eq!(ask_and_cancel(&world, &other).await.status(), 201);
    world.stop().await;
}
