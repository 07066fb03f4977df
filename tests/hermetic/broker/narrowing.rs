//! A reviewer's ceiling is permanent, whatever happens to the reviewer, the policy or the time afterwards
//! (docs/trust.md, "What a reviewer narrowed").

use std::time::Duration;

use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::RequestedScope;
use jit::grant::statement::Way;
use jit::identity::Signer;
use jit::protocol::EventList;
use jit::protocol::RequestView;
use jit::protocol::RoleView;
use jit::protocol::SealedLease;
use proptest::prelude::*;
use proptest::test_runner::Config;

use crate::broker::world::Answer;
use crate::broker::world::Person;
use crate::broker::world::World;
use crate::broker::world::first_policy;
use crate::broker::world::key_of;

const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"*"}]}"#;
const WRITE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:Put*","Effect":"Allow","Resource":"*"}]}"#;

/// A policy whose parts change one by one.
#[derive(Clone)]
struct Files {
    /// People whose key was replaced, and people who left.
    rotated: Vec<&'static str>,
    gone: Vec<&'static str>,
    /// People who may no longer review.
    silenced: Vec<&'static str>,
    approval: &'static str,
    max_duration: &'static str,
    read: &'static str,
    has_read: bool,
    automatic: bool,
}

const BOTH: &str = "{ all = [\"1 of group:first\", \"1 of group:second\"] }";

impl Files {
    fn new() -> Self {
        Self {
            rotated: Vec::new(),
            gone: Vec::new(),
            silenced: Vec::new(),
            approval: BOTH,
            max_duration: "4h",
            read: READ,
            has_read: true,
            automatic: false,
        }
    }

    fn write(&self, world: &mut World) {
        let people = ["ana", "bo", "cy", "dee", "eve"].into_iter().filter(|name| !self.gone.contains(name));
        let people: String = people
            .map(|name| {
                let key = if self.rotated.contains(&name) { format!("{name}-new") } else { name.to_owned() };
                format!("[people.{name}]\nkeys = [\"{}\"]\n", key_of(&key).public_key())
            })
            .collect();
        let group = |names: &[&str]| {
            let names = names.iter().filter(|name| !self.gone.contains(name));
            names.map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ")
        };
        let groups = format!(
            "[groups]\nfirst = [{}]\nsecond = [{}]\nwatch = [\"ana\"]\n",
            group(&["bo", "cy"]),
            group(&["dee", "eve"])
        );
        world.write_policy("people.toml", &format!("{people}{groups}"));
        world.write_policy("roles/read.json", self.read);
        world.write_policy("roles/write.json", WRITE);
        let scopes = if self.has_read { "[scopes.read]\npolicy = \"read.json\"\n" } else { "" };
        let when = if self.automatic { "[when]\nauto_approve = \"context.hour >= 13\"\n" } else { "" };
        let role = format!(
            "requesters = [\"person:ana\"]\napproval = {}\nduration = \"1h\"\nmax_duration = \"{}\"\nlease = \"4h\"\n\
             extend = {{ times = 1, approval = \"none\" }}\n{when}{scopes}[scopes.write]\npolicy = \"write.json\"\n\
             [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/data\"\nregion = \"eu-west-1\"\n",
            self.approval, self.max_duration
        );
        world.write_policy("roles/data.toml", &role);
        let rules: String = self
            .silenced
            .iter()
            .map(|name| {
                format!("forbid(principal == Person::\"{name}\", action == Action::\"review\", resource);\n")
            })
            .collect();
        // A file of rules needs at least one.
        let rest = "forbid(principal, action == Action::\"request\", resource) when { context.hour > 23 };\n";
        world.write_policy("rules/all.cedar", &format!("{rules}{rest}"));
    }

    async fn put(&self, world: &mut World) {
        self.write(world);
        for _ in 0..2 {
            world.pass("3s");
            world.call("GET", "/readyz", "", None::<&()>).await;
        }
    }
}

async fn world(files: &Files) -> World {
    let mut world = World::unstarted();
    for (path, _) in first_policy() {
        if path.starts_with("roles/") {
            std::fs::remove_file(world.folder.path().join("policy").join(path)).unwrap();
        }
    }
    files.write(&mut world);
    world.start().await.unwrap();
    world
}

async fn review(
    world: &World,
    by: &Person,
    view: &RequestView,
    duration: Option<&str>,
    scope: Option<&str>,
) -> Answer {
    let mut review = world.review_statement(by, &view.digest, Verdict::Approve);
    review.duration = duration.map(|duration| duration.parse().unwrap());
    review.scope = scope.map(|scope| scope.parse().unwrap());
    world.review_signed(by, view, review).await
}

/// The scope and the expiry of the last mint.
fn minted(world: &World) -> (Option<String>, jiff::Timestamp) {
    let orders = world.cloud.orders.lock().unwrap();
    let order = orders.last().unwrap();
    (order.scope.as_ref().map(|scope| scope.as_str().to_owned()), order.grant_until)
}

/// A request of ana's for the whole role: bo approves `read` only, cy and dee approve everything. The rule is satisfied
/// without bo.
async fn narrowed(world: &World) -> (Person, RequestView) {
    let ana = world.person("ana").await;
    let (bo, cy, dee) = (world.person("bo").await, world.person("cy").await, world.person("dee").await);
    let (view, _) = world.ask(&ana, "data").await;
    review(world, &bo, &view, Some("30m"), Some("read")).await.read::<RequestView>();
    review(world, &cy, &view, None, None).await.read::<RequestView>();
    let view: RequestView = review(world, &dee, &view, None, None).await.read();
    assert_eq!(view.state, State::Approved);
    (ana, view)
}

/// A key is rotated, a person leaves, a condition becomes false. The approval for a scope remains one.
#[tokio::test]
async fn a_narrowed_approval_stays_narrow_when_its_reviewer_no_longer_counts() {
    let changes: [fn(&mut Files); 3] =
        [|files| files.rotated.push("bo"), |files| files.gone.push("bo"), |files| files.silenced.push("bo")];
    for change in changes {
        let mut files = Files::new();
        let mut world = world(&files).await;
        let (ana, view) = narrowed(&world).await;
        world.mint(&ana, &view).await.read::<SealedLease>();
        let begun = world.now();
        assert_eq!(minted(&world), (Some(READ.to_owned()), Span::of_minutes(30).after(begun)));
        change(&mut files);
        files.put(&mut world).await;
        world.mint(&ana, &view).await.read::<SealedLease>();
        assert_eq!(minted(&world), (Some(READ.to_owned()), Span::of_minutes(30).after(begun)));
    }
}

/// The scope of an approval is in the log.
#[tokio::test]
async fn an_approval_records_its_scope() {
    let world = world(&Files::new()).await;
    let (ana, _) = narrowed(&world).await;
    let list: EventList = world.get("/v1/events", &ana).await.read();
    let approved = list.events.iter().find(|event| event.word == "approved").unwrap();
    let body: serde_json::Value = serde_json::from_str(&approved.body).unwrap();
    let document = jit::grant::Digest::of(READ.as_bytes()).to_string();
    let scope = &body["subject"]["change"]["scope"];
    assert_eq!(*scope, serde_json::json!({ "name": "read", "document": document }));
    assert_eq!(body["subject"]["change"]["duration"], "30m");
}

/// Reviewers whose ceilings exclude each other are told when the second one narrows, and not at the mint.
#[tokio::test]
async fn a_second_piece_beside_an_approval_that_no_longer_counts_is_refused() {
    let mut files = Files::new();
    let mut world = world(&files).await;
    let ana = world.person("ana").await;
    let (bo, cy) = (world.person("bo").await, world.person("cy").await);
    let (view, _) = world.ask(&ana, "data").await;
    review(&world, &bo, &view, None, Some("read")).await.read::<RequestView>();
    files.rotated.push("bo");
    files.put(&mut world).await;
    let refused = review(&world, &cy, &view, None, Some("write")).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("nothing in common"), "{}", refused.detail());
}

/// A condition never approves what people approved before, neither beyond a ceiling nor without them.
#[tokio::test]
async fn a_condition_carries_nothing_that_people_approved() {
    let mut files = Files { automatic: true, approval: "\"1 of group:first\"", ..Files::new() };
    let mut world = world(&files).await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let (view, _) = world.ask(&ana, "data").await;
    let view: RequestView = review(&world, &bo, &view, None, Some("read")).await.read();
    assert_eq!(view.state, State::Approved);
    // Bo leaves, and it becomes one o'clock.
    files.gone.push("bo");
    files.put(&mut world).await;
    world.pass("1h");
    let refused = world.mint(&ana, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("more reviews"), "{}", refused.detail());
    // The condition approves a new request, as it should.
    world.post_nothing(&format!("/v1/requests/{}/end", view.id), &ana).await.read::<RequestView>();
    assert_eq!(world.ask(&ana, "data").await.0.state, State::Approved);
}

/// Nor where the policy in force would have needed nobody, and only the earlier policy rests on the review.
#[tokio::test]
async fn a_condition_of_the_earlier_policy_carries_nothing_that_people_approved() {
    let mut files = Files { automatic: true, approval: "\"1 of group:first\"", ..Files::new() };
    let mut world = world(&files).await;
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let (view, _) = world.ask(&ana, "data").await;
    assert_eq!(view.state, State::Pending);
    world.change_policy("roles/data.toml", "context.hour >= 13", "context.hour >= 0").await;
    let view: RequestView = review(&world, &bo, &view, None, None).await.read();
    assert_eq!((view.state, view.approved_by.clone()), (State::Approved, vec!["bo".parse().unwrap()]));
    // Bo leaves, and it becomes one o'clock: the condition of both policies would approve by itself now.
    files.gone.push("bo");
    files.put(&mut world).await;
    world.pass("1h");
    let refused = world.mint(&ana, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("more reviews"), "{}", refused.detail());
}

/// An unused approval by a condition alone does not survive a denial.
#[tokio::test]
async fn a_denial_stops_what_a_condition_approved_and_nobody_used() {
    let files = Files { automatic: true, ..Files::new() };
    let mut world = world(&files).await;
    let role = std::fs::read_to_string(world.folder.path().join("policy/roles/data.toml")).unwrap();
    let glass = "[break_glass]\nrequesters = [\"person:ana\"]\nmax_duration = \"1h\"\n[aws]";
    world.write_policy("roles/data.toml", &role.replace("[aws]", glass));
    for _ in 0..2 {
        world.pass("3s");
        world.call("GET", "/readyz", "", None::<&()>).await;
    }
    world.pass("1h");
    let (ana, bo) = (world.person("ana").await, world.person("bo").await);
    let (mut statement, _) = world.plan(&ana, "data").await;
    statement.way = Way::BreakGlass;
    statement.not_after = statement.duration.after(statement.duration.after(statement.created));
    let emergency: RequestView = world.ask_signed(&ana, statement).await.read();
    let (view, _) = world.ask(&ana, "data").await;
    assert_eq!(view.state, State::Approved);
    world.review(&bo, &emergency, Verdict::Deny).await.read::<RequestView>();
    let refused = world.mint(&ana, &view).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("more reviews"), "{}", refused.detail());
}

/// An unreviewed extension does not exceed what a reviewer allowed.
#[tokio::test]
async fn more_time_past_a_reviewers_limit_needs_a_review() {
    let world = world(&Files::new()).await;
    let (ana, view) = narrowed(&world).await;
    let sealed: SealedLease = world.mint(&ana, &view).await.read();
    let (mut statement, _) = world.plan(&ana, "data").await;
    statement.way = Way::Extend(view.digest);
    statement.duration = Span::of_minutes(30);
    statement.not_after = statement.duration.after(sealed.active_until);
    let refused = world.ask_signed(&ana, statement).await;
    assert_eq!(refused.problem(), "policy");
    assert!(refused.detail().contains("bo approved the access for at most 30m"), "{}", refused.detail());
}

/// One step after the approval.
#[derive(Debug, Clone)]
enum Step {
    Rotate(&'static str),
    Leave(&'static str),
    Silence(&'static str),
    Loosen(&'static str),
    Lengthen,
    Widen,
    Drop,
    Automatic,
    Pass,
    Mint,
    Restart,
}

fn reviewers() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("bo"), Just("cy"), Just("dee"), Just("eve")]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => reviewers().prop_map(Step::Rotate),
        3 => reviewers().prop_map(Step::Leave),
        3 => reviewers().prop_map(Step::Silence),
        2 => prop_oneof![Just("\"none\""), Just("\"1 of group:first\""), Just("\"1 of group:second\"")].prop_map(Step::Loosen),
        1 => Just(Step::Lengthen),
        1 => Just(Step::Widen),
        1 => Just(Step::Drop),
        1 => Just(Step::Automatic),
        1 => Just(Step::Pass),
        4 => Just(Step::Mint),
        1 => Just(Step::Restart),
    ]
}

type Given = (&'static str, Option<&'static str>, Option<&'static str>);

fn reviews() -> impl Strategy<Value = Vec<Given>> {
    let duration = prop_oneof![2 => Just(None), 1 => Just(Some("10m")), 1 => Just(Some("30m"))];
    let scope = prop_oneof![3 => Just(None), 2 => Just(Some("read")), 1 => Just(Some("write"))];
    proptest::collection::vec((reviewers(), duration, scope), 2..7)
}

/// Runs one story, and checks every mint against what each reviewer signed.
async fn story(
    approval: &'static str,
    automatic: bool,
    scope: Option<&str>,
    given: Vec<Given>,
    steps: Vec<Step>,
) {
    let mut files = Files { approval, automatic, ..Files::new() };
    let mut world = world(&files).await;
    let ana = world.person("ana").await;
    let (mut statement, _) = world.plan(&ana, "data").await;
    if let Some(scope) = scope {
        let role: RoleView = world.get("/v1/roles/data", &ana).await.read();
        let known = role.scopes.iter().find(|known| known.name.as_str() == scope).unwrap();
        statement.scope = Some(RequestedScope { name: known.name.clone(), document: known.digest });
    }
    let asked = statement.scope.clone();
    let view: RequestView = world.ask_signed(&ana, statement).await.read();
    for (by, duration, scope) in given {
        let person = world.person(by).await;
        // A refused review is not recorded, and binds nobody.
        let _ = review(&world, &person, &view, duration, scope).await;
    }
    let shown = world.show(&ana, &view).await;
    let signed = shown.reviews.iter().map(|review| &review.signed.statement);
    let ceilings: Vec<_> = signed
        .map(|text| match Statement::parse(text.as_bytes()).unwrap() {
            Statement::Review(review) => (review.duration, review.scope),
            other => panic!("{other:?}"),
        })
        .collect();
    let mut begun = None;
    for step in steps.into_iter().chain([Step::Mint]) {
        match step {
            Step::Rotate(who) => files.rotated.push(who),
            Step::Leave(who) => files.gone.push(who),
            Step::Silence(who) => files.silenced.push(who),
            Step::Loosen(rule) => files.approval = rule,
            Step::Lengthen => files.max_duration = "12h",
            Step::Widen => {
                files.read = r#"{"Version":"2012-10-17","Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}"#;
            }
            Step::Drop => files.has_read = false,
            Step::Automatic => files.automatic = true,
            Step::Pass => world.clock.advance(Duration::from_secs(3_600)),
            Step::Restart => {
                world.stop().await;
                // A policy with an empty group does not load, so there is nothing to check.
                if world.start().await.is_err() {
                    return;
                }
            }
            Step::Mint => {
                let now = world.now();
                if world.mint(&ana, &view).await.status() != 201 {
                    continue;
                }
                let begun = *begun.get_or_insert(now);
                let (scope, until) = minted(&world);
                for (duration, narrowed) in &ceilings {
                    let allowed = duration.unwrap_or(view_duration(&view));
                    assert!(until <= allowed.after(begun), "{until} is past {allowed} from {begun}");
                    match narrowed.as_ref().map(|scope| scope.as_str()) {
                        Some("read") => assert_eq!(scope.as_deref(), Some(READ)),
                        Some(_) => assert_eq!(scope.as_deref(), Some(WRITE)),
                        None => {}
                    }
                }
                match asked.as_ref().map(|asked| asked.name.as_str()) {
                    Some("read") => assert_eq!(scope.as_deref(), Some(READ)),
                    Some(_) => assert_eq!(scope.as_deref(), Some(WRITE)),
                    None => {}
                }
                continue;
            }
        }
        files.put(&mut world).await;
    }
}

fn view_duration(view: &RequestView) -> Span {
    match Statement::parse(view.signed.statement.as_bytes()).unwrap() {
        Statement::Request(asked) => asked.duration,
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(Config { cases: 48, ..Config::default() })]

    /// No sequence of changes makes a mint wider than what each recorded reviewer approved.
    #[test]
    fn nothing_is_minted_wider_than_each_recorded_reviewer_agreed_to(
        approval in prop_oneof![
            3 => Just(BOTH),
            1 => Just("\"1 of group:first\""),
            1 => Just("{ any = [\"2 of group:first\", \"1 of group:second\"] }"),
        ],
        automatic in any::<bool>(),
        scope in prop_oneof![2 => Just(None), 1 => Just(Some("read"))],
        given in reviews(),
        steps in proptest::collection::vec(steps(), 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(story(approval, automatic, scope, given, steps));
    }
}
