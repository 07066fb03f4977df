//! Each statement is read once and verified once where a request is taken, and lists judge only what changed. A policy, a clock
//! or a fact that changed is seen at once all the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;

use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::identity::statement::sign;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use tracing::Event;
use tracing::Metadata;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing::span::Attributes;
use tracing::span::Id;
use tracing::span::Record;

use crate::world::Person;
use crate::world::World;

/// Counts what the broker says of its own work.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<BTreeMap<String, usize>>>);

struct Word(String);

impl Visit for Word {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target() == "jit::work"
    }

    fn event(&self, event: &Event<'_>) {
        let mut word = Word(String::new());
        event.record(&mut word);
        *self.0.lock().unwrap().entry(word.0).or_default() += 1;
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Counter {
    /// How often each thing was done since the last look: read, verified, judged.
    fn take(&self) -> [usize; 3] {
        let counted = std::mem::take(&mut *self.0.lock().unwrap());
        ["read", "verified", "judged"].map(|word| counted.get(word).copied().unwrap_or_default())
    }
}

async fn list(world: &World, which: &str, person: &Person) -> Vec<RequestView> {
    world.get(&format!("/v1/requests?list={which}"), person).await.read::<RequestList>().requests
}

fn count() -> (Counter, tracing::subscriber::DefaultGuard) {
    let counter = Counter::default();
    (counter.clone(), tracing::subscriber::set_default(counter))
}

#[tokio::test]
async fn a_request_is_read_verified_and_judged_once() {
    let world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    for role in ["prod", "vault"] {
        let (statement, _) = world.plan(&ana, role).await;
        let signed = sign(&Statement::Request(Box::new(statement)), &ana.signer).unwrap();
        let (counter, _counting) = count();
        let view: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
        assert_eq!(counter.take(), [1, 1, 1], "{role}");
        // The same bytes again are answered, and not judged.
        world.post("/v1/requests", &ana, &signed).await.read::<RequestView>();
        assert_eq!(counter.take(), [1, 1, 0], "{role}");
        assert_eq!(world.show(&cy, &view).await.missing, view.missing);
        assert_eq!(counter.take(), [0, 0, 0], "{role}");
    }
    // And where nobody has to agree.
    let (statement, _) = world.plan(&ana, "play").await;
    let signed = sign(&Statement::Request(Box::new(statement)), &ana.signer).unwrap();
    let (counter, _counting) = count();
    let view: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
    assert_eq!((view.state, counter.take()), (State::Approved, [1, 1, 1]));
}

#[tokio::test]
async fn lists_judge_only_what_changed() {
    let mut world = World::new().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "prod").await;
    let (counter, _counting) = count();
    for (which, person) in [("mine", &ana), ("inbox", &cy), ("all", &cy), ("open", &cy)] {
        let listed = list(&world, which, person).await;
        assert_eq!(listed.iter().map(|listed| &listed.id).collect::<Vec<_>>(), [&view.id], "{which}");
        assert_eq!(listed[0].missing, view.missing, "{which}");
    }
    assert_eq!(counter.take(), [0, 0, 0]);
    // Another policy in force is another judgement, and its word is what is shown.
    world.change_policy("roles/prod.toml", "1 of group:sre", "2 of group:sre").await;
    counter.take();
    let listed = list(&world, "mine", &ana).await;
    assert_ne!(listed[0].missing, view.missing);
    assert_eq!(counter.take(), [1, 1, 1]);
    assert_eq!(list(&world, "inbox", &cy).await[0].missing, listed[0].missing);
    assert_eq!(counter.take(), [0, 0, 0]);
    // A review makes another version.
    world.review(&cy, &view, Verdict::Approve).await.read::<RequestView>();
    counter.take();
    let reviewed = list(&world, "mine", &ana).await;
    assert_ne!(reviewed[0].missing, listed[0].missing, "one is enough now, or one less is missing");
    list(&world, "mine", &ana).await;
    assert!(counter.take()[2] <= 1, "at most once for the new version");
}

#[tokio::test]
async fn a_condition_on_the_time_is_judged_each_time() {
    let mut world = World::new().await;
    let when = "[when]\nauto_approve = \"context.hour >= 13\"\n[aws]";
    world.change_policy("roles/prod.toml", "[aws]", when).await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    assert_eq!(view.missing.len(), 1, "not yet");
    let (counter, _counting) = count();
    assert_eq!(list(&world, "mine", &ana).await[0].missing, view.missing);
    assert_eq!(counter.take(), [1, 1, 1], "nothing is remembered where the time counts");
    world.pass("1h");
    assert!(list(&world, "mine", &ana).await[0].missing.is_empty(), "the clock is seen");
    assert_eq!(counter.take(), [1, 1, 1]);
}
