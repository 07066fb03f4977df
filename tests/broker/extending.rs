//! More time for a grant: what it takes, what it is worth, and everything that gains none of it.

use jit::grant::Digest;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity::statement::sign;
use jit::protocol::EventList;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use jit::protocol::SealedLease;

use crate::world::Answer;
use crate::world::Person;
use crate::world::World;
use crate::world::open;

const EXTEND: &str = "extend = { times = 2, approval = \"1 of group:sre\" }";

/// The usual world, and roles that can be extended.
async fn world() -> World {
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

/// An active grant, approved by cy where somebody must.
async fn active(world: &World, person: &Person, role: &str) -> RequestView {
    let (view, _) = world.ask(person, role).await;
    if view.state == State::Pending {
        let cy = world.person("cy").await;
        world.approve(&cy, &view).await;
    }
    world.mint(person, &view).await.read::<SealedLease>();
    world.show(person, &view).await
}

/// The statement that the person's client would build for half an hour more.
async fn plan(world: &World, person: &Person, first: &RequestView) -> RequestStatement {
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

async fn try_extend(world: &World, person: &Person, first: &RequestView) -> Answer {
    let statement = plan(world, person, first).await;
    world.ask_signed(person, statement).await
}

async fn extend(world: &World, person: &Person, first: &RequestView) -> RequestView {
    try_extend(world, person, first).await.read()
}

fn end_of(view: &RequestView) -> String {
    view.active_until.unwrap().to_string()
}

async fn minted_until(world: &World, person: &Person, first: &RequestView) -> String {
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
async fn an_extension_is_never_minted_itself() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "easy").await;
    let extension = extend(&world, &ana, &first).await;
    assert_eq!((extension.state, end_of(&extension).as_str()), (State::Active, "2026-11-23T13:30:00Z"));
    let asked = world.cloud.orders.lock().unwrap().len();
    assert_eq!(world.mint(&ana, &extension).await.problem(), "state");
    assert_eq!(world.cloud.orders.lock().unwrap().len(), asked);
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn what_does_not_fit_the_grant_is_refused() {
    let world = world().await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let first = active(&world, &ana, "long").await;
    let (pending, _) = world.ask(&ana, "lead").await;
    let play = active(&world, &ana, "play").await;
    let bos = active(&world, &bo, "long").await;
    let refused = async |edit: &dyn Fn(&mut RequestStatement), code: &str| {
        let mut statement = plan(&world, &ana, &first).await;
        edit(&mut statement);
        let answer = world.ask_signed(&ana, statement).await;
        assert_eq!(answer.problem(), code, "{}", answer.detail());
    };
    let second = jiff::SignedDuration::from_secs(1);
    // Nothing has this digest, or it is bo's: the two look the same.
    refused(&|asked| asked.way = Way::Extend(Digest::of(b"nothing")), "state").await;
    refused(&|asked| asked.way = Way::Extend(bos.digest), "state").await;
    // Another role's grant, or another role than the grant's.
    refused(&|asked| asked.way = Way::Extend(play.digest), "statement").await;
    let (other, _) = world.plan(&ana, "easy").await;
    let swap = |asked: &mut RequestStatement| {
        (asked.role, asked.target) = (other.role.clone(), other.target.clone())
    };
    refused(&swap, "statement").await;
    refused(&|asked| asked.target = other.target.clone(), "statement").await;
    // Longer than the role allows, or not bounded by the end that it moves.
    refused(&|asked| (asked.duration, asked.not_after) = ("5h".parse().unwrap(), asked.not_after), "policy")
        .await;
    refused(&|asked| asked.not_after += second, "statement").await;
    refused(&|asked| asked.not_after = first.active_until.unwrap(), "statement").await;
    refused(&|asked| asked.start = Some(asked.created), "statement").await;
    refused(&|asked| asked.reason = String::new(), "policy").await;
    // In somebody else's name: the statement is bo's, the session ana's, and the other way round.
    refused(&|asked| asked.header.who = bo.name.clone(), "statement").await;
    let answer = world.ask_signed(&bo, plan(&world, &ana, &first).await).await;
    assert_eq!(answer.problem(), "statement");
    let answer = try_extend(&world, &bo, &first).await;
    assert_eq!(answer.problem(), "state", "it is not bo's grant");
    // What is not active is not extended; nor what the role does not extend.
    assert_eq!(try_extend(&world, &ana, &pending).await.problem(), "state");
    assert_eq!(try_extend(&world, &ana, &play).await.problem(), "policy");
    let shown = world.show(&ana, &first).await;
    assert_eq!((shown.version, shown.extensions.len()), (first.version, 0));
}

#[tokio::test]
async fn another_scope_is_not_extended() {
    let mut world = world().await;
    let document = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:Get*\",\"Resource\":\"*\"}]}";
    world.write_policy("roles/read.json", document);
    world
        .change_policy(
            "roles/long.toml",
            "region = \"eu-west-1\"\n",
            "region = \"eu-west-1\"\n[scopes.read]\npolicy = \"read.json\"\n",
        )
        .await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let mut statement = plan(&world, &ana, &first).await;
    let document = jit::grant::scope::Document::parse(document, |name| name.to_owned()).unwrap().digest();
    statement.scope = Some(jit::grant::statement::RequestedScope { name: "read".parse().unwrap(), document });
    let answer = world.ask_signed(&ana, statement).await;
    assert_eq!(answer.problem(), "statement", "{}", answer.detail());
    // Nor does a review narrow the time that is added to a grant of the whole role.
    let (extension, cy) = (extend(&world, &ana, &first).await, world.person("cy").await);
    let mut review = world.review_statement(&cy, &extension.digest, Verdict::Approve);
    review.scope = Some("read".parse().unwrap());
    assert_eq!(world.review_signed(&cy, &extension, review).await.problem(), "statement");
    assert_eq!(world.show(&ana, &extension).await.state, State::Pending);
}

#[tokio::test]
async fn what_is_over_is_not_extended() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (denied, _) = world.ask(&ana, "long").await;
    world.review(&cy, &denied, Verdict::Deny).await.read::<RequestView>();
    let revoked = active(&world, &ana, "lead").await;
    world.revoke(&cy, &revoked).await.read::<RequestView>();
    let ended = active(&world, &ana, "easy").await;
    world.post_nothing(&format!("/v1/requests/{}/end", ended.id), &ana).await.read::<RequestView>();
    let ran_out = active(&world, &ana, "hard").await;
    for over in [&denied, &revoked, &ended] {
        assert_eq!(try_extend(&world, &ana, over).await.problem(), "state");
    }
    let late = plan(&world, &ana, &ran_out).await;
    world.pass("4m");
    world.pass("56m");
    let ana = world.person("ana").await;
    assert_eq!(try_extend(&world, &ana, &ran_out).await.problem(), "state");
    assert_eq!(world.ask_signed(&ana, late).await.problem(), "statement", "too old besides");
}

#[tokio::test]
async fn an_extension_is_not_extended() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    let cy = world.person("cy").await;
    let extension = world.approve(&cy, &extension).await;
    assert_eq!(extension.state, State::Active);
    let answer = try_extend(&world, &ana, &extension).await;
    assert_eq!(answer.problem(), "statement", "{}", answer.detail());
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn more_often_than_allowed_is_refused_and_the_log_counts() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let mut first = active(&world, &ana, "long").await;
    for end in ["2026-11-23T13:30:00Z", "2026-11-23T14:00:00Z"] {
        let extension = extend(&world, &ana, &first).await;
        world.approve(&cy, &extension).await;
        first = world.show(&ana, &first).await;
        assert_eq!(end_of(&first), end);
    }
    let answer = try_extend(&world, &ana, &first).await;
    assert_eq!(answer.problem(), "policy");
    assert!(answer.detail().contains("extended 2 times already"), "{}", answer.detail());
    // The first extension's own time runs out while the second goes on; it still counts for what it gave.
    world.pass("95m");
    assert_eq!(world.show(&ana, &first).await.state, State::Active);
    assert_eq!(minted_until(&world, &ana, &first).await, "2026-11-23T14:00:00Z");
}

#[tokio::test]
async fn of_two_at_once_one_counts() {
    let world = world().await;
    let ana = world.person("ana").await;
    // The role allows one, without anybody.
    let first = active(&world, &ana, "easy").await;
    let (one, other) = (plan(&world, &ana, &first).await, plan(&world, &ana, &first).await);
    let (one, other) = tokio::join!(world.ask_signed(&ana, one), world.ask_signed(&ana, other));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1] >= 400, "{statuses:?}");
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:30:00Z");
    // Where somebody must agree, the equal one that waits is answered with.
    let first = active(&world, &ana, "long").await;
    let (one, other) = (plan(&world, &ana, &first).await, plan(&world, &ana, &first).await);
    let (one, other) = tokio::join!(world.ask_signed(&ana, one), world.ask_signed(&ana, other));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    let (one, other): (RequestView, RequestView) = (one.read(), other.read());
    assert_eq!(one.id, other.id);
    // Two reviewers at once move the end once.
    let (cy, dee) = (world.person("cy").await, world.person("dee").await);
    let (a, b) =
        tokio::join!(world.review(&cy, &one, Verdict::Approve), world.review(&dee, &one, Verdict::Approve));
    assert!(a.status() == 200 || b.status() == 200);
    assert_eq!(end_of(&world.show(&ana, &first).await), "2026-11-23T13:30:00Z");
}

#[tokio::test]
async fn a_replay_adds_nothing() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let signed = sign(&Statement::Request(Box::new(plan(&world, &ana, &first).await)), &ana.signer).unwrap();
    let extension: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
    let cy = world.person("cy").await;
    world.approve(&cy, &extension).await;
    let again = world.post("/v1/requests", &ana, &signed).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.read::<RequestView>().id, extension.id);
    let shown = world.show(&ana, &first).await;
    assert_eq!((shown.extensions.len(), end_of(&shown).as_str()), (1, "2026-11-23T13:30:00Z"));
    // Nor when the grant is over.
    world.post_nothing(&format!("/v1/requests/{}/end", first.id), &ana).await.read::<RequestView>();
    let again: RequestView = world.post("/v1/requests", &ana, &signed).await.read();
    assert_eq!(again.state, State::Ended);
    assert_eq!(world.mint(&ana, &first).await.problem(), "state");
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
    // The grant itself is what an equal ordinary request finds, never the extension.
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
    // Taking one back leaves it too.
    let extension = extend(&world, &ana, &first).await;
    assert_eq!(extension.denied_before.as_ref().unwrap().by.as_ref().unwrap().as_str(), "cy");
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
    // Who approves the ordinary way may say no to more time, not yes; bo is nothing to it.
    assert_eq!(world.review(&cy, &extension, Verdict::Approve).await.problem(), "forbidden");
    assert!(!world.show(&cy, &extension).await.may_review);
    assert_eq!(world.review(&bo, &extension, Verdict::Approve).await.problem(), "not_found");
    assert!(world.show(&eve, &extension).await.may_review);
    assert_eq!(world.approve(&eve, &extension).await.state, State::Active);
    // Eve may not review the role's requests, and so not revoke one; what she gave she may take, and all goes with it.
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
async fn it_cannot_be_approved_after_the_grant() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let first = active(&world, &ana, "long").await;
    let extension = extend(&world, &ana, &first).await;
    world.pass("1h");
    assert_eq!(world.review(&cy, &extension, Verdict::Approve).await.problem(), "state");
    let shown = world.show(&ana, &extension).await;
    assert_eq!(
        (shown.state, shown.closing.unwrap().why.as_str()),
        (State::Expired, "nobody decided in time")
    );
    assert_eq!(world.show(&ana, &first).await.state, State::Ended);
    assert_eq!(world.mint(&ana, &first).await.problem(), "state");
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

    // One that waits goes alone.
    let (first, given, waits) = family().await;
    world.revoke(&cy, &waits).await.read::<RequestView>();
    assert_eq!(states([&first, &given, &waits]).await, [State::Active, State::Active, State::Revoked]);
}

#[tokio::test]
async fn a_signature_of_one_kind_does_not_serve_for_the_other() {
    let world = world().await;
    let ana = world.person("ana").await;
    let first = active(&world, &ana, "long").await;
    let extension = Statement::Request(Box::new(plan(&world, &ana, &first).await));
    let (plain, _) = world.plan(&ana, "lead").await;
    let plain = Statement::Request(Box::new(plain));
    for (statement, namespace) in
        [(&extension, "jit.request.v1"), (&plain, "jit.extend.v1"), (&extension, "jit.extend.v2")]
    {
        use jit::identity::Signer;
        let text = statement.canonical_text();
        let signature = ana.signer.sign(namespace, text.as_bytes()).unwrap();
        let signed = jit::grant::Signed { statement: text, signature };
        assert_eq!(world.post("/v1/requests", &ana, &signed).await.problem(), "statement", "{namespace}");
    }
    // The bytes of an extension with its kind edited, under the signature of the extension, and back.
    let good = sign(&extension, &ana.signer).unwrap();
    for (from, to) in [
        ("\"kind\":\"extend\"".to_owned(), "\"kind\":\"request\"".to_owned()),
        (format!("\"extends\":\"{}\",", first.digest), String::new()),
    ] {
        let statement = good.statement.replace(&from, &to);
        assert_ne!(statement, good.statement);
        let signed = jit::grant::Signed { statement, signature: good.signature.clone() };
        assert_eq!(world.post("/v1/requests", &ana, &signed).await.problem(), "statement", "{from}");
    }
    assert_eq!(world.show(&ana, &first).await.version, first.version);
}

#[tokio::test]
async fn an_extension_that_no_longer_passes_is_worth_nothing() {
    for (file, from, to) in [
        // Its reviewer has left, its rule got stricter, the role is extended less often or not at all.
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
