//! The decision at a mint.

use std::sync::Arc;

use jit::grant::Change;
use jit::grant::Request;
use jit::grant::State;
use jit::grant::statement::Way;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::Judgement;
use jit::judgement::extensions::Worth;
use jit::judgement::mint;
use jit::judgement::mint::Past;
use jit::judgement::mint::Ruling;
use jit::judgement::refusal::Code;
use jit::judgement::refusal::Refusal;

use super::court::active;
use super::court::after;
use super::court::approval;
use super::court::approved;
use super::court::bench;
use super::court::changed;
use super::court::minutes;
use super::court::name;
use super::court::noon;
use super::court::pending;
use super::court::seconds;
use super::court::span;
use super::court::statement;
use super::court::taken;
use super::court::terms;

const NEW: Past = Past { is_active: false, by_people: false, denied: false, healthy: true };

#[test]
fn only_what_is_approved_or_active_is_minted_for() {
    let bench = bench();
    let waits = pending(&bench, "prod");
    let refusal = mint::check_state(&waits, noon()).unwrap_err();
    assert_eq!((&refusal, refusal.code()), (&Refusal::NotMintable(State::Pending), Code::State));
    assert_eq!(refusal.hint().as_deref(), Some("`jit wait` waits for the reviews that are missing"));
    assert_eq!(mint::check_state(&approved(&bench, "prod"), noon()), Ok(()));
    assert_eq!(mint::check_state(&active(&bench, "prod"), minutes(59)), Ok(()));
    let over = [
        (active(&bench, "prod"), minutes(60), State::Ended),
        (approved(&bench, "prod"), minutes(12 * 60), State::Expired),
        (
            after(approved(&bench, "prod"), &[Change::Denied { by: name("bo"), on_page: None }]),
            noon(),
            State::Denied,
        ),
        (after(approved(&bench, "prod"), &[Change::Cancelled { by: name("ana") }]), noon(), State::Cancelled),
    ];
    for (request, now, state) in over {
        let refusal = mint::check_state(&request, now).unwrap_err();
        assert_eq!(refusal, Refusal::NotMintable(state));
        assert_eq!(refusal.hint().as_deref(), Some("ask again with `jit request`"));
        assert!(mint::window(&request, &terms(&["bo"]), None, &[], now).is_err(), "{state:?}");
    }
}

#[test]
fn more_time_has_no_credentials_and_a_start_is_waited_for() {
    let bench = bench();
    let mut asked = statement(&bench, "ana", "prod");
    assert_eq!(mint::check_way(&asked), Ok(()));
    asked.start = Some(minutes(30));
    assert_eq!(mint::check_start(&asked, minutes(29)), Err(Refusal::NotYet(minutes(30))));
    assert_eq!(mint::check_start(&asked, minutes(30)), Ok(()));
    asked.way = Way::Extend(active(&bench, "prod").digest);
    assert_eq!(mint::check_way(&asked), Err(Refusal::NoCredentials));
}

#[test]
fn the_first_mint_begins_the_grant() {
    let bench = bench();
    let request = approved(&bench, "prod");
    let window = mint::window(&request, &terms(&["bo"]), None, &[], minutes(10)).unwrap();
    assert_eq!((window.begins, window.number), (true, 1));
    assert_eq!((window.grant_until, window.expires), (minutes(70), minutes(40)));
    let changes = window.changes(minutes(35), None, None);
    let expected = [
        Change::Activated { until: minutes(70) },
        Change::Minted { lease: 1, expires: minutes(35), handle: None, last_end: None },
    ];
    assert_eq!(changes, expected);
    let mut next = request;
    for change in &changes {
        next.apply(minutes(10), change).unwrap();
    }
    let began = Some((minutes(10), minutes(70)));
    let window = mint::window(&next, &terms(&["bo"]), began, &[], minutes(60)).unwrap();
    assert_eq!((window.begins, window.number), (false, 2));
    assert_eq!((window.grant_until, window.expires), (minutes(70), minutes(70)));
    let again =
        Change::Minted { lease: 2, expires: minutes(70), handle: Some("h-2".to_owned()), last_end: None };
    assert_eq!(window.changes(minutes(70), Some("h-2"), None), [again]);
}

/// One token of a lease can work for longer than the lease says, as Entra draws each life. The last one counts after an end.
#[test]
fn what_works_after_an_end_is_the_last_of_a_lease() {
    let mut request = approved(&bench(), "prod");
    let window = mint::window(&request, &terms(&["bo"]), None, &[], minutes(10)).unwrap();
    // No end is recorded that says nothing.
    for early in [30, 35] {
        let plain = window.changes(minutes(35), None, None);
        assert_eq!(window.changes(minutes(35), None, Some(minutes(early))), plain);
        assert!(!serde_json::to_string(&plain).unwrap().contains("last_end"));
    }
    for change in window.changes(minutes(35), None, Some(minutes(60))) {
        let read: Change = serde_json::from_str(&serde_json::to_string(&change).unwrap()).unwrap();
        assert_eq!(read, change);
        request.apply(minutes(10), &read).unwrap();
    }
    request.apply(minutes(40), &Change::Ended { by: Some("ana".parse().unwrap()) }).unwrap();
    assert_eq!(request.credentials_until(minutes(40)), Some(minutes(60)));
    assert_eq!(request.credentials_until(minutes(60)), None);
}

#[test]
fn a_stricter_policy_shortens_what_was_begun_and_never_lengthens_it() {
    let bench = bench();
    let request = active(&bench, "prod");
    let began = Some((noon(), minutes(60)));
    let ends = |duration: &str| {
        let terms = jit::judgement::Terms { duration: span(duration), ..terms(&["bo"]) };
        mint::window(&request, &terms, began, &[], minutes(10)).map(|window| window.grant_until)
    };
    assert_eq!(ends("30m"), Ok(minutes(30)));
    assert_eq!(ends("4h"), Ok(minutes(60)));
    assert_eq!(ends("5m"), Err(Refusal::TooShort));
    // A grant that the log does not know to have begun has no time.
    assert_eq!(mint::window(&request, &terms(&["bo"]), None, &[], minutes(1)), Err(Refusal::TooShort));
}

#[test]
fn nothing_is_minted_for_the_last_half_minute() {
    let bench = bench();
    let request = active(&bench, "prod");
    let began = Some((noon(), minutes(60)));
    let at = |second: i64| mint::window(&request, &terms(&["bo"]), began, &[], seconds(second));
    assert!(at(3570).is_ok());
    let refusal = at(3571).unwrap_err();
    assert_eq!((&refusal, refusal.code()), (&Refusal::TooShort, Code::State));
    assert_eq!(refusal.to_string(), "the access ends in a few seconds");
}

#[test]
fn an_extension_that_counts_no_more_is_named() {
    let bench = bench();
    let (first, _) = super::worths::extended(&bench);
    let began = Some((noon(), minutes(60)));
    let window = |worth: Worth, at| mint::window(&first, &terms(&["bo"]), began, &[worth], at);
    let counts = window(Worth::Adds(span("30m")), minutes(70)).unwrap();
    assert_eq!((counts.grant_until, counts.expires), (minutes(90), minutes(90)));
    let lost = window(Worth::Nothing("bo denied it".to_owned()), minutes(70)).unwrap_err();
    assert_eq!(lost.code(), Code::Policy);
    assert!(lost.to_string().contains("counts no more: bo denied it; without it the access ended at"));
    // Before the grant's own end it costs nothing yet.
    assert_eq!(window(Worth::Nothing("x".to_owned()), minutes(10)).unwrap().grant_until, minutes(60));
}

#[test]
fn a_denial_of_an_equal_request_stops_what_nobody_reviewed() {
    let bench = bench();
    let asked = statement(&bench, "ana", "open");
    let denied = Past { denied: true, ..NEW };
    assert_eq!(denied.check_alone(&asked, &terms(&[])), Err(Refusal::DeniedBefore));
    assert_eq!(NEW.check_alone(&asked, &terms(&[])), Ok(()));
    assert_eq!(denied.check_alone(&asked, &terms(&["bo"])), Ok(()), "somebody reviewed it");
    assert_eq!(Past { by_people: true, ..denied }.check_alone(&asked, &terms(&[])), Ok(()));
    assert_eq!(Past { is_active: true, ..denied }.check_alone(&asked, &terms(&[])), Ok(()));
    let emergency = jit::grant::statement::RequestStatement { way: Way::BreakGlass, ..asked };
    assert_eq!(denied.check_alone(&emergency, &terms(&[])), Ok(()), "another way is no equal request");
    // A condition carries it no more than a rule that asks nobody.
    let request = pending(&bench, "prod");
    let automatic = |past: Past| past.case(Case::of(&request, noon())).automatic;
    assert!(automatic(NEW) && automatic(Past { is_active: true, ..denied }) && !automatic(denied));
}

#[test]
fn a_policy_that_does_not_load_stops_what_nobody_reviewed() {
    let bench = bench();
    let asked = statement(&bench, "ana", "open");
    let broken = Past { healthy: false, ..NEW };
    assert_eq!(broken.check_alone(&asked, &terms(&[])), Err(Refusal::NoAutomatic));
    assert_eq!(broken.check_alone(&asked, &terms(&["bo"])), Ok(()), "somebody reviewed it");
    assert_eq!(Past { by_people: true, ..broken }.check_alone(&asked, &terms(&[])), Ok(()));
    assert_eq!(Past { is_active: true, ..broken }.check_alone(&asked, &terms(&[])), Ok(()));
    let request = pending(&bench, "prod");
    let automatic = |past: Past| past.case(Case::of(&request, noon())).automatic;
    assert!(!automatic(broken) && automatic(Past { is_active: true, ..broken }));
}

fn rule(judgement: Judgement, request: &Request) -> Ruling {
    mint::rule(judgement, &request.statement, NEW, |why| format!("{why} (explained)"))
}

#[test]
fn each_word_of_the_policies_has_its_answer() {
    let bench = bench();
    let request = approved(&bench, "prod");
    let Ruling::Terms(found) = rule(bench.judge(&Case::of(&request, noon())), &request) else { panic!() };
    assert_eq!((found.by.len(), found.lease), (1, span("30m")));
    let refused = rule(Judgement::Refused("no".to_owned()), &request);
    assert_eq!(refused, Ruling::Refuses(Refusal::Changed("no (explained)".to_owned())));
    let denied = rule(Judgement::Denied(name("bo")), &request);
    assert_eq!(denied, Ruling::Refuses(Refusal::Changed("bo denied it".to_owned())));
    assert_eq!(rule(Judgement::Waiting(Vec::new()), &request), Ruling::Waits(Vec::new()));
    let alone = mint::rule(
        Judgement::Approved(terms(&[])),
        &request.statement,
        Past { denied: true, ..NEW },
        |why| why,
    );
    assert_eq!(alone, Ruling::Refuses(Refusal::DeniedBefore));
}

#[test]
fn a_role_that_opens_something_else_ends_the_request() {
    let bench = changed("roles/prod.toml", "role/prod", "role/other");
    for request in [approved(&bench, "prod"), active(&bench, "prod"), pending(&bench, "prod")] {
        let Ruling::Ends(change, refusal) = rule(bench.judge(&Case::of(&request, noon())), &request) else {
            panic!("it does not end")
        };
        assert!(refusal.to_string().contains("the policy changed"), "{refusal}");
        let Change::Revoked { by: None, reason, signed: None } = &change else { panic!("{change:?}") };
        assert_eq!(*reason, refusal.to_string());
        assert_eq!(after(request, &[change]).state, State::Revoked);
    }
    // Nothing of the kind where the policy is stricter only.
    let stricter = changed("roles/prod.toml", "1 of group:sre", "2 of group:sre");
    let request = approved(&stricter, "prod");
    assert!(matches!(rule(stricter.judge(&Case::of(&request, noon())), &request), Ruling::Waits(_)));
}

/// The policy in force needs nobody, but the earlier one rests on bo: the approval says so, and no condition replaces it.
#[test]
fn an_approval_names_those_whom_either_policy_needs() {
    let asks_nobody = changed("roles/prod.toml", "approval = \"1 of group:sre\"", "approval = \"none\"");
    let asks_somebody = bench();
    let swapped =
        Bench { under: Arc::clone(&asks_nobody.force), force: Arc::clone(&asks_somebody.force), ..bench() };
    for bench in [asks_nobody, swapped] {
        let request = approved(&bench, "prod");
        let Judgement::Approved(terms) = bench.judge(&Case::of(&request, noon())) else { panic!() };
        assert_eq!(terms.by, [name("bo")]);
    }
}

#[test]
fn what_people_approved_is_carried_by_no_condition() {
    let rule = "[when]\nauto_approve = \"context.hour >= 0\"";
    let automatic = changed("roles/prod.toml", "[aws]", &format!("{rule}\n[aws]"));
    let people = after(pending(&automatic, "prod"), &[approval(&["cy"])]);
    let past = Past { by_people: true, ..NEW };
    let case = past.case(Case::of(&people, noon()));
    assert!(matches!(automatic.judge(&case), Judgement::Waiting(_)), "cy's review is not there any more");
    let alone = taken(statement(&automatic, "ana", "prod"));
    let judged = |denied: bool| automatic.judge(&Past { denied, ..NEW }.case(Case::of(&alone, noon())));
    assert!(matches!(judged(true), Judgement::Waiting(_)), "not past a denial");
}
