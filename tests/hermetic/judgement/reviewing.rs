//! Whether a review may be given, and its effect.

use jiff::SignedDuration;
use jit::grant::Change;
use jit::grant::Request;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::refusal::Code;
use jit::judgement::refusal::Refusal;
use jit::judgement::review;
use jit::judgement::review::Given;
use jit::judgement::review::Said;

use super::court::active;
use super::court::approval;
use super::court::approved;
use super::court::bench;
use super::court::changed;
use super::court::minutes;
use super::court::name;
use super::court::noon;
use super::court::opened;
use super::court::opened_review;
use super::court::pending;
use super::court::review_by;
use super::court::span;
use super::court::statement;
use super::court::taken;

/// The result of somebody's review a minute after noon.
fn give(
    bench: &Bench,
    request: &Request,
    who: &str,
    verdict: Verdict,
    change: impl FnOnce(&mut ReviewStatement),
) -> Result<Said, Refusal> {
    let opened = opened_review(request, who, verdict, change);
    let case = Case::of(request, minutes(1));
    review::check(bench, request, &Given::of(&opened).unwrap(), &case)
}

fn approve(bench: &Bench, request: &Request, who: &str) -> Result<Said, Refusal> {
    give(bench, request, who, Verdict::Approve, |_| {})
}

fn deny(bench: &Bench, request: &Request, who: &str) -> Result<Said, Refusal> {
    give(bench, request, who, Verdict::Deny, |_| {})
}

/// A request with a review of somebody's in it.
fn reviewed(mut request: Request, who: &str, verdict: Verdict) -> Request {
    let opened = opened_review(&request, who, verdict, |_| {});
    let change = Change::Reviewed { by: name(who), verdict, signed: opened.signed().clone() };
    request.apply(noon(), &change).unwrap();
    request
}

#[test]
fn the_eligible_review_and_nobody_else() {
    let bench = bench();
    let request = pending(&bench, "prod");
    for who in ["bo", "cy"] {
        assert_eq!(approve(&bench, &request, who), Ok(Said::New), "{who}");
        assert_eq!(deny(&bench, &request, who), Ok(Said::New), "{who}");
    }
    for verdict in [Verdict::Approve, Verdict::Deny] {
        let stranger = give(&bench, &request, "dee", verdict, |_| {}).unwrap_err();
        assert_eq!((&stranger, stranger.code()), (&Refusal::NotReviewer(name("dee")), Code::Forbidden));
        let own = give(&bench, &taken(statement(&bench, "bo", "prod")), "bo", verdict, |_| {}).unwrap_err();
        assert_eq!((&own, own.code()), (&Refusal::OwnRequest, Code::Forbidden));
        let other = pending(&bench, "both").digest;
        let other = give(&bench, &request, "bo", verdict, |said| said.request = other).unwrap_err();
        assert_eq!((&other, other.code()), (&Refusal::OtherReview, Code::Statement));
    }
}

#[test]
fn a_key_of_somebody_else_is_nobodys_review() {
    let bench = bench();
    let request = pending(&bench, "prod");
    for (verdict, expected) in [
        (Verdict::Approve, Refusal::NotReviewer(name("bo")).to_string()),
        (Verdict::Deny, "as a key of bo".to_owned()),
    ] {
        let said = jit::grant::Statement::Review(review_by(&request, "bo", verdict));
        let forged = opened("cy", &said);
        let case = Case::of(&request, minutes(1));
        let refusal = review::check(&bench, &request, &Given::of(&forged).unwrap(), &case).unwrap_err();
        assert!(refusal.to_string().contains(&expected), "{refusal}");
    }
}

#[test]
fn a_denial_is_final_and_a_newer_word_stays() {
    let bench = bench();
    let denied = reviewed(pending(&bench, "both"), "bo", Verdict::Deny);
    for verdict in [Verdict::Approve, Verdict::Deny] {
        let refusal = give(&bench, &denied, "bo", verdict, |_| {}).unwrap_err();
        assert_eq!((&refusal, refusal.code()), (&Refusal::Final(name("bo")), Code::State));
    }
    assert_eq!(approve(&bench, &denied, "cy"), Ok(Said::New));
    // An approval may turn into a denial, and an older one of the same person is nothing any more.
    let agreed = reviewed(pending(&bench, "both"), "bo", Verdict::Approve);
    assert_eq!(deny(&bench, &agreed, "bo"), Ok(Said::New));
    let older = give(&bench, &agreed, "bo", Verdict::Approve, |said| {
        said.header.at -= SignedDuration::from_secs(1);
    });
    assert_eq!(older, Err(Refusal::Older(name("bo"))));
}

#[test]
fn a_request_is_reviewed_while_it_waits_and_denied_until_it_is_used() {
    let bench = bench();
    let approved = approved(&bench, "prod");
    assert_eq!(approve(&bench, &approved, "bo"), Ok(Said::Before));
    assert_eq!(approve(&bench, &approved, "cy"), Err(Refusal::NotReviewable(State::Approved)));
    assert_eq!(deny(&bench, &approved, "cy"), Ok(Said::New));
    let active = active(&bench, "prod");
    assert_eq!(approve(&bench, &active, "bo"), Ok(Said::Before));
    assert_eq!(approve(&bench, &active, "cy"), Err(Refusal::NotReviewable(State::Active)));
    assert_eq!(deny(&bench, &active, "cy"), Err(Refusal::NotReviewable(State::Active)));
    // Its pending clock speaks before anybody else.
    let late = pending(&bench, "prod");
    let opened = opened_review(&late, "bo", Verdict::Approve, |_| {});
    let case = Case::of(&late, minutes(12 * 60));
    let refusal = review::check(&bench, &late, &Given::of(&opened).unwrap(), &case).unwrap_err();
    assert_eq!(refusal, Refusal::NotReviewable(State::Expired));
}

#[test]
fn an_approval_is_never_for_more_than_was_asked_for() {
    let bench = bench();
    let request = pending(&bench, "prod");
    let limited = |duration: &str, scope: Option<&str>| {
        give(&bench, &request, "bo", Verdict::Approve, |said| {
            said.duration = Some(span(duration));
            said.scope = scope.map(name);
        })
    };
    assert_eq!(limited("1h", None), Ok(Said::New));
    assert_eq!(limited("20m", Some("read")), Ok(Said::New));
    let longer = limited("2h", None).unwrap_err();
    assert_eq!(longer.to_string(), "the review allows 2h, but only 1h was asked for");
    assert_eq!(longer.hint().as_deref(), Some("leave `--for` out, or name at most 1h"));
    let unknown = limited("1h", Some("admin")).unwrap_err();
    assert_eq!(unknown.code(), Code::Statement);
    assert!(unknown.to_string().contains("prod has no scope admin"), "{unknown}");
    // The scope's document is the same in both policies, or it is none.
    let wider = changed("roles/read.json", "s3:Get*", "*");
    let refusal = give(&wider, &request, "bo", Verdict::Approve, |said| said.scope = Some(name("read")));
    assert!(refusal.unwrap_err().to_string().contains("prod has no scope read"));
}

#[test]
fn more_time_is_approved_for_what_the_grant_is_for() {
    let bench = bench();
    let first = active(&bench, "prod");
    let mut more = statement(&bench, "ana", "prod");
    more.way = Way::Extend(first.digest);
    more.not_after = minutes(90);
    let more = taken(more);
    let narrowed = give(&bench, &more, "bo", Verdict::Approve, |said| said.scope = Some(name("read")));
    assert_eq!(narrowed, Err(Refusal::OtherScope));
    assert_eq!(approve(&bench, &more, "bo"), Ok(Said::New));
    let opened = opened_review(&more, "bo", Verdict::Approve, |_| {});
    let given = Given::of(&opened).unwrap();
    let decide = |first: Option<&Request>, now| {
        let case = Case { before: 0, ..Case::of(&more, now) };
        review::decide(&bench, &case, &more, first, &given)
    };
    let changes = decide(Some(&first), minutes(1)).unwrap();
    assert!(matches!(changes.as_slice(), [Change::Reviewed { .. }, Change::Approved { .. }]), "{changes:?}");
    assert_eq!(decide(None, minutes(1)), Err(Refusal::Over));
    let over = decide(Some(&first), minutes(61)).unwrap_err();
    assert!(matches!(over, Refusal::ExtensionMoved(_)), "{over}");
}

#[test]
fn a_review_is_signed_as_strongly_as_the_role_wants() {
    let bench = bench();
    let request = pending(&bench, "sealed");
    let weak = approve(&bench, &request, "bo").unwrap_err();
    assert_eq!((&weak, weak.code()), (&Refusal::TooWeak(jit::grant::Assurance::Touch), Code::Policy));
    assert_eq!(approve(&bench, &request, "pat-touch"), Ok(Said::New));
    assert_eq!(deny(&bench, &request, "bo"), Ok(Said::New), "saying no takes no hardware");
}

#[test]
fn a_reviewer_is_one_in_both_policies() {
    let joined = changed("people.toml", "security = [\"dee\"]", "security = []");
    let joined = Bench {
        force: super::court::compile(&{
            let mut files = super::court::files();
            let people = files["people.toml"].replace("sre = [\"bo\"", "sre = [\"dee\", \"bo\"");
            files.insert("people.toml".to_owned(), people);
            files
        }),
        ..joined
    };
    let request = pending(&joined, "prod");
    let refusal = approve(&joined, &request, "dee").unwrap_err();
    assert!(matches!(refusal, Refusal::AskAgain { .. }), "{refusal}");
    assert_eq!(deny(&joined, &request, "dee"), Ok(Said::New), "the policy in force says who denies");
    let left = changed("people.toml", "sre = [\"bo\", \"cy\"", "sre = [\"bo\"");
    assert_eq!(approve(&left, &request, "cy"), Err(Refusal::NotReviewer(name("cy"))));
    assert_eq!(deny(&left, &request, "cy"), Err(Refusal::NotReviewer(name("cy"))));
}

#[test]
fn a_condition_keeps_somebody_from_agreeing_and_nobody_from_denying() {
    let rule = "forbid(principal == Person::\"bo\", action == Action::\"review\", resource);\n";
    let silenced = changed("rules/all.cedar", "", rule);
    let request = pending(&silenced, "prod");
    let follow = |who: &str, verdict| {
        let opened = opened_review(&request, who, verdict, |_| {});
        let case = Case::of(&request, minutes(1));
        review::decide(&silenced, &case, &request, None, &Given::of(&opened).unwrap())
    };
    assert_eq!(follow("bo", Verdict::Approve).unwrap_err().code(), Code::Policy);
    let denied = follow("bo", Verdict::Deny).unwrap();
    assert_eq!(denied.last(), Some(&Change::Denied { by: name("bo"), on_page: None }));
    assert!(matches!(follow("cy", Verdict::Approve).unwrap().last(), Some(Change::Approved { .. })));
}

#[test]
fn an_approval_follows_when_it_is_enough() {
    let bench = bench();
    let follow = |request: &Request, who: &str| {
        let opened = opened_review(request, who, Verdict::Approve, |said| said.duration = Some(span("20m")));
        let case = Case::of(request, minutes(1));
        review::decide(&bench, &case, request, None, &Given::of(&opened).unwrap()).unwrap()
    };
    let request = pending(&bench, "both");
    assert_eq!(follow(&request, "bo").len(), 1, "two are wanted");
    let request = reviewed(request, "bo", Verdict::Approve);
    let changes = follow(&request, "cy");
    let Some(Change::Approved { duration, by, .. }) = changes.last() else { panic!("{changes:?}") };
    assert_eq!((*duration, by.len()), (span("20m"), 2));
    // Access that starts later waits from that start.
    let mut later = statement(&bench, "ana", "prod");
    later.start = Some(minutes(120));
    let changes = follow(&taken(later), "bo");
    let Some(Change::Approved { unused_until, .. }) = changes.last() else { panic!("{changes:?}") };
    assert_eq!(*unused_until, minutes(120 + 12 * 60));
}

#[test]
fn prose_that_draws_columns_is_not_taken() {
    let bench = bench();
    let request = pending(&bench, "prod");
    for verdict in [Verdict::Approve, Verdict::Deny] {
        let refusal = give(&bench, &request, "bo", verdict, |said| said.comment = "a    b".to_owned());
        assert!(matches!(refusal, Err(Refusal::Prose(_))), "{refusal:?}");
    }
}

#[test]
fn words_that_do_not_fit_the_request_count_for_nothing() {
    let bench = bench();
    let request = pending(&bench, "prod");
    let words = |change: &dyn Fn(&mut ReviewStatement)| {
        let mut said = review_by(&request, "bo", Verdict::Approve);
        change(&mut said);
        review::check_words(&bench, &request.statement, &request.digest, &said)
    };
    assert_eq!(words(&|_| {}), Ok(()));
    assert_eq!(words(&|said| said.duration = Some(span("30m"))), Ok(()));
    assert!(matches!(words(&|said| said.duration = Some(span("2h"))), Err(Refusal::Ceiling(_))));
    assert!(matches!(words(&|said| said.scope = Some(name("none"))), Err(Refusal::Ceiling(_))));
    assert_eq!(words(&|said| said.header.who = name("ana")), Err(Refusal::OwnRequest));
    assert_eq!(words(&|said| said.request = jit::grant::Digest::of(b"x")), Err(Refusal::OtherReview));
    assert!(matches!(words(&|said| said.comment = "a   b".to_owned()), Err(Refusal::Prose(_))));
    // A no has no ceilings.
    let no = words(&|said| {
        said.verdict = Verdict::Deny;
        said.duration = Some(span("2h"));
    });
    assert_eq!(no, Ok(()));
    assert!(review::has_given(&approved(&bench, "prod"), &name("bo"), Verdict::Approve));
    assert!(!review::has_given(
        &super::court::after(request, &[approval(&[])]),
        &name("bo"),
        Verdict::Approve
    ));
}
