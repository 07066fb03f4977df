//! Break-glass: approved automatically, announced to everybody, reviewed once afterwards. And attacks that gain nothing
//! from it.

use jit::grant::Signed;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::identity::statement::sign;
use jit::protocol::RequestList;
use jit::protocol::RequestView;
use jit::protocol::RoleView;
use jit::secret::seal::RecipientKey;

use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;

/// A defect of a statement.
type Change = fn(&mut RequestStatement);

const GLASS: &str = "[break_glass]\nrequesters = [\"group:dev\", \"person:cy\"]\nmax_duration = \"30m\"\n";

fn role(name: &str, more: &str) -> String {
    format!(
        "requesters = [\"group:dev\", \"group:sre\"]\napproval = \"1 of group:sre\"\nmax_duration = \"4h\"\nlease = \"1h\"\n{more}\n\
         [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/{name}\"\nregion = \"eu-west-1\"\n"
    )
}

/// The world of the other tests, in which prod and other offer break-glass, and the command `tell` is notified.
async fn world() -> World {
    let mut world = World::unstarted();
    world.write_policy("roles/prod.toml", &role("prod", GLASS));
    world.write_policy("roles/other.toml", &role("other", GLASS));
    world.write_policy(
        "access.toml",
        "version = 1\nauditors = [\"group:watch\"]\n[notify]\ncommand = [\"/usr/bin/tell\"]\n",
    );
    world.start().await.unwrap();
    world
}

/// A statement as the client builds it.
async fn plan(world: &World, person: &Person, role: &str) -> (RequestStatement, RecipientKey) {
    let (mut asked, key) = world.plan(person, role).await;
    asked.way = Way::BreakGlass;
    asked.duration = "20m".parse().unwrap();
    asked.not_after = "40m".parse::<Span>().unwrap().after(asked.created);
    (asked, key)
}

async fn smash(world: &World, person: &Person, role: &str) -> Answer {
    let (asked, _) = plan(world, person, role).await;
    world.ask_signed(person, asked).await
}

async fn broken(world: &World, person: &Person, role: &str) -> RequestView {
    let answer = smash(world, person, role).await;
    assert_eq!(answer.status(), 201);
    answer.read()
}

async fn inbox(world: &World, person: &Person) -> Vec<String> {
    let list: RequestList = world.get("/v1/requests?list=inbox", person).await.read();
    list.requests.iter().map(|view| view.id.to_string()).collect()
}

fn words(world: &World) -> Vec<String> {
    let started = world.fake.processes.started.lock().unwrap();
    started.iter().map(|command| command.program.to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn it_is_there_at_once_and_everybody_knows() {
    let world = world().await;
    let (ana, cy, dee, eve) = (
        world.person("ana").await,
        world.person("cy").await,
        world.person("dee").await,
        world.person("eve").await,
    );
    let shown: RoleView = world.get("/v1/roles/prod", &ana).await.read();
    let way = shown.break_glass.unwrap();
    assert_eq!((way.max_duration, way.told), ("30m".parse().unwrap(), vec!["command tell".to_owned()]));
    assert_eq!(way.reviewers.iter().map(ToString::to_string).collect::<Vec<_>>(), ["cy", "dee"]);
    let view = broken(&world, &ana, "prod").await;
    assert_eq!(view.state, State::Approved);
    assert!(view.approved_by.is_empty() && !view.may_review);
    assert_eq!((view.notices[0].about.as_str(), view.notices[0].delivered), ("break_glass", true));
    assert_eq!(words(&world), ["/usr/bin/tell"]);
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    let order = world.cloud.orders.lock().unwrap().pop().unwrap();
    assert_eq!(order.grant_until.to_string(), "2026-11-23T12:20:00Z");
    // Everybody who could have approved it sees it, and nobody else does.
    for (person, waits) in [(&cy, true), (&dee, true), (&eve, false), (&ana, false)] {
        assert_eq!(inbox(&world, person).await == [view.id.to_string()], waits, "{}", person.name);
    }
    let seen = world.show(&cy, &view).await;
    assert!(seen.may_review && seen.may_revoke);
    assert_eq!(seen.missing[0].could_help.len(), 2);
    // It has its own word in the log, never `approved`.
    let events: serde_json::Value = world.get("/v1/events", &eve).await.read();
    let said: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| !event["request"].is_null())
        .map(|event| event["word"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["requested", "glass_broken", "activated", "minted"]);
}

#[tokio::test]
async fn the_review_may_come_when_it_is_over() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let view = broken(&world, &ana, "prod").await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.pass("1h");
    assert_eq!(world.show(&cy, &view).await.state, State::Ended);
    assert_eq!(inbox(&world, &cy).await, [view.id.to_string()]);
    let reviewed = world.approve(&cy, &view).await;
    assert_eq!(reviewed.state, State::Ended);
    assert_eq!(reviewed.acknowledged.unwrap().by.as_str(), "cy");
    assert!(reviewed.missing.is_empty() && !reviewed.may_review && inbox(&world, &cy).await.is_empty());
    broken(&world, &ana, "prod").await;
}

#[tokio::test]
async fn a_no_takes_away_what_lives_and_counts_for_a_day() {
    let world = world().await;
    let (ana, dee) = (world.person("ana").await, world.person("dee").await);
    let view = broken(&world, &ana, "prod").await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    let mut no = world.review_statement(&dee, &view.digest, Verdict::Deny);
    no.comment = "there was no incident".to_owned();
    let denied: RequestView = world.review_signed(&dee, &view, no).await.read();
    assert_eq!(denied.state, State::Revoked);
    assert_eq!(denied.closing.unwrap().why, "there was no incident");
    assert_eq!(world.mint(&ana, &view).await.problem(), "state");
    let again = smash(&world, &ana, "prod").await;
    assert_eq!(again.problem(), "policy");
    assert!(again.detail().contains("found it wrong"), "{}", again.detail());
    // Another role is another break-glass. An ordinary request shows the denial to its reviewers.
    let (ordinary, _) = world.ask(&ana, "prod").await;
    let before = world.show(&dee, &ordinary).await.denied_before.unwrap();
    assert_eq!(before.by.unwrap().as_str(), "dee");
    assert_eq!(before.what.as_deref(), Some("emergency access to prod"), "an emergency equals no request");
    assert_eq!(before.said.as_deref(), Some("there was no incident"));
    broken(&world, &ana, "other").await;
}

#[tokio::test]
async fn an_ordinary_request_stays_and_a_held_role_is_not_taken_twice() {
    let world = world().await;
    let (ana, cy) = (world.person("ana").await, world.person("cy").await);
    let (pending, _) = world.ask(&ana, "prod").await;
    let view = broken(&world, &ana, "prod").await;
    assert_eq!(world.show(&ana, &pending).await.state, State::Pending);
    world.approve(&cy, &view).await;
    let held = smash(&world, &ana, "prod").await;
    assert_eq!(held.problem(), "conflict");
    assert!(held.detail().contains(view.id.as_str()), "{}", held.detail());
    world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read::<RequestView>();
    let approved = world.approve(&cy, &pending).await;
    assert_eq!(approved.state, State::Approved);
    let held = smash(&world, &ana, "prod").await;
    assert!(held.detail().contains(approved.id.as_str()), "{}", held.detail());
    // During a break-glass, the person may also ask in the ordinary way.
    let bo = world.person("bo").await;
    let view = broken(&world, &bo, "prod").await;
    let (ordinary, _) = world.ask(&bo, "prod").await;
    assert_ne!(ordinary.id, view.id);
}

#[tokio::test]
async fn a_retry_is_answered_and_not_doubled() {
    let world = world().await;
    let ana = world.person("ana").await;
    let (asked, _) = plan(&world, &ana, "prod").await;
    let first: RequestView = world.ask_signed(&ana, asked.clone()).await.read();
    let again = world.ask_signed(&ana, asked).await;
    assert_eq!(again.status(), 200);
    assert_eq!(again.read::<RequestView>().version, first.version);
    assert_eq!(words(&world).len(), 1, "nobody is told twice");
}

#[tokio::test]
async fn only_those_with_the_way_and_only_within_it() {
    let world = world().await;
    let (ana, dee, mallory) =
        (world.person("ana").await, world.person("dee").await, world.person("mallory").await);
    // Dee may ask for prod in the ordinary way and approve it. Mallory may do nothing at all.
    assert_eq!(smash(&world, &dee, "prod").await.problem(), "policy");
    let (mut asked, _) = plan(&world, &ana, "prod").await;
    asked.header = world.header(&mallory.name);
    assert_eq!(world.ask_signed(&mallory, asked).await.problem(), "policy");
    // A role without break-glass.
    assert_eq!(smash(&world, &ana, "vault").await.problem(), "policy");
    // Longer than the break-glass allows but not the role, later, a later end, without a reason, for another target.
    let changes: [(&str, Change); 6] = [
        ("policy", |asked| asked.duration = "31m".parse().unwrap()),
        ("statement", |asked| asked.start = Some(asked.created)),
        ("statement", |asked| {
            asked.not_after = "41m".parse::<Span>().unwrap().after(asked.created);
        }),
        ("policy", |asked| asked.reason = " ".to_owned()),
        ("statement", |asked| {
            asked.target = "aws:arn:aws:iam::111122223333:role/vault?region=eu-west-1".parse().unwrap();
        }),
        ("policy", |asked| asked.role = "production".parse().unwrap()),
    ];
    for (code, change) in changes {
        let (mut asked, _) = plan(&world, &ana, "prod").await;
        change(&mut asked);
        assert_eq!(world.ask_signed(&ana, asked.clone()).await.problem(), code, "{asked:?}");
    }
    // A workload has no key of its own, and a person cannot sign in its name.
    let (mut asked, _) = plan(&world, &ana, "prod").await;
    asked.header.who = "deploy".parse().unwrap();
    assert!(world.ask_signed(&ana, asked).await.status() >= 400);
    assert!(words(&world).is_empty());
    assert!(world.cloud.orders.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_plain_key_is_not_enough_where_a_touch_is_demanded() {
    let mut world = World::unstarted();
    let glass = GLASS.replace("person:cy", "person:pat-touch");
    world.write_policy("roles/prod.toml", &role("prod", &format!("signed = \"touch\"\n{glass}")));
    world.start().await.unwrap();
    let (ana, pat) = (world.person("ana").await, world.person("pat-touch").await);
    let weak = smash(&world, &ana, "prod").await;
    assert_eq!(weak.problem(), "policy");
    assert!(weak.detail().contains("touch"), "{}", weak.detail());
    let view = broken(&world, &pat, "prod").await;
    // The role's demand for a review applies to this one. A denial needs no hardware.
    let cy = world.person("cy").await;
    assert_eq!(world.review(&cy, &view, Verdict::Approve).await.problem(), "policy");
    assert_eq!(world.review(&cy, &view, Verdict::Deny).await.status(), 200);
}

#[tokio::test]
async fn a_signature_counts_for_its_own_way_only() {
    let world = world().await;
    let ana = world.person("ana").await;
    let (asked, _) = plan(&world, &ana, "prod").await;
    let (ordinary, _) = world.plan(&ana, "prod").await;
    let sent = async |signed: &Signed| world.post("/v1/requests", &ana, signed).await.problem();
    for (asked, from, to) in [
        (ordinary, "\"kind\":\"request\"", "\"kind\":\"break-glass\""),
        (asked, "\"kind\":\"break-glass\"", "\"kind\":\"request\""),
    ] {
        // The bytes are changed and the signature is kept.
        let mut signed = sign(&Statement::Request(Box::new(asked)), &ana.signer).unwrap();
        assert!(signed.statement.contains(from));
        signed.statement = signed.statement.replace(from, to);
        assert_eq!(sent(&signed).await, "statement");
        // The changed bytes are signed again, in the namespace of the other kind.
        let kind = from.trim_start_matches("\"kind\":\"").trim_end_matches('"');
        let signature = ana.signer.sign(&format!("jit.{kind}.v1"), signed.statement.as_bytes()).unwrap();
        signed.signature = signature;
        assert_eq!(sent(&signed).await, "statement");
    }
    assert!(words(&world).is_empty());
}

#[tokio::test]
async fn the_next_one_waits_for_the_review_of_the_last() {
    let mut world = world().await;
    let ana = world.person("ana").await;
    let view = broken(&world, &ana, "prod").await;
    for role in ["prod", "other"] {
        let refused = smash(&world, &ana, role).await;
        assert_eq!(refused.problem(), "conflict");
        assert!(refused.detail().contains(view.id.as_str()), "{}", refused.detail());
        let problem: jit::protocol::Problem = serde_json::from_slice(&refused.0.body).unwrap();
        assert_eq!(problem.hint.unwrap(), format!("ask cy or dee to type `jit approve {}`", view.id));
    }
    // Not after it expired unused, not after the broker was away meanwhile, not a week later.
    world.pass("2h");
    world.stop().await;
    world.start().await.unwrap();
    assert_eq!(smash(&world, &ana, "other").await.problem(), "conflict");
    world.pass("7d");
    let ana = world.person("ana").await;
    assert_eq!(smash(&world, &ana, "prod").await.problem(), "conflict");
    assert_eq!(world.show(&ana, &view).await.state, State::Expired);
    // Another person's break-glass is their own. The review permits the next one, also after a restart.
    let (bo, dee) = (world.person("bo").await, world.person("dee").await);
    broken(&world, &bo, "prod").await;
    world.approve(&dee, &view).await;
    world.stop().await;
    world.start().await.unwrap();
    broken(&world, &ana, "other").await;
}

#[tokio::test]
async fn of_two_at_once_one_succeeds() {
    let world = world().await;
    let ana = world.person("ana").await;
    let ((one, _), (two, _)) = (plan(&world, &ana, "prod").await, plan(&world, &ana, "other").await);
    let (three, _) = plan(&world, &ana, "prod").await;
    let (one, two, three) =
        tokio::join!(world.ask_signed(&ana, one), world.ask_signed(&ana, two), world.ask_signed(&ana, three));
    let mut statuses = [one.status(), two.status(), three.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409]);
    assert_eq!(words(&world).len(), 1);
}

/// A proxy sends the same bytes twice: both callers get the emergency, since a client that is told "conflict" would throw
/// its key away.
#[tokio::test]
async fn the_same_bytes_twice_at_once_are_one_emergency() {
    let world = world().await;
    let ana = world.person("ana").await;
    let (asked, _) = plan(&world, &ana, "prod").await;
    let (one, two) = tokio::join!(world.ask_signed(&ana, asked.clone()), world.ask_signed(&ana, asked));
    let mut statuses = [one.status(), two.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201]);
    let (one, two): (RequestView, RequestView) = (one.read(), two.read());
    assert_eq!(one.id, two.id);
    assert_eq!(words(&world).len(), 1);
    assert_eq!(world.mint(&ana, &one).await.status(), 201);
}

#[tokio::test]
async fn it_is_reviewed_once_and_by_somebody_else_who_may() {
    let world = world().await;
    let (ana, bo, cy, dee, eve) = (
        world.person("ana").await,
        world.person("bo").await,
        world.person("cy").await,
        world.person("dee").await,
        world.person("eve").await,
    );
    // Cy approves prod for others. Cy's own break-glass needs another reviewer.
    let view = broken(&world, &cy, "prod").await;
    for verdict in [Verdict::Approve, Verdict::Deny] {
        assert_eq!(world.review(&cy, &view, verdict).await.problem(), "forbidden");
        assert_eq!(world.review(&eve, &view, verdict).await.problem(), "forbidden");
        for outsider in [&ana, &bo] {
            assert_eq!(world.review(outsider, &view, verdict).await.problem(), "not_found");
        }
    }
    assert_eq!(smash(&world, &cy, "other").await.problem(), "conflict");
    // Not a shorter one, not one of another request.
    let mut shorter = world.review_statement(&dee, &view.digest, Verdict::Approve);
    shorter.duration = Some("5m".parse().unwrap());
    assert_eq!(world.review_signed(&dee, &view, shorter).await.problem(), "statement");
    let other = broken(&world, &ana, "prod").await;
    let foreign = world.review_statement(&dee, &other.digest, Verdict::Approve);
    assert_eq!(world.review_signed(&dee, &view, foreign).await.problem(), "statement");
    // Only once: repeating the same bytes succeeds, another verdict is refused, and of two at once one counts.
    let word = world.review_statement(&dee, &view.digest, Verdict::Approve);
    let first: RequestView = world.review_signed(&dee, &view, word.clone()).await.read();
    let same: RequestView = world.review_signed(&dee, &view, word).await.read();
    assert_eq!(first.version, same.version);
    assert_eq!(world.review(&dee, &view, Verdict::Deny).await.problem(), "state");
    let (one, two) =
        tokio::join!(world.review(&cy, &other, Verdict::Approve), world.review(&dee, &other, Verdict::Deny));
    let mut statuses = [one.status(), two.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn both_policies_judge_it_at_each_mint() {
    let mut world = world().await;
    let ana = world.person("ana").await;
    let view = broken(&world, &ana, "prod").await;
    assert_eq!(world.mint(&ana, &view).await.status(), 201);
    world.change_policy("roles/prod.toml", "\"group:dev\", \"person:cy\"", "\"person:cy\"").await;
    // The background work ends it at its next tick, which may come first.
    let problem = world.mint(&ana, &view).await.problem();
    assert!(["policy", "state"].contains(&problem.as_str()), "{problem}");
    assert_eq!(world.cloud.orders.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_forbid_on_the_action_wins() {
    let mut world = world().await;
    let ana = world.person("ana").await;
    let view = broken(&world, &ana, "other").await;
    world.write_policy(
        "rules/freeze.cedar",
        "@reason(\"not this week\")\nforbid (principal, action == Action::\"break_glass\", resource);\n",
    );
    world.change_policy("access.toml", "version = 1", "version = 1 ").await;
    // The rule also applies to a break-glass from before it. The ordinary way is another action.
    assert_eq!(world.mint(&ana, &view).await.problem(), "policy");
    let bo = world.person("bo").await;
    let refused = smash(&world, &bo, "prod").await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("not this week"), "{}", refused.detail());
    world.ask(&bo, "prod").await;
}

#[tokio::test]
async fn a_condition_on_reviews_holds_for_the_one_afterwards() {
    let mut world = world().await;
    let (ana, cy, dee) = (world.person("ana").await, world.person("cy").await, world.person("dee").await);
    let view = broken(&world, &ana, "prod").await;
    world.write_policy(
        "rules/reviews.cedar",
        "forbid (principal == Person::\"cy\", action == Action::\"review\", resource);\n",
    );
    world.change_policy("access.toml", "version = 1", "version = 1 ").await;
    assert_eq!(world.review(&cy, &view, Verdict::Approve).await.problem(), "policy");
    assert!(world.show(&cy, &view).await.acknowledged.is_none());
    world.approve(&dee, &view).await;
}

#[tokio::test]
async fn nothing_is_broken_while_the_policy_does_not_load() {
    let mut world = world().await;
    let ana = world.person("ana").await;
    let (asked, _) = plan(&world, &ana, "prod").await;
    world.change_policy("access.toml", "version = 1", "version = ").await;
    assert_eq!(world.ask_signed(&ana, asked).await.problem(), "unready");
    assert!(words(&world).is_empty());
}

async fn sql(world: &World, statements: &'static str) {
    use sqlx::Connection;
    use sqlx::Executor;
    let url = format!("sqlite://{}", world.database().display());
    let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
    connection.execute(statements).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn rows_do_not_review_an_emergency_nor_make_one() {
    let forgeries = [
        // The review of another break-glass, inserted again for this one.
        r#"INSERT INTO events (sequence, request, previous, body, hash, authentication)
           SELECT (SELECT max(sequence) FROM events) + 1,
                  (SELECT request FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"glass_broken"%' ORDER BY sequence DESC LIMIT 1),
                  (SELECT hash FROM events ORDER BY sequence DESC LIMIT 1), body, hash, authentication
           FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"acknowledged"%' LIMIT 1"#,
        // The break-glass event, deleted.
        r#"DELETE FROM events WHERE sequence = (SELECT max(sequence) FROM events WHERE CAST(body AS TEXT) LIKE '%"change":"glass_broken"%')"#,
        // An ordinary request, turned into a break-glass.
        r#"UPDATE events SET body = CAST(replace(CAST(body AS TEXT), '"change":"minted"', '"change":"reminded"') AS BLOB)"#,
    ];
    for forgery in forgeries {
        let mut world = world().await;
        let (ana, cy) = (world.person("ana").await, world.person("cy").await);
        let first = broken(&world, &ana, "other").await;
        world.approve(&cy, &first).await;
        let second = broken(&world, &ana, "prod").await;
        assert_eq!(world.mint(&ana, &second).await.status(), 201);
        sql(&world, forgery).await;
        // While it runs, the broker uses the state that it proved. The next start refuses.
        assert_eq!(smash(&world, &ana, "vault").await.problem(), "policy");
        assert_eq!(smash(&world, &ana, "other").await.problem(), "conflict");
        world.stop().await;
        assert!(matches!(world.start().await, Err(jit::broker::BrokerError::Log(_))), "{forgery}");
    }
}
