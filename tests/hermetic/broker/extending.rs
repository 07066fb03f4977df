//! Extensions of a grant: what they need, what they are worth, and what gains no time.

use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::protocol::EventList;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use jit::protocol::RoleView;
use jit::protocol::SealedLease;

use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::open;

const EXTEND: &str = "extend = { times = 2, approval = \"1 of group:sre\" }";

/// The usual world, with roles that can be extended.
pub async fn world() -> World {
    let mut world = World::unstarted();
    let role = |name: &str, approval: &str, extend: &str| {
        format!(
            "requesters = [\"group:dev\", \"group:sre\"]\napproval = \"{approval}\"\nduration = \"1h\"\nmax_duration = \"4h\"\n\
             lease = \"1h\"\n{extend}\n[aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{name}\"\nregion = \"eu-west-1\"\n"
        )
    };
    world.write_policy("roles/long.toml", &role("long", "1 of group:sre", EXTEND));
    world.write_policy(
        "roles/easy.toml",
        &role("easy", "none", "extend = { times = 1, approval = \"none\" }"),
    );
    world.write_policy(
        "roles/lead.toml",
        &role("lead", "1 of group:sre", "extend = { times = 1, approval = \"1 of group:security\" }"),
    );
    world.write_policy(
        "roles/hard.toml",
        &role(
            "hard",
            "1 of group:sre",
            "extend = { times = 1, approval = \"1 of group:hardware\", signed = \"touch\" }",
        ),
    );
    world.start().await.unwrap();
    world
}

/// An active grant, approved by cy if an approval is needed.
pub async fn active(world: &World, person: &Person, role: &str) -> RequestView {
    let (view, _) = world.ask(person, role).await;
    if view.state == State::Pending {
        let cy = world.person("cy").await;
        world.approve(&cy, &view).await;
    }
    world.mint(person, &view).await.read::<SealedLease>();
    world.show(person, &view).await
}

/// The statement that the person's client would make for a 30-minute extension.
pub async fn plan(world: &World, person: &Person, first: &RequestView) -> RequestStatement {
    let Statement::Request(asked) = Statement::parse(first.signed.statement.as_bytes()).unwrap() else {
        panic!("no request")
    };
    let (mut statement, _) = world.plan(person, asked.role.as_str()).await;
    statement.way = Way::Extend(first.digest);
    statement.duration = "30m".parse().unwrap();
    if let Some(end) = first.active_until {
        statement.not_after = statement.duration.after(end);
    }
    statement
}

pub async fn try_extend(world: &World, person: &Person, first: &RequestView) -> Answer {
    let statement = plan(world, person, first).await;
    world.ask_signed(person, statement).await
}

pub async fn extend(world: &World, person: &Person, first: &RequestView) -> RequestView {
    try_extend(world, person, first).await.read()
}

pub fn end_of(view: &RequestView) -> String {
    view.active_until.unwrap().to_string()
}

pub async fn minted_until(world: &World, person: &Person, first: &RequestView) -> String {
    world.mint(person, first).await.read::<SealedLease>().active_until.to_string()
}

#[tokio::test]
async fn ask_approve_go_on_and_end() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (asked, key) = world.ask(&ana, "long").await;
    world.approve(&cy, &asked).await;
    world.mint(&ana, &asked).await.read::<SealedLease>();
    let first = world.show(&ana, &asked).await;
    world.pass("20m");

    let extension = extend(&world, &ana, &first).await;
    assert_eq!(extension.state, State::Pending);
    assert_eq!(extension.approval, "1 of group:sre");
    let extends = extension.extends.clone().unwrap();
    assert_eq!((extends.id, extends.until), (first.id.clone(), first.active_until));
    assert_eq!(extension.pending_until, first.active_until.unwrap(), "undecided at the end, it lapses");
    let waiting = world.show(&ana, &first).await;
    assert_eq!((waiting.extensions.len(), waiting.extensions[0].until), (1, None));
    let inbox: RequestList = world.get("/v1/requests?list=inbox", &cy).await.read();
    assert_eq!(inbox.requests[0].id, extension.id);
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:00:00Z", "asking is not having");

    let approved = world.approve(&cy, &extension).await;
    assert_eq!((approved.state, end_of(&approved).as_str()), (State::Active, "2026-11-23T13:30:00Z"));
    let longer = world.show(&ana, &first).await;
    assert_eq!((longer.state, end_of(&longer).as_str()), (State::Active, "2026-11-23T13:30:00Z"));
    assert_eq!(longer.extensions[0].id, extension.id);
    assert_eq!(longer.extensions[0].signed, extension.signed);

    world.pass("45m");
    let sealed: SealedLease = world.mint(&ana, &first).await.read();
    assert_eq!(sealed.active_until.to_string(), "2026-11-23T13:30:00Z");
    assert_eq!(open(&sealed, &first, &key).expires, sealed.active_until, "past the first end");
    let order = world.cloud.orders.lock().unwrap().last().unwrap().clone();
    assert_eq!(order.grant_until, sealed.active_until, "the cloud enforces the new end");
    assert_eq!(order.request, first.id, "and knows the first request");
    world.pass("25m");
    assert_eq!(world.show(&ana, &first).await.state, State::Ended);
    assert_eq!(world.show(&ana, &extension).await.state, State::Ended);
    assert_eq!(world.mint(&ana, &first).await.problem(), "state");

    let eve = world.person("eve").await;
    let log: EventList = world.get("/v1/events", &eve).await.read();
    let words: Vec<&str> = log.events.iter().map(|event| event.word.as_str()).collect();
    let moved = words.iter().position(|word| *word == "extended").unwrap();
    assert_eq!(words[moved - 3..=moved], ["reviewed", "approved", "activated", "extended"]);
}

#[tokio::test]
async fn open_requests_and_open_extensions_do_not_stand_in_each_others_way() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    assert_eq!(extend(&world, &ana, &first).await.id, extension.id, "an equal one is reused");
    let mut other = plan(&world, &ana, &first).await;
    other.duration = "20m".parse().unwrap();
    other.not_after = other.duration.after(first.active_until.unwrap());
    let answer = world.ask_signed(&ana, other).await;
    assert_eq!(answer.problem(), "conflict");
    assert!(answer.detail().contains(extension.id.as_str()));
    // An equal ordinary request finds the grant itself, never the extension.
    let (again, _) = world.plan(&ana, "long").await;
    assert_eq!(world.ask_signed(&ana, again).await.read::<RequestView>().id, first.id);
    assert_eq!(world.ask(&ana, "prod").await.0.state, State::Pending);
}

#[tokio::test]
async fn a_denial_leaves_the_grant_as_it_is() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    assert_eq!(
        world.review(&ana, &extension, Verdict::Approve).await.problem(),
        "forbidden",
        "nobody reviews their own"
    );
    let denied: RequestView = world.review(&cy, &extension, Verdict::Deny).await.read();
    assert_eq!(denied.state, State::Denied);
    let shown = world.show(&ana, &first).await;
    assert_eq!(
        (shown.state, end_of(&shown).as_str(), shown.extensions.len()),
        (State::Active, "2026-11-23T13:00:00Z", 0)
    );
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:00:00Z");
    // Cancelling an extension leaves the grant too.
    let extension = extend(&world, &ana, &first).await;
    let before = extension.denied_before.as_ref().unwrap();
    assert_eq!(
        (before.by.as_ref().unwrap().as_str(), before.what.as_deref()),
        ("cy", Some("more time for long"))
    );
    let cancelled: RequestView =
        world.post_nothing(&format!("/v1/requests/{}/end", extension.id), &ana).await.read();
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(world.show(&ana, &first).await.state, State::Active);
    assert_eq!(world.review(&cy, &extension, Verdict::Approve).await.problem(), "state");
}

#[tokio::test]
async fn it_is_reviewed_by_the_rule_that_the_role_has_for_it() {
    let world = world().await;
    let (ana, bo, cy, eve) = (
        world.person("ana").await,
        world.person("bo").await,
        world.person("cy").await,
        world.person("eve").await,
    );
    let first = active(&world, &ana, "lead").await;
    let extension = extend(&world, &ana, &first).await;
    assert_eq!(extension.missing[0].demand, "1 of group:security");
    // Reviewers of the ordinary way may deny an extension, not approve it. Bo may do neither.
    assert_eq!(world.review(&cy, &extension, Verdict::Approve).await.problem(), "forbidden");
    assert!(!world.show(&cy, &extension).await.may_review);
    assert_eq!(world.review(&bo, &extension, Verdict::Approve).await.problem(), "not_found");
    assert!(world.show(&eve, &extension).await.may_review);
    let role: RoleView = world.get("/v1/roles/lead", &eve).await.read();
    assert!(role.may_review && !role.may_request, "eve's client can show what she decides about");
    let extend_view = world.get("/v1/roles/lead", &ana).await.read::<RoleView>().extend.unwrap();
    assert_eq!((extend_view.times, extend_view.approval.as_str()), (1, "1 of group:security"));
    assert_eq!(extend_view.approvers.len(), 2);
    assert_eq!(world.approve(&eve, &extension).await.state, State::Active);
    // Eve may not review the role's requests, and so may not revoke one. She may revoke the extension that she
    // approved, and the whole grant ends with it.
    assert_eq!(world.revoke(&eve, &first).await.problem(), "forbidden");
    let hard = active(&world, &ana, "hard").await;
    let extension = extend(&world, &ana, &hard).await;
    assert_eq!(
        world.review(&cy, &extension, Verdict::Approve).await.problem(),
        "policy",
        "a plain key is too weak"
    );
    let pat = world.person("pat-touch").await;
    assert_eq!(world.approve(&pat, &extension).await.state, State::Active);
}

#[tokio::test]
async fn a_ceiling_shortens_what_is_added() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    let mut review = world.review_statement(&cy, &extension.digest, Verdict::Approve);
    review.duration = Some("10m".parse().unwrap());
    let approved: RequestView = world.review_signed(&cy, &extension, review).await.read();
    assert_eq!(end_of(&approved), "2026-11-23T13:10:00Z");
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:10:00Z");
}

#[tokio::test]
async fn what_ends_the_grant_ends_its_extensions_and_the_other_way_round() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let end = async |view: &RequestView| {
        world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read::<RequestView>()
    };
    let family = async || {
        let first = active(&world, &ana, "long").await;
        let given = extend(&world, &ana, &first).await;
        world.approve(&cy, &given).await;
        let first = world.show(&ana, &first).await;
        let waits = extend(&world, &ana, &first).await;
        assert_eq!(waits.state, State::Pending);
        (first, given, waits)
    };
    let states = async |views: [&RequestView; 3]| {
        let mut states = Vec::new();
        for view in views {
            states.push(world.show(&ana, view).await.state);
        }
        states
    };
    let (first, given, waits) = family().await;
    let before = world.broker.is_some();
    assert!(before);
    end(&first).await;
    assert_eq!(states([&first, &given, &waits]).await, [State::Ended, State::Ended, State::Cancelled]);
    assert_eq!(world.review(&cy, &waits, Verdict::Approve).await.problem(), "state");

    let (first, given, waits) = family().await;
    assert_eq!(end(&waits).await.state, State::Cancelled);
    assert_eq!(end(&given).await.state, State::Ended, "time is not taken out of the middle: the grant ends");
    assert_eq!(states([&first, &given, &waits]).await, [State::Ended, State::Ended, State::Cancelled]);

    let (first, given, waits) = family().await;
    world.revoke(&cy, &first).await.read::<RequestView>();
    assert_eq!(states([&first, &given, &waits]).await, [State::Revoked; 3]);

    let (first, given, waits) = family().await;
    assert_eq!(world.revoke(&cy, &given).await.read::<RequestView>().state, State::Revoked);
    assert_eq!(states([&first, &given, &waits]).await, [State::Revoked; 3]);
    assert_eq!(world.mint(&ana, &first).await.problem(), "state");

    // A pending extension ends alone.
    let (first, given, waits) = family().await;
    world.revoke(&cy, &waits).await.read::<RequestView>();
    assert_eq!(states([&first, &given, &waits]).await, [State::Active, State::Active, State::Revoked]);
}

#[tokio::test]
async fn an_extension_that_no_longer_passes_is_worth_nothing() {
    for (file, from, to) in [
        // Its reviewer has left, its rule became stricter, the role allows fewer extensions or none.
        ("people.toml", "security = [\"dee\", \"eve\"]", "security = [\"dee\"]"),
        ("roles/lead.toml", "\"1 of group:security\"", "\"2 of group:security\""),
        ("roles/lead.toml", "extend = {", "#"),
        ("roles/lead.toml", "\"1 of group:security\"", "\"1 of group:watch\", signed = \"touch\""),
    ] {
        let mut world = world().await;
        let (ana, eve) = (world.person("ana").await, world.person("eve").await);
        let first = active(&world, &ana, "lead").await;
        let extension = extend(&world, &ana, &first).await;
        world.approve(&eve, &extension).await;
        assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:30:00Z");
        world.change_policy(file, from, to).await;
        assert_eq!(
            minted_until(&world, &ana, &first).await,
            "2026-11-23T13:00:00Z",
            "{to}: what remains without it"
        );
        world.pass("1h");
        let asked = world.cloud.orders.lock().unwrap().len();
        let over = world.mint(&ana, &first).await;
        assert_eq!(over.problem(), "policy", "{to}");
        assert!(
            over.detail().contains("without it the access ended at 2026-11-23T13:00:00Z"),
            "{}",
            over.detail()
        );
        assert_eq!(world.cloud.orders.lock().unwrap().len(), asked);
    }
}

#[tokio::test]
async fn fewer_extensions_take_the_last_ones_away() {
    let mut world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let mut first = active(&world, &ana, "long").await;
    for _ in 0..2 {
        let extension = extend(&world, &ana, &first).await;
        world.approve(&cy, &extension).await;
        first = world.show(&ana, &first).await;
    }
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T14:00:00Z");
    world.change_policy("roles/long.toml", "times = 2", "times = 1").await;
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn extensions_survive_a_restart() {
    let mut world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let given = extend(&world, &ana, &first).await;
    world.approve(&cy, &given).await;
    let first = world.show(&ana, &first).await;
    let waits = extend(&world, &ana, &first).await;
    world.stop().await;
    world.start().await.unwrap();
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:30:00Z");
    assert_eq!(world.approve(&cy, &waits).await.state, State::Active);
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T14:00:00Z");
}

#[tokio::test]
async fn a_broken_policy_gives_no_time_without_a_person() {
    let mut world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (easy, long) = (active(&world, &ana, "easy").await, active(&world, &ana, "long").await);
    let waits = extend(&world, &ana, &long).await;
    world.change_policy("roles/prod.toml", "requesters", "requesterz").await;
    assert_eq!(try_extend(&world, &ana, &easy).await.problem(), "unready");
    assert_eq!(world.approve(&cy, &waits).await.state, State::Active, "people still decide");
    // A rule without reviewers does not undo a person's denial.
    world.change_policy("roles/prod.toml", "requesterz", "requesters").await;
    assert_eq!(try_extend(&world, &ana, &easy).await.status(), 201);
}

#[tokio::test]
async fn a_denial_keeps_the_next_one_from_approving_itself() {
    let mut world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    world.review(&cy, &extension, Verdict::Deny).await.read::<RequestView>();
    world.change_policy("roles/long.toml", EXTEND, "extend = { times = 2, approval = \"none\" }").await;
    assert_eq!(try_extend(&world, &ana, &first).await.problem(), "policy");
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:00:00Z");
}

#[tokio::test]
async fn what_is_minted_while_more_time_is_approved_has_the_later_end() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    let (asked, being_asked) = tokio::sync::oneshot::channel();
    *world.cloud.meanwhile.lock().unwrap() = Some(asked);
    let (lease, approved) = tokio::join!(world.mint(&ana, &first), async {
        let go_on: tokio::sync::oneshot::Sender<()> = being_asked.await.unwrap();
        let approved = world.approve(&cy, &extension).await;
        go_on.send(()).unwrap();
        approved
    });
    assert_eq!(approved.state, State::Active);
    let sealed: SealedLease = lease.read();
    assert_eq!((sealed.number, sealed.active_until.to_string().as_str()), (2, "2026-11-23T13:30:00Z"));
    assert_eq!(world.cloud.orders.lock().unwrap().len(), 3, "the first answer of the cloud was dropped");
}
