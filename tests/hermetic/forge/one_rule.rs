//! A repository refuses the same as a broker: the rules of reviewing and stopping are the same.

use std::sync::Arc;

use jit::forge::review_body;
use jit::github::Refusal;
use jit::github::plan;
use jit::grant::Change;
use jit::grant::State;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::statement::Header;
use jit::grant::statement::ReviewStatement;
use jit::identity::statement::sign;
use jit::policy::Policy;

use super::case::BO;
use super::case::CY;
use super::case::Case;
use super::case::EVE;
use super::case::NOW;
use super::case::REPOSITORY;
use super::case::account;
use super::case::at;
use super::case::files;
use super::case::signer;

const DEE: u64 = 104;

/// An approval of bo's as `jit approve` gives it, and dee's, which would be enough.
fn approved(change: impl FnOnce(&mut ReviewStatement)) -> Case {
    let mut case = Case::new("key");
    case.signed_review(account(DEE, "dee"), "dee", Verdict::Approve, &signer("dee"));
    let mut statement = ReviewStatement {
        header: Header {
            authority: format!("github:{REPOSITORY}"),
            who: "bo".parse().unwrap(),
            at: at("2026-11-23T10:30:00Z"),
            nonce: "m".repeat(43),
        },
        request: case.dispatch.digest,
        verdict: Verdict::Approve,
        comment: String::new(),
        duration: None,
        scope: None,
    };
    change(&mut statement);
    let signed = sign(&Statement::Review(statement), &signer("bo")).unwrap();
    case.review(account(BO, "bo"), "APPROVED").body = Some(review_body::write("I agree.", &signed));
    case
}

#[track_caller]
fn waits(case: &Case) {
    assert!(matches!(case.approved_by(), Err(Refusal::Waiting(_))), "{:?}", case.approved_by());
}

#[test]
fn an_approval_for_more_than_was_asked_for_agrees_to_nothing() {
    let shorter = approved(|said| said.duration = Some("30m".parse().unwrap()));
    assert_eq!(shorter.approved_by().unwrap(), ["bo", "dee"]);
    // A broker refuses these bytes; they were taken here, for the hour that was asked for.
    waits(&approved(|said| said.duration = Some("2h".parse().unwrap())));
}

#[test]
fn a_comment_that_draws_columns_agrees_to_nothing() {
    assert_eq!(
        approved(|said| said.comment = "seen, twice".to_owned()).approved_by().unwrap(),
        ["bo", "dee"]
    );
    waits(&approved(|said| said.comment = format!("seen{}prod-reader  15m", " ".repeat(60))));
}

fn with(mut case: Case, path: &str, change: impl FnOnce(String) -> String) -> Case {
    let mut files = files("account");
    let text = files.get(path).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
    files.insert(path.to_owned(), change(text).into_bytes());
    case.evidence.force = Arc::new(Policy::compile(files).unwrap());
    case
}

/// Cy and dee are enough; what bo says is given here.
fn two_agree(state: Option<&str>) -> Case {
    let mut case = Case::new("account");
    case.review(account(CY, "cy"), "APPROVED");
    case.review(account(DEE, "dee"), "APPROVED");
    if let Some(state) = state {
        case.review(account(BO, "bo"), state);
    }
    case
}

#[test]
fn a_condition_keeps_nobody_from_denying() {
    let silence = |case| {
        let rule = "forbid(principal == Person::\"bo\", action == Action::\"review\", resource);\n";
        with(case, "rules/all.cedar", |_| rule.to_owned())
    };
    assert_eq!(silence(two_agree(None)).approved_by().unwrap(), ["cy", "dee"]);
    let denied = silence(two_agree(Some("CHANGES_REQUESTED")));
    assert_eq!(denied.approved_by(), Err(Refusal::Denied("bo".parse().unwrap())));
    let planned = plan::deny(&denied.verify().unwrap(), None, at(NOW)).unwrap();
    assert_eq!(planned.request.state, State::Denied);
    // Whoever may not review at all denies nothing.
    let mut stranger = silence(two_agree(None));
    stranger.review(account(EVE, "eve"), "CHANGES_REQUESTED");
    assert!(stranger.approved_by().is_ok());
}

/// The denial is recorded whatever the policy in force says of the request by then: it counts against the next one.
#[test]
fn a_denial_is_recorded_although_the_request_could_not_be_had_any_more() {
    let case = with(two_agree(Some("CHANGES_REQUESTED")), "people.toml", |people| {
        people.replace("dev = [\"ana\"]", "dev = [\"cy\"]")
    });
    let planned = plan::deny(&case.verify().unwrap(), None, at(NOW)).unwrap();
    let words: Vec<&str> = planned.steps.iter().map(|step| step.change.word()).collect();
    assert_eq!((planned.request.state, words), (State::Denied, vec!["requested", "denied"]));
    let nobody = with(two_agree(None), "people.toml", |people| people);
    let refusal = plan::deny(&nobody.verify().unwrap(), None, at(NOW)).unwrap_err();
    assert!(refusal.to_string().contains("nobody who may deny"), "{refusal}");
}

/// An active request cannot be denied. An ended request can be neither ended nor minted again.
#[test]
fn a_request_that_is_over_is_not_ended_again() {
    let case = two_agree(None);
    let verified = case.verify().unwrap();
    let index = jit::forge::log::JournalIndex::empty(format!("github:{REPOSITORY}"), at(NOW));
    let minted = plan::mint(&verified, None, &index, &[], at(NOW)).unwrap();
    let history = |request| jit::forge::log::History {
        request,
        entries: Vec::new(),
        began: Some((at(NOW), at("2026-11-23T12:00:00Z"))),
    };
    let active = history(minted.request);
    let mut denied = two_agree(Some("CHANGES_REQUESTED")).verify().unwrap();
    denied.recall(Some(&active));
    let refusal = plan::deny(&denied, Some(&active), at(NOW)).unwrap_err();
    assert_eq!(refusal.to_string(), "the request is active");
    let ended = plan::end(&verified, Some(&active), &[], at(NOW)).unwrap();
    assert!(matches!(ended.steps.last().unwrap().change, Change::Ended { by: Some(_) }));
    let over = history(ended.request);
    for refusal in [
        plan::end(&verified, Some(&over), &[], at(NOW)).unwrap_err().to_string(),
        plan::mint(&verified, Some(&over), &index, &[], at(NOW)).unwrap_err().to_string(),
    ] {
        assert!(refusal.starts_with("the request is ended"), "{refusal}");
    }
}
