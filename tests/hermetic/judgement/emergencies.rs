//! The review of an emergency, afterwards: there is one, and it is final (docs/trust.md, "An emergency").

use jit::grant::Change;
use jit::grant::Request;
use jit::grant::State;
use jit::grant::Verdict;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::refusal::Refusal;
use jit::judgement::review;
use jit::judgement::review::Given;

use super::court::after;
use super::court::bench;
use super::court::changed;
use super::court::minutes;
use super::court::name;
use super::court::opened_review;
use super::court::span;
use super::court::statement;
use super::court::taken;

/// An emergency of ana's, in use since noon.
fn emergency(bench: &Bench) -> Request {
    let mut asked = statement(bench, "ana", "glass");
    asked.way = Way::BreakGlass;
    let broken = Change::GlassBroken { duration: span("1h"), unused_until: minutes(60) };
    after(taken(asked), &[broken, Change::Activated { until: minutes(60) }])
}

fn said(
    bench: &Bench,
    request: &Request,
    who: &str,
    verdict: Verdict,
    change: impl FnOnce(&mut ReviewStatement),
) -> Result<Vec<Change>, Refusal> {
    let opened = opened_review(request, who, verdict, change);
    let case = Case::of(request, minutes(1));
    review::acknowledge(&bench.force, request, &Given::of(&opened).unwrap(), &case)
}

#[test]
fn whoever_reviews_ordinary_requests_reviews_it_once() {
    let bench = bench();
    let request = emergency(&bench);
    let agreed = said(&bench, &request, "bo", Verdict::Approve, |_| {}).unwrap();
    assert!(matches!(agreed.as_slice(), [Change::Acknowledged { .. }]), "{agreed:?}");
    let own = said(&bench, &request, "ana", Verdict::Approve, |_| {});
    assert_eq!(own, Err(Refusal::OwnRequest));
    let stranger = said(&bench, &request, "dee", Verdict::Deny, |_| {});
    assert_eq!(stranger, Err(Refusal::NotReviewer(name("dee"))));
    let mut reviewed = request;
    reviewed.apply(minutes(1), &agreed[0]).unwrap();
    let again = said(&bench, &reviewed, "cy", Verdict::Deny, |_| {});
    assert_eq!(again, Err(Refusal::Reviewed(name("bo"))));
}

#[test]
fn a_no_takes_away_what_still_lives() {
    let bench = bench();
    let request = emergency(&bench);
    let words = |changes: &[Change]| match changes {
        [Change::Acknowledged { .. }, Change::Revoked { by, reason, .. }] => {
            (by.as_ref().map(ToString::to_string), reason.clone())
        }
        other => panic!("{other:?}"),
    };
    let found = said(&bench, &request, "bo", Verdict::Deny, |_| {}).unwrap();
    assert_eq!(words(&found), (Some("bo".to_owned()), "reviewed, and found wrong".to_owned()));
    let found = said(&bench, &request, "bo", Verdict::Deny, |said| said.comment = "no incident".to_owned());
    assert_eq!(words(&found.unwrap()).1, "no incident");
    let over = after(request, &[Change::Ended { by: Some(name("ana")) }]);
    let found = said(&bench, &over, "bo", Verdict::Deny, |_| {}).unwrap();
    assert!(matches!(found.as_slice(), [Change::Acknowledged { .. }]), "nothing lives any more: {found:?}");
}

#[test]
fn it_is_reviewed_as_it_was() {
    let bench = bench();
    let request = emergency(&bench);
    let shorter = said(&bench, &request, "bo", Verdict::Approve, |said| said.duration = Some(span("5m")));
    assert_eq!(shorter, Err(Refusal::Whole));
    let narrower = said(&bench, &request, "bo", Verdict::Approve, |said| said.scope = Some(name("read")));
    assert_eq!(narrower, Err(Refusal::Whole));
    let columns = said(&bench, &request, "bo", Verdict::Deny, |said| said.comment = "a   b".to_owned());
    assert!(matches!(columns, Err(Refusal::Prose(_))));
    let other = said(&bench, &request, "bo", Verdict::Deny, |said| {
        said.request = jit::grant::Digest::of(b"another");
    });
    assert_eq!(other, Err(Refusal::OtherReview));
    // One that waits for nobody's word is no emergency.
    let ordinary = super::court::active(&bench, "glass");
    let refused = said(&bench, &ordinary, "bo", Verdict::Deny, |_| {});
    assert_eq!(refused, Err(Refusal::NotReviewable(State::Active)));
}

#[test]
fn the_policy_in_force_says_how_strongly_it_is_signed() {
    let stronger = changed("roles/glass.toml", "signed = \"key\"", "signed = \"touch\"");
    let request = emergency(&stronger);
    let weak = said(&stronger, &request, "bo", Verdict::Approve, |_| {});
    assert_eq!(weak, Err(Refusal::TooWeak(jit::grant::Assurance::Touch)));
    assert!(said(&stronger, &request, "pat-touch", Verdict::Approve, |_| {}).is_ok());
    assert!(said(&stronger, &request, "bo", Verdict::Deny, |_| {}).is_ok(), "saying no takes no hardware");
    let rule = "forbid(principal == Person::\"bo\", action == Action::\"review\", resource);\n";
    let silenced = changed("rules/all.cedar", "", rule);
    assert!(matches!(said(&silenced, &request, "bo", Verdict::Approve, |_| {}), Err(Refusal::Refused(_))));
    assert!(said(&silenced, &request, "bo", Verdict::Deny, |_| {}).is_ok());
}
