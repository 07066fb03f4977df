//! Attacks on the pull request, the file and the run. Each begins with a request that two people approved.

use std::sync::Arc;

use jit::forge::request_file;
use jit::github::Refusal;
use jit::grant::Digest;
use jit::judgement::refusal::Refusal as Rule;
use jit::policy::Policy;

use super::case::ANA;
use super::case::BO;
use super::case::CY;
use super::case::Case;
use super::case::EVE;
use super::case::MAIN;
use super::case::NOW;
use super::case::account;
use super::case::at;
use super::case::files;
use super::case::signer;

fn approved() -> Case {
    let mut case = Case::new("account");
    case.review(account(BO, "bo"), "APPROVED");
    case.review(account(104, "dee"), "APPROVED");
    case
}

#[test]
fn a_request_that_two_people_approved_is_had() {
    assert_eq!(approved().approved_by().unwrap(), ["bo", "dee"]);
}

/// A change that an attacker makes, and the expected error.
type Attack = (&'static str, fn(&mut Case), &'static str);

#[test]
fn whatever_is_spoiled_gains_nothing() {
    let attacks: &[Attack] = &[
        ("run again", |case| case.evidence.run.run_attempt = 2, "it was run again"),
        ("another event", |case| case.evidence.run.event = "push".into(), "not dispatched"),
        (
            "another workflow",
            |case| case.evidence.run.path = ".github/workflows/other.yml".into(),
            "another workflow",
        ),
        (
            "a workflow on a branch",
            |case| case.evidence.run.head_branch = Some("jit/x".into()),
            "not on main",
        ),
        ("a run of a fork", |case| case.evidence.run.repository.id = 43, "another repository"),
        (
            "somebody else ran it",
            |case| case.evidence.run.triggering_actor = Some(account(EVE, "eve")),
            "one person",
        ),
        (
            "a bot dispatched it",
            |case| {
                let mut bot = account(ANA, "ana");
                bot.kind = "Bot".into();
                case.evidence.run.actor = Some(bot);
            },
            "one person",
        ),
        ("an old queued run", |case| case.evidence.main = "3".repeat(40), "main moved"),
        ("claims another run", |case| case.claimed.run_id = 9002, "its id is not"),
        ("claims another repository", |case| case.claimed.repository_id = 43, "repository is not"),
        ("claims another actor", |case| case.claimed.actor_id = BO, "actor is not"),
        ("claims another workflow", |case| case.claimed.workflow_ref.push('x'), "workflow is not"),
        ("claims another attempt", |case| case.claimed.run_attempt = 2, "attempt is not"),
        ("claims another event", |case| case.claimed.event = "push".into(), "event is not"),
        ("claims another branch", |case| case.claimed.reference = "refs/heads/jit/x".into(), "branch is not"),
        ("claims another commit", |case| case.claimed.sha = "3".repeat(40), "commit is not"),
        (
            "a colleague dispatches",
            |case| {
                case.evidence.run.actor = Some(account(BO, "bo"));
                case.evidence.run.triggering_actor = Some(account(BO, "bo"));
                case.claimed.actor_id = BO;
            },
            "somebody else dispatched",
        ),
        ("another pull request", |case| case.dispatch.pull = 8, "another than the one"),
        ("another digest", |case| case.dispatch.digest = Digest::of(b"x"), "was asked for"),
        ("into another branch", |case| case.evidence.pull.base.branch = "dev".into(), "not into main"),
        ("from a fork", |case| case.evidence.pull.head.repo.as_mut().unwrap().id = 43, "from a fork"),
        ("a fork that is gone", |case| case.evidence.pull.head.repo = None, "from a fork"),
        (
            "opened by a bot",
            |case| case.evidence.pull.user.as_mut().unwrap().kind = "Bot".into(),
            "by a person",
        ),
        (
            "opened by another",
            |case| case.evidence.pull.user = Some(account(CY, "cy")),
            "the statement is ana's, and cy brings it",
        ),
        (
            "opened by a stranger",
            |case| case.evidence.pull.user = Some(account(EVE, "ana")),
            "knows nobody with",
        ),
        ("nobody's", |case| case.evidence.pull.user = None, "by a person"),
        (
            "two files",
            |case| {
                let second = case.evidence.files[0].clone();
                case.evidence.files.push(second);
            },
            "more than one file",
        ),
        (
            "a policy change smuggled in",
            |case| {
                let mut second = case.evidence.files[0].clone();
                second.filename = "people.toml".into();
                second.status = "modified".into();
                case.evidence.files.push(second);
            },
            "more than one file",
        ),
        ("a second pull request", |case| case.evidence.pulls.push(8), "another pull request"),
        ("no file", |case| case.evidence.files.clear(), "or none"),
        (
            "a file that was there",
            |case| case.evidence.files[0].status = "modified".into(),
            "than add a file",
        ),
        (
            "a renamed file",
            |case| {
                case.evidence.files[0].previous_filename = Some("people.toml".into());
            },
            "than add a file",
        ),
        (
            "a file elsewhere",
            |case| case.evidence.files[0].filename = "requests/../people.toml".into(),
            "not a request's",
        ),
        (
            "another id's name",
            |case| {
                case.evidence.files[0].filename = "requests/7F3KQ2M8ZD.json".into();
                case.evidence.pull.head.branch = "jit/7F3KQ2M8ZD".into();
            },
            "another request's name",
        ),
        ("another branch", |case| case.evidence.pull.head.branch.push('x'), "branch is not the request's"),
        ("a file that is gone", |case| case.evidence.content = None, "cannot be read"),
        (
            "a file with something else in it",
            |case| case.evidence.content.as_mut().unwrap().push(b' '),
            "as jit writes it",
        ),
        (
            "asked long ago",
            |case| case.evidence.pull.created_at = at("2026-11-23T10:05:01Z"),
            "more than 5 minutes",
        ),
    ];
    for (what, spoil, said) in attacks {
        let mut case = approved();
        spoil(&mut case);
        let refusal = case.refusal();
        assert!(refusal.contains(said), "{what}: {refusal}");
    }
}

#[test]
fn a_request_edited_after_approval_is_another_request() {
    let mut case = approved();
    let edited = case.restate(|statement| statement.duration = "4h".parse().unwrap());
    case.evidence.content = edited.evidence.asked.content;
    assert!(matches!(case.approved_by(), Err(Refusal::Digest { .. })));
    // Dispatched with the new digest, under the new name. The reviews are for the old one.
    let mut forced = case.restate(|statement| statement.duration = "4h".parse().unwrap());
    forced.evidence.reviews.clone_from(&case.evidence.reviews);
    forced.evidence.reviewed = case.evidence.reviewed.clone();
    assert!(matches!(forced.approved_by(), Err(Refusal::Waiting(_))));
}

#[test]
fn a_request_in_anothers_name_needs_their_key() {
    let case = approved();
    let stolen = Case::of(case.statement.clone(), &signer("eve"), &case.evidence.force);
    assert!(stolen.refusal().contains("as a key of ana"), "{}", stolen.refusal());
    let elsewhere = case.restate(|statement| statement.header.authority = "github:43".to_owned());
    assert!(elsewhere.refusal().contains("another broker"), "{}", elsewhere.refusal());
}

/// GitHub knows people by their accounts, and an agent has none: a request in its name is nobody's, whoever brings it and whatever
/// the role says.
#[test]
fn a_request_in_an_agents_name_is_refused() {
    let mut files = files("account");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let people = format!(
        "{}[agents.zed]\nof = \"ana\"\nkeys = [\"{}\"]\n",
        text(&files["people.toml"]),
        jit::identity::Signer::public_key(&signer("zed"))
    );
    let role =
        text(&files["roles/prod-admin.toml"]).replace("[\"group:dev\"]", "[\"group:dev\", \"agent:zed\"]");
    files.insert("people.toml".to_owned(), people.into_bytes());
    files.insert("roles/prod-admin.toml".to_owned(), role.into_bytes());
    let policy = Arc::new(Policy::compile(files).unwrap());
    let zed = "zed".parse().unwrap();
    assert!(policy.may_request(&zed, policy.roles().next().unwrap()), "the policy itself lets it ask");
    let by = |who: &str, key: &str| {
        let mut statement = approved().statement;
        statement.header.who = who.parse().unwrap();
        statement.policy = policy.revision;
        let mut case = Case::of(statement, &signer(key), &policy);
        case.review(account(BO, "bo"), "APPROVED");
        case.review(account(104, "dee"), "APPROVED");
        case
    };
    assert!(by("ana", "ana").approved_by().is_ok(), "its owner asks as ever");
    for (key, said) in [("zed", "the statement is zed's, and ana brings it"), ("ana", "as a key of zed")] {
        let refusal = by("zed", key).refusal();
        assert!(refusal.contains(said), "{key}: {refusal}");
    }
    // Its key is not its owner's, and an account of its name is a stranger's.
    let refusal = by("ana", "zed").refusal();
    assert!(refusal.contains("as a key of ana"), "{refusal}");
    let mut case = by("zed", "zed");
    case.evidence.pull.user = Some(account(EVE, "zed"));
    case.evidence.run.actor = Some(account(EVE, "zed"));
    case.evidence.run.triggering_actor = Some(account(EVE, "zed"));
    case.claimed.actor_id = EVE;
    let refusal = case.refusal();
    assert!(refusal.contains("knows nobody with"), "{refusal}");
}

#[test]
fn clocks_and_revisions_are_those_of_the_policy_it_branched_off_from() {
    let case = approved();
    let later = case.restate(|statement| statement.not_after = at("2026-12-24T10:00:00Z"));
    assert!(later.refusal().contains("later than the role's clocks allow"), "{}", later.refusal());
    let over = case.restate(|statement| statement.not_after = at("2026-11-23T10:30:00Z"));
    assert!(over.refusal().contains("lapsed"), "{}", over.refusal());
    let long = case.restate(|statement| statement.duration = "5h".parse().unwrap());
    assert!(long.refusal().contains("longer"), "{}", long.refusal());
    let other = case.restate(|statement| statement.policy = Digest::of(b"laxer"));
    assert_eq!(other.approved_by().unwrap_err(), Refusal::Rule(Rule::Revision));
}

/// A request that no run has recorded is held to the shorter time of both policies, as a broker holds it. It used to be taken
/// and shortened.
#[test]
fn a_new_request_lasts_no_longer_than_both_policies_allow() {
    let mut case = approved().restate(|statement| statement.duration = "3h".parse().unwrap());
    assert!(matches!(case.approved_by(), Err(Refusal::Waiting(_))), "the policies allow it");
    let mut stricter = files("account");
    let role = String::from_utf8(stricter["roles/prod-admin.toml"].clone()).unwrap();
    let role = role.replace("max_duration = \"4h\"", "max_duration = \"2h\"");
    stricter.insert("roles/prod-admin.toml".into(), role.into_bytes());
    case.evidence.force = Arc::new(Policy::compile(stricter).unwrap());
    // It was asked before the policy became stricter: the shorter time counts.
    case.review(account(BO, "bo"), "APPROVED");
    case.review(account(104, "dee"), "APPROVED");
    let terms = case.verify().unwrap().terms(at(NOW)).unwrap();
    assert_eq!(terms.duration.to_string(), "2h");
    // Asked under the stricter policy, it is refused.
    let now = Arc::clone(&case.evidence.force);
    let mut case = case.restate(|statement| statement.policy = now.revision);
    case.evidence.under = now;
    assert_eq!(case.refusal(), "3h is longer than the 2h that prod-admin allows");
}

#[test]
fn a_policy_that_became_stricter_counts_at_once() {
    let mut case = approved();
    let mut stricter = files("account");
    let people = String::from_utf8(stricter["people.toml"].clone()).unwrap();
    stricter.insert(
        "people.toml".into(),
        people.replace("sre = [\"bo\", \"cy\"]", "sre = [\"cy\"]").into_bytes(),
    );
    case.evidence.force = Arc::new(Policy::compile(stricter).unwrap());
    // Bo may still review for security, and dee may not review for sre.
    assert!(matches!(case.approved_by(), Err(Refusal::Waiting(_))));
    let mut gone = files("account");
    gone.remove("roles/prod-admin.toml");
    case.evidence.force = Arc::new(Policy::compile(gone).unwrap());
    assert!(case.refusal().contains("no role prod-admin"));
    // A policy that became less strict grants no earlier request.
    let mut case = approved();
    case.evidence.reviews.truncate(1);
    let mut laxer = files("account");
    let role = String::from_utf8(laxer["roles/prod-admin.toml"].clone()).unwrap();
    let line = role.lines().find(|line| line.starts_with("approval")).unwrap().to_owned();
    laxer.insert(
        "roles/prod-admin.toml".into(),
        role.replace(&line, "approval = \"1 of group:sre\"").into_bytes(),
    );
    case.evidence.force = Arc::new(Policy::compile(laxer).unwrap());
    assert!(matches!(case.approved_by(), Err(Refusal::Waiting(_))));
}

#[test]
fn a_request_made_at_an_older_main_is_held_to_that_policy_too() {
    let mut case = approved();
    case.evidence.base = "4".repeat(40);
    let mut older = files("account");
    let people = String::from_utf8(older["people.toml"].clone()).unwrap();
    older.insert(
        "people.toml".into(),
        people.replace(&format!("github = {ANA}"), "github = 999").into_bytes(),
    );
    case.evidence.under = Arc::new(Policy::compile(older).unwrap());
    let restated = case.restate(|statement| statement.policy = case.evidence.under.revision);
    let mut restated = restated;
    restated.evidence.under = Arc::clone(&case.evidence.under);
    assert!(restated.refusal().contains("knows nobody with"), "{}", restated.refusal());
    assert_eq!(case.evidence.main, MAIN);
}

#[test]
fn files_of_other_kinds_are_no_requests() {
    let mut case = approved();
    case.signed_review(account(CY, "cy"), "cy", jit::grant::Verdict::Approve, &signer("cy"));
    let body = case.evidence.reviews.last().unwrap().body.clone().unwrap();
    let jit::forge::review_body::Carried::Signed(both) = jit::forge::review_body::read(&body) else {
        panic!()
    };
    case.evidence.content = Some(request_file::write(&both.0).into_bytes());
    assert!(case.refusal().contains("not a request"), "{}", case.refusal());
}

#[test]
fn a_request_from_a_time_that_has_not_come_is_none() {
    let ahead = at("2026-11-23T11:05:01Z");
    let mut case = Case::new("account").restate(|statement| {
        statement.created = ahead;
        statement.header.at = ahead;
        statement.not_after = at("2026-11-24T10:00:00Z");
    });
    case.evidence.pull.created_at = ahead;
    assert!(case.refusal().contains("which is in the future"), "{}", case.refusal());
}

#[test]
fn a_request_names_its_role_and_no_alias() {
    let mut files = files("account");
    let role = files.get_mut("roles/prod-admin.toml").unwrap();
    *role = [b"aliases = [\"payments-admin\"]\n".as_slice(), role.as_slice()].concat();
    let policy = Arc::new(Policy::compile(files).unwrap());
    let case = |name: &str| {
        let mut statement = Case::new("account").statement;
        statement.role = name.parse().unwrap();
        statement.policy = policy.revision;
        Case::of(statement, &signer("ana"), &policy)
    };
    assert!(case("prod-admin").refusal().contains("reviews are missing"));
    // The name of its environment, and therefore of what the cloud trusts, would be different.
    assert!(case("payments-admin").refusal().contains("another name for prod-admin"));
}

/// Nothing can be sealed to a point of low order, so a request with one is refused.
#[test]
fn a_recipient_of_low_order_is_refused() {
    for point in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let case = Case::new("account").restate(|statement| {
            statement.recipient = data_encoding::BASE64URL_NOPAD.encode(&point);
        });
        assert!(case.refusal().contains("recipient key"), "{}", case.refusal());
    }
}
