//! The value of an extension now, by the request behind it (docs/trust.md, "More time").

use jit::grant::Change;
use jit::grant::Request;
use jit::grant::Verdict;
use jit::grant::statement::Way;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::extensions::Worth;
use jit::judgement::facts::Gathered;
use jit::judgement::mint;

use super::court::active;
use super::court::after;
use super::court::bench;
use super::court::changed;
use super::court::minutes;
use super::court::name;
use super::court::noon;
use super::court::opened_review;
use super::court::span;
use super::court::statement;
use super::court::taken;

/// A grant until 13:30, and the request that bo approved for its last half hour.
pub fn extended(bench: &Bench) -> (Request, Request) {
    let first = active(bench, "prod");
    let mut asked = statement(bench, "ana", "prod");
    asked.way = Way::Extend(first.digest);
    asked.duration = span("30m");
    asked.not_after = minutes(90);
    let more = taken(asked);
    let review = opened_review(&more, "bo", Verdict::Approve, |_| {});
    let more = after(
        more,
        &[
            Change::Reviewed { by: name("bo"), verdict: Verdict::Approve, signed: review.signed().clone() },
            Change::Approved {
                duration: span("30m"),
                unused_until: minutes(90),
                by: vec![name("bo")],
                scope: None,
            },
            Change::Activated { until: minutes(90) },
        ],
    );
    let moved = Change::Extended { signed: more.signed.clone(), until: minutes(90) };
    (after(first, &[moved]), more)
}

fn worth(bench: &Bench, first: &Request, more: &Request, denied: Option<&str>) -> Worth {
    let case = Case { before: 0, ..Case::of(more, minutes(1)) };
    let pair = (first, &first.extensions[0]);
    mint::worth(bench, pair, more, &case, denied.map(name), &Gathered::default())
}

fn nothing(worth: Worth) -> String {
    match worth {
        Worth::Nothing(why) => why,
        Worth::Adds(span) => panic!("it adds {span}"),
    }
}

#[test]
fn it_adds_what_both_policies_still_give() {
    let bench = bench();
    let (first, more) = extended(&bench);
    assert_eq!(worth(&bench, &first, &more, None), Worth::Adds(span("30m")));
    let shorter = changed("roles/prod.toml", "max_duration = \"4h\"", "max_duration = \"1h\"");
    assert_eq!(worth(&shorter, &first, &more, None), Worth::Adds(span("30m")));
    let stricter =
        changed("roles/prod.toml", "approval = \"1 of group:sre\" }", "approval = \"2 of group:sre\" }");
    assert!(nothing(worth(&stricter, &first, &more, None)).contains("needs more reviews than it has"));
    let never = changed("roles/prod.toml", "extend = { times = 2, approval = \"1 of group:sre\" }\n", "");
    assert!(!nothing(worth(&never, &first, &more, None)).is_empty());
    let moved = changed("roles/prod.toml", "role/prod", "role/other");
    assert!(nothing(worth(&moved, &first, &more, None)).contains("the policy changed"));
}

#[test]
fn it_adds_nothing_once_it_was_denied_or_ended() {
    let bench = bench();
    let (first, more) = extended(&bench);
    assert_eq!(nothing(worth(&bench, &first, &more, Some("cy"))), "cy denied it");
    let ended = after(more.clone(), &[Change::Ended { by: Some(name("ana")) }]);
    assert_eq!(nothing(worth(&bench, &first, &ended, None)), "it is ended");
    // Its own clock ends no grant that later extensions moved on.
    let mut ran_out = more.clone();
    ran_out.apply(minutes(90), &Change::Ended { by: None }).unwrap();
    assert_eq!(worth(&bench, &first, &ran_out, None), Worth::Adds(span("30m")));
    let waits = Request { state: jit::grant::State::Pending, ..more.clone() };
    assert_eq!(nothing(worth(&bench, &first, &waits, None)), "it is pending");
    let elsewhere = Request { active_until: Some(minutes(120)), ..more };
    assert_eq!(nothing(worth(&bench, &first, &elsewhere, None)), "it is active");
}

#[test]
fn time_that_nobody_reviewed_passes_no_reviewers_limit() {
    let bench = bench();
    let (mut first, mut more) = extended(&bench);
    let limited = opened_review(&first, "bo", Verdict::Approve, |said| said.duration = Some(span("30m")));
    let jit::grant::Statement::Review(said) = limited.statement() else { panic!() };
    first.reviews[0].statement = said.clone();
    assert_eq!(worth(&bench, &first, &more, None), Worth::Adds(span("30m")), "bo reviewed it");
    more.approved_by.clear();
    let why = nothing(worth(&bench, &first, &more, None));
    assert!(why.contains("bo approved the access for at most 30m"), "{why}");
    assert_eq!(first.extensions[0].from, minutes(60));
    assert!(noon() < first.extensions[0].until);
}
