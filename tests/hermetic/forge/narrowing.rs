//! A ceiling of a reviewer on GitHub is permanent, whatever happens to the review, the reviewer, the policy or the time
//! afterwards (docs/trust.md, "What a reviewer narrowed").

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use jit::forge::log::History;
use jit::forge::log::JournalIndex;
use jit::forge::review_body;
use jit::github::Refusal;
use jit::github::api::models::ReviewRecord;
use jit::github::plan;
use jit::github::verify::verify;
use jit::grant::Change;
use jit::grant::Request;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::grant::statement::Header;
use jit::grant::statement::RequestedScope;
use jit::grant::statement::ReviewStatement;
use jit::identity::Signer;
use jit::identity::fake::TestSigner;
use jit::identity::statement::sign;
use jit::policy::Policy;
use proptest::prelude::*;
use proptest::test_runner::Config;

use super::case::BO;
use super::case::CY;
use super::case::Case;
use super::case::HEAD;
use super::case::NOW;
use super::case::REPOSITORY;
use super::case::account;
use super::case::at;
use super::case::signer;

const DEE: u64 = 104;
const READ: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:Get*","Effect":"Allow","Resource":"*"}]}"#;
const WRITE: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Action":"s3:Put*","Effect":"Allow","Resource":"*"}]}"#;
const ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Action":"*","Effect":"Allow","Resource":"*"}]}"#;

/// The policy on main, whose parts change one by one.
#[derive(Clone)]
struct Files {
    rotated: Vec<&'static str>,
    gone: Vec<&'static str>,
    silenced: Vec<&'static str>,
    approval: &'static str,
    read: &'static str,
    automatic: bool,
}

const BOTH: &str = "{ all = [\"1 of group:sre\", \"1 of group:security\"] }";

impl Files {
    fn new() -> Self {
        Self {
            rotated: Vec::new(),
            gone: Vec::new(),
            silenced: Vec::new(),
            approval: BOTH,
            read: READ,
            automatic: false,
        }
    }

    fn policy(&self) -> Option<Arc<Policy>> {
        let here = |name: &&str| !self.gone.contains(name);
        let people = [("ana", super::case::ANA), ("bo", BO), ("cy", CY), ("dee", DEE)];
        let people: String = people
            .into_iter()
            .filter(|(name, _)| here(name))
            .map(|(name, id)| {
                let key =
                    if self.rotated.contains(&name) { TestSigner::ed25519(id as u32) } else { signer(name) };
                format!("[people.{name}]\nkeys = [\"{}\"]\ngithub = {id}\n", key.public_key())
            })
            .collect();
        let group = |names: &[&str]| {
            let names: Vec<String> =
                names.iter().filter(|name| here(name)).map(|name| format!("\"{name}\"")).collect();
            names.join(", ")
        };
        let groups = format!(
            "[groups]\ndev = [\"ana\"]\nsre = [{}]\nsecurity = [{}]\n",
            group(&["bo", "cy"]),
            group(&["dee"])
        );
        let when = if self.automatic { "[when]\nauto_approve = \"context.hour >= 12\"\n" } else { "" };
        let role = format!(
            "requesters = [\"group:dev\"]\napproval = {}\nduration = \"1h\"\nmax_duration = \"4h\"\nlease = \"4h\"\n\
             signed = \"account\"\n{when}[scopes.read]\npolicy = \"read.json\"\n[scopes.write]\npolicy = \"write.json\"\n\
             [aws]\nrole_arn = \"arn:aws:iam::111122223333:role/prod-admin\"\nregion = \"eu-west-1\"\n",
            self.approval
        );
        let rules: String = self
            .silenced
            .iter()
            .map(|name| {
                format!("forbid(principal == Person::\"{name}\", action == Action::\"review\", resource);\n")
            })
            .collect();
        let mut files = BTreeMap::from([
            ("access.toml".to_owned(), b"version = 1\n".to_vec()),
            ("people.toml".to_owned(), format!("{people}{groups}").into_bytes()),
            ("roles/prod-admin.toml".to_owned(), role.into_bytes()),
            ("roles/read.json".to_owned(), self.read.as_bytes().to_vec()),
            ("roles/write.json".to_owned(), WRITE.as_bytes().to_vec()),
        ]);
        if !rules.is_empty() {
            files.insert("rules/all.cedar".to_owned(), rules.into_bytes());
        }
        // A policy that does not load refuses everything.
        Policy::compile(files).ok().map(Arc::new)
    }
}

fn id_of(who: &str) -> u64 {
    match who {
        "bo" => BO,
        "cy" => CY,
        _ => DEE,
    }
}

/// A review as `jit approve` gives it: signed, and a comment if it narrows.
fn review(case: &mut Case, who: &str, minute: i64, duration: Option<&str>, scope: Option<&str>) {
    let when = at("2026-11-23T10:10:00Z") + SignedDuration::from_mins(minute);
    let statement = Statement::Review(ReviewStatement {
        header: Header {
            authority: format!("github:{REPOSITORY}"),
            who: who.parse().unwrap(),
            at: when,
            nonce: format!("{minute:0>43}"),
        },
        request: case.dispatch.digest,
        verdict: Verdict::Approve,
        comment: String::new(),
        duration: duration.map(|duration| duration.parse().unwrap()),
        scope: scope.map(|scope| scope.parse().unwrap()),
    });
    let signed = sign(&statement, &signer(who)).unwrap();
    let narrows = duration.is_some() || scope.is_some();
    let id = 500 + case.evidence.reviews.len() as u64;
    case.evidence.reviews.push(ReviewRecord {
        id,
        user: Some(account(id_of(who), who)),
        state: if narrows { "COMMENTED" } else { "APPROVED" }.to_owned(),
        body: Some(review_body::write("I agree.", &signed)),
        commit_id: Some(HEAD.to_owned()),
        submitted_at: Some(when),
        edited: None,
    });
}

/// The result of one run, by `decide` and `mint` together.
struct Mint {
    request: Request,
    scope: Option<String>,
    until: Timestamp,
}

fn mint(case: &Case, history: Option<&History>, now: Timestamp) -> Result<Mint, Refusal> {
    let mut verified = verify(&case.evidence, &case.dispatch, &case.claimed, now)?;
    let index = JournalIndex::empty(format!("github:{REPOSITORY}"), at(NOW));
    verified.heed(&index, now);
    verified.recall(history);
    let planned = plan::mint(&verified, history, &index, &[], now)?;
    let until = planned.steps.iter().find_map(|step| match step.change {
        Change::Minted { expires, .. } => Some(expires),
        _ => None,
    });
    // The second job judges again, by the log as the first one left it.
    let history = of(planned.request.clone(), history, now);
    let mut again = verify(&case.evidence, &case.dispatch, &case.claimed, now)?;
    again.heed(&index, now);
    again.recall(Some(&history));
    let scope = again.terms(now)?.scope.map(|scope| scope.as_str().to_owned());
    Ok(Mint { request: planned.request, scope, until: until.unwrap() })
}

/// The log after a mint.
fn of(request: Request, before: Option<&History>, now: Timestamp) -> History {
    let until = request.active_until.unwrap();
    let began = before.and_then(|before| before.began).unwrap_or((now, until));
    History { request, entries: Vec::new(), began: Some(began) }
}

fn case(files: &Files, scope: Option<&str>) -> Case {
    let policy = files.policy().unwrap();
    let mut statement = Case::new("account").statement;
    statement.policy = policy.revision;
    statement.scope = scope.map(|scope| RequestedScope {
        name: scope.parse().unwrap(),
        document: jit::grant::Digest::of(if scope == "read" { READ } else { WRITE }.as_bytes()),
    });
    Case::of(statement, &signer("ana"), &policy)
}

/// Bo approves `read` only. Without bo, cy and dee are enough.
fn narrowed() -> Case {
    let mut case = case(&Files::new(), None);
    review(&mut case, "bo", 1, Some("30m"), Some("read"));
    review(&mut case, "cy", 2, None, None);
    review(&mut case, "dee", 3, None, None);
    case
}

/// Before the first mint and after it, and whoever changes the review on GitHub.
#[test]
fn a_narrowed_approval_stays_narrow_when_its_reviewer_no_longer_counts() {
    let now = at(NOW);
    let changes: [fn(&mut Files); 3] =
        [|files| files.rotated.push("bo"), |files| files.gone.push("bo"), |files| files.silenced.push("bo")];
    for change in changes {
        let mut files = Files::new();
        change(&mut files);
        let mut changed = narrowed();
        changed.evidence.force = files.policy().unwrap();
        let before = mint(&changed, None, now).unwrap();
        assert_eq!(before.scope.as_deref(), Some(READ), "changed before the first mint");
        assert_eq!(before.until, Span::of_minutes(30).after(now));
        let first = mint(&narrowed(), None, now).unwrap();
        let history = of(first.request, None, now);
        let later = now + SignedDuration::from_mins(10);
        let after = mint(&changed, Some(&history), later).unwrap();
        assert_eq!(after.scope.as_deref(), Some(READ), "changed after it");
        assert_eq!(after.until, Span::of_minutes(30).after(now));
        // The review's text is edited away, or the review is deleted with its account.
        let mut edited = narrowed();
        edited.evidence.reviews[0].body = Some("I agree.".to_owned());
        assert_eq!(mint(&edited, Some(&history), later).unwrap().scope.as_deref(), Some(READ));
        edited.evidence.reviews.remove(0);
        let gone = mint(&edited, Some(&history), later).unwrap();
        assert_eq!((gone.scope.as_deref(), gone.until), (Some(READ), Span::of_minutes(30).after(now)));
    }
}

/// A person's own later approval of everything is their latest review, if it comes before the first mint.
#[test]
fn who_narrowed_may_widen_while_it_waits_and_nobody_else_may() {
    let now = at(NOW);
    let mut widened = narrowed();
    review(&mut widened, "bo", 5, None, None);
    assert_eq!(mint(&widened, None, now).unwrap().scope, None);
    let mut web = narrowed();
    web.review(account(BO, "bo"), "APPROVED");
    assert_eq!(mint(&web, None, now).unwrap().scope, None);
    // Bo's older statement, posted again by another person.
    let mut replayed = narrowed();
    review(&mut replayed, "bo", 5, None, None);
    let mut old = replayed.evidence.reviews[0].clone();
    old.user = Some(account(super::case::EVE, "eve"));
    old.submitted_at = Some(at("2026-11-23T10:50:00Z"));
    replayed.evidence.reviews.push(old);
    assert_eq!(mint(&replayed, None, now).unwrap().scope, None);
    // After the mint it widens nothing.
    let first = mint(&narrowed(), None, now).unwrap();
    let history = of(first.request, None, now);
    assert_eq!(mint(&widened, Some(&history), now).unwrap().scope.as_deref(), Some(READ));
    // A stranger narrows nothing.
    let mut stranger = case(&Files::new(), None);
    review(&mut stranger, "cy", 2, None, None);
    review(&mut stranger, "dee", 3, None, None);
    review(&mut stranger, "bo", 4, None, Some("read"));
    stranger.evidence.reviews[2].body =
        stranger.evidence.reviews[2].body.take().map(|body| body.replace("AAAA", "AAAB"));
    assert!(mint(&stranger, None, now).is_ok());
}

/// A condition never approves what people approved before.
#[test]
fn a_condition_carries_nothing_that_people_approved() {
    let now = at(NOW);
    let mut files = Files { automatic: true, ..Files::new() };
    let long = || case(&files, None).restate(|statement| statement.duration = "4h".parse().unwrap());
    let noon = at("2026-11-23T12:00:00Z");
    assert!(mint(&long(), None, noon).is_ok(), "at noon the condition approves alone");
    let mut asked = long();
    review(&mut asked, "bo", 1, None, Some("read"));
    review(&mut asked, "dee", 3, None, None);
    let first = mint(&asked, None, now).unwrap();
    let history = of(first.request, None, now);
    assert_eq!(mint(&asked, Some(&history), noon).unwrap().scope.as_deref(), Some(READ));
    // Bo leaves, and it becomes twelve o'clock.
    files.gone.push("bo");
    asked.evidence.force = files.policy().unwrap();
    assert!(matches!(mint(&asked, Some(&history), noon), Err(Refusal::Waiting(_))));
}

#[derive(Debug, Clone)]
enum Step {
    Rotate(&'static str),
    Leave(&'static str),
    Silence(&'static str),
    Loosen(&'static str),
    Widen,
    Automatic,
    Edit(usize),
    Remove(usize),
    Dismiss(usize),
    Pass(i64),
    Mint,
}

fn reviewers() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("bo"), Just("cy"), Just("dee")]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => reviewers().prop_map(Step::Rotate),
        3 => reviewers().prop_map(Step::Leave),
        3 => reviewers().prop_map(Step::Silence),
        2 => prop_oneof![Just("\"none\""), Just("\"1 of group:sre\""), Just("\"1 of group:security\"")].prop_map(Step::Loosen),
        1 => Just(Step::Widen),
        2 => Just(Step::Automatic),
        3 => (0_usize..6).prop_map(Step::Edit),
        3 => (0_usize..6).prop_map(Step::Remove),
        2 => (0_usize..6).prop_map(Step::Dismiss),
        2 => (1_i64..40).prop_map(Step::Pass),
        5 => Just(Step::Mint),
    ]
}

/// Runs one story. Every mint after the first is checked against what each recorded reviewer signed, and against the
/// first.
fn story(
    automatic: bool,
    scope: Option<&str>,
    given: &[(&str, Option<&str>, Option<&str>)],
    steps: Vec<Step>,
) {
    let mut files = Files { automatic, ..Files::new() };
    let mut case = case(&files, scope);
    for (minute, (who, duration, scope)) in (1_i64..).zip(given) {
        review(&mut case, who, minute, *duration, *scope);
    }
    let mut now = at(NOW);
    let mut history: Option<History> = None;
    for step in std::iter::once(Step::Mint).chain(steps).chain([Step::Mint]) {
        let reviews = &mut case.evidence.asked.reviews;
        match step {
            Step::Rotate(who) => files.rotated.push(who),
            Step::Leave(who) => files.gone.push(who),
            Step::Silence(who) => files.silenced.push(who),
            Step::Loosen(rule) => files.approval = rule,
            Step::Widen => files.read = ALL,
            Step::Automatic => files.automatic = true,
            Step::Edit(place) => reviews.iter_mut().skip(place).take(1).for_each(|review| review.body = None),
            Step::Remove(place) if place < reviews.len() => _ = reviews.remove(place),
            Step::Remove(_) => {}
            Step::Dismiss(place) => {
                if let Some(review) = reviews.get_mut(place) {
                    review.state = "DISMISSED".to_owned();
                    case.evidence.asked.dismissed.insert(review.id, "approved".to_owned());
                }
            }
            Step::Pass(minutes) => now += SignedDuration::from_mins(minutes),
            Step::Mint => {
                let Ok(minted) = mint(&case, history.as_ref(), now) else { continue };
                let recorded = minted.request.reviews.clone();
                let after = of(minted.request, history.as_ref(), now);
                let began = after.began.unwrap().0;
                let wanted = scope.map(str::to_owned).into_iter();
                let wanted = wanted.chain(
                    recorded
                        .iter()
                        .filter_map(|review| review.statement.scope.as_ref().map(ToString::to_string)),
                );
                for name in wanted {
                    assert_eq!(minted.scope.as_deref(), Some(if name == "read" { READ } else { WRITE }));
                }
                for review in &recorded {
                    let allowed = review.statement.duration.unwrap_or(case.statement.duration);
                    assert!(minted.until <= allowed.after(began), "{} is past {allowed}", minted.until);
                }
                history = Some(after);
            }
        }
        match files.policy() {
            Some(policy) => case.evidence.asked.force = policy,
            None => return,
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 256, ..Config::default() })]

    /// No sequence of changes on GitHub makes a mint wider than what each recorded reviewer approved.
    #[test]
    fn nothing_is_minted_wider_than_each_recorded_reviewer_agreed_to(
        automatic in any::<bool>(),
        scope in prop_oneof![3 => Just(None), 1 => Just(Some("read"))],
        given in proptest::collection::vec(
            (
                reviewers(),
                prop_oneof![2 => Just(None), 1 => Just(Some("10m")), 1 => Just(Some("30m"))],
                prop_oneof![3 => Just(None), 2 => Just(Some("read")), 1 => Just(Some("write"))],
            ),
            2..6,
        ),
        steps in proptest::collection::vec(steps(), 1..8),
    ) {
        story(automatic, scope, &given, steps);
    }
}
