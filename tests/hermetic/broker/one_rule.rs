//! One rule for who may review: inbox, view, the list of missing reviews and the review itself use both revisions.

use jit::grant::State;
use jit::grant::Verdict;
use jit::identity::Signer;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use jit::protocol::RoleView;

use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::key_of;

async fn inbox(world: &World, person: &Person) -> Vec<String> {
    let list: RequestList = world.get("/v1/requests?list=inbox", person).await.read();
    list.requests.iter().map(|view| view.id.to_string()).collect()
}

/// Nobody is shown as a possible reviewer whose review would be refused.
async fn agrees(world: &World, reviewer: &Person, view: &RequestView, may: bool) {
    let shown = world.show(reviewer, view).await;
    let helps = shown.missing.iter().any(|missing| missing.could_help.contains(&reviewer.name));
    let listed = inbox(world, reviewer).await.contains(&view.id.to_string());
    assert_eq!((shown.may_review, helps, listed), (may, may, may), "{}", reviewer.name);
    assert_eq!(shown.why_not.is_some(), !may, "{}", reviewer.name);
    let review = world.review(reviewer, view, Verdict::Approve).await;
    if may {
        assert_eq!(review.read::<RequestView>().state, State::Approved);
    } else {
        assert_eq!(review.problem(), "forbidden");
        assert!(review.detail().contains("ana must ask again"), "{}", review.detail());
    }
}

#[tokio::test]
async fn somebody_who_joined_later_reviews_only_what_is_asked_later() {
    let mut world = World::new().await;
    let (ana, eve) = (world.person("ana").await, world.person("eve").await);
    let (view, _) = world.ask(&ana, "prod").await;
    assert_eq!(view.missing[0].could_help.len(), 2);
    world.change_policy("people.toml", "sre = [\"cy\", \"dee\"]", "sre = [\"cy\", \"dee\", \"eve\"]").await;
    agrees(&world, &eve, &view, false).await;
    let shown = world.show(&ana, &view).await;
    assert_eq!(shown.missing[0].could_help.len(), 2, "{:?}", shown.missing);
    assert_eq!(shown.ask_again, None, "cy and dee still can");
    world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read::<RequestView>();
    let (again, _) = world.ask(&ana, "prod").await;
    agrees(&world, &eve, &again, true).await;
}

#[tokio::test]
async fn a_new_key_reviews_only_what_is_asked_later() {
    let mut world = World::new().await;
    let ana = world.person("ana").await;
    let (view, _) = world.ask(&ana, "prod").await;
    let (old, new) = (key_of("cy").public_key().to_owned(), key_of("cy-new").public_key().to_owned());
    world.change_policy("people.toml", &old, &new).await;
    let mut cy = crate::broker::world::stranger("cy");
    cy.signer = key_of("cy-new");
    cy.token = world.log_in(&cy).await;
    agrees(&world, &cy, &view, false).await;
    assert_eq!(world.show(&ana, &view).await.missing[0].could_help, ["dee".parse().unwrap()]);
    let dee = world.person("dee").await;
    agrees(&world, &dee, &view, true).await;
}

#[tokio::test]
async fn what_nobody_can_approve_says_so_before_and_after_asking() {
    let mut world = World::unstarted();
    let people = std::fs::read_to_string(world.folder.path().join("policy/people.toml")).unwrap();
    world.write_policy("people.toml", &format!("{people}solo = [\"ana\"]\n"));
    let prod = std::fs::read_to_string(world.folder.path().join("policy/roles/prod.toml")).unwrap();
    let prod = prod.replace("1 of group:sre", "1 of group:solo");
    world.write_policy("roles/prod.toml", &prod);
    world.start().await.unwrap();
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let role = async |person: &Person| world.get("/v1/roles/prod", person).await.read::<RoleView>();
    assert!(!role(&ana).await.approvable);
    assert!(role(&bo).await.approvable, "ana could approve it for bo");
    let (view, _) = world.ask(&ana, "prod").await;
    let why = world.show(&ana, &view).await.ask_again.unwrap();
    assert!(why.contains("without ana"), "{why}");
    world.change_policy("people.toml", "solo = [\"ana\"]", "solo = [\"ana\", \"bo\"]").await;
    let why = world.show(&ana, &view).await.ask_again.unwrap();
    assert!(why.contains("asked under an older policy"), "{why}");
    agrees(&world, &bo, &view, false).await;
    assert!(world.get("/v1/roles/prod", &ana).await.read::<RoleView>().approvable);
}

/// Conditions depend on the time: a request that they prevent now may be approved later, and is not impossible.
#[tokio::test]
async fn a_night_makes_nothing_impossible() {
    let mut world = World::new().await;
    let rule = "forbid(principal, action == Action::\"review\", resource) when { context.hour >= 12 };\n";
    world.write_policy("rules/night.cedar", rule);
    world.change_policy("access.toml", "version", "version").await;
    let ana = world.person("ana").await;
    assert!(world.get("/v1/roles/prod", &ana).await.read::<RoleView>().approvable);
    let (view, _) = world.ask(&ana, "prod").await;
    assert_eq!(world.show(&ana, &view).await.ask_again, None);
}
