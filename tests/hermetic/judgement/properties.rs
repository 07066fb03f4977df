//! The properties of every request, time and review.

use jiff::SignedDuration;
use jit::grant::Change;
use jit::grant::Request;
use jit::grant::State;
use jit::grant::Verdict;
use jit::judgement::Case;
use jit::judgement::mint;
use jit::judgement::mint::Past;
use jit::judgement::review;
use jit::judgement::review::Given;
use jit::judgement::review::Said;
use jit::judgement::stop;
use jit::judgement::stop::Revocation;
use proptest::prelude::*;

use super::court::bench;
use super::court::minutes;
use super::court::name;
use super::court::opened_review;
use super::court::opened_revocation;
use super::court::pending;
use super::court::seconds;
use super::court::terms;

const PEOPLE: [&str; 5] = ["ana", "bo", "cy", "dee", "pat-touch"];

#[derive(Debug, Clone)]
enum Step {
    Review(usize, bool, Option<u32>),
    Mint(u32),
    End(usize),
    Revoke(usize),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..PEOPLE.len();
    let step = prop_oneof![
        4 => (who(), any::<bool>(), proptest::option::of(1_u32..120)).prop_map(|(who, yes, limit)| Step::Review(who, yes, limit)),
        3 => (1_u32..90).prop_map(Step::Mint),
        1 => who().prop_map(Step::End),
        1 => who().prop_map(Step::Revoke),
        2 => (1_i64..40_000).prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// The state machine takes every change that the rules let happen. Nobody reviews, ends or revokes what is not theirs to. No
    /// credentials outlive the grant, its request or a reviewer's limit. A terminal state stays.
    #[test]
    fn the_rules_only_let_happen_what_may(role in prop_oneof![Just("prod"), Just("both"), Just("sealed"), Just("open")], steps in steps()) {
        let bench = bench();
        let mut request = pending(&bench, role);
        let mut now = 0;
        let mut began = None;
        let mut ended = None;
        for step in steps {
            let at = seconds(now);
            let before = request.state;
            let changes: Vec<Change> = match step {
                Step::Pass(seconds) => { now += seconds; continue }
                Step::Review(who, yes, limit) => {
                    let verdict = if yes { Verdict::Approve } else { Verdict::Deny };
                    let opened = opened_review(&request, PEOPLE[who], verdict, |said| {
                        said.header.at = at;
                        said.duration = limit.filter(|_| yes).map(|limit| format!("{limit}m").parse().unwrap());
                    });
                    let given = Given::of(&opened).unwrap();
                    let case = Case::of(&request, at);
                    let Ok(Said::New) = review::check(&bench, &request, &given, &case) else { continue };
                    prop_assert!(bench.force.person(&name(PEOPLE[who])).is_some() && PEOPLE[who] != "ana" && PEOPLE[who] != "dee");
                    prop_assert!(limit.is_none_or(|limit| limit <= 60) || !yes);
                    prop_assert!(role != "sealed" || !yes || PEOPLE[who] == "pat-touch");
                    review::decide(&bench, &case, &request, None, &given).unwrap_or_default()
                }
                Step::Mint(lease) => {
                    let terms = jit::judgement::Terms { lease: format!("{lease}m").parse().unwrap(), ..terms(&["bo"]) };
                    let Ok(window) = mint::window(&request, &terms, began, &[], at) else { continue };
                    prop_assert!(window.expires <= window.grant_until && window.grant_until <= request.statement.not_after);
                    prop_assert!(window.grant_until >= at + SignedDuration::from_secs(30));
                    let limit = request.reviews.iter().filter_map(|review| review.statement.duration).min();
                    if window.begins {
                        began = Some((at, window.grant_until));
                        prop_assert!(limit.is_none_or(|limit| window.grant_until <= limit.after(at)));
                    }
                    window.changes(window.expires, None, None)
                }
                Step::End(who) => match stop::end(&request, &name(PEOPLE[who]), None, at) {
                    Ok(change) => { prop_assert_eq!(PEOPLE[who], "ana"); vec![change] }
                    Err(_) => continue,
                },
                Step::Revoke(who) => {
                    let opened = opened_revocation(&request, PEOPLE[who], PEOPLE[who], |_| {});
                    let revocation = Revocation::of(&opened).unwrap();
                    if revocation.check_author(&bench.force, &request, at).is_err() { continue }
                    prop_assert!(role != "open" && !matches!(PEOPLE[who], "ana" | "dee"));
                    vec![revocation.change(&request, None, at)]
                }
            };
            prop_assert!(!before.is_terminal(), "{:?} is over, and {:?} happened", before, changes);
            for change in &changes {
                prop_assert_eq!(request.apply(at, change), Ok(()), "{:?}", change);
            }
            if request.state.is_terminal() { ended.get_or_insert(request.state); }
            prop_assert!(ended.is_none_or(|ended| ended == request.state));
        }
    }

    /// A denial, or a policy that does not load, stops what nobody reviewed, and nothing else.
    #[test]
    fn a_denial_stops_only_what_stands_alone(
        is_active: bool, by_people: bool, denied: bool, healthy: bool, reviewed: bool,
    ) {
        let bench = bench();
        let request = pending(&bench, "open");
        let by: &[&str] = if reviewed { &["bo"] } else { &[] };
        let past = Past { is_active, by_people, denied, healthy };
        let refused = past.check_alone(&request.statement, &terms(by)).is_err();
        prop_assert_eq!(refused, (denied || !healthy) && !is_active && !by_people && !reviewed);
        let automatic = past.case(Case::of(&request, minutes(0))).automatic;
        prop_assert_eq!(automatic, is_active || (!denied && healthy));
    }

    /// No mint lasts longer for a policy that gives more, or for a shorter lease.
    #[test]
    fn a_window_only_narrows(given in 1_i64..240, lease in 1_u32..240, minute in 0_i64..59) {
        let bench = bench();
        let request: Request = super::court::active(&bench, "prod");
        let began = Some((minutes(0), minutes(60)));
        let terms = jit::judgement::Terms {
            duration: format!("{given}m").parse().unwrap(),
            lease: format!("{lease}m").parse().unwrap(),
            ..terms(&["bo"])
        };
        match mint::window(&request, &terms, began, &[], minutes(minute)) {
            Ok(window) => {
                prop_assert_eq!(window.grant_until, minutes(given.min(60)));
                prop_assert_eq!(window.expires, minutes(minute + i64::from(lease)).min(window.grant_until));
                prop_assert_eq!(request.state_at(minutes(minute)), State::Active);
            }
            Err(_) => prop_assert!(given <= minute),
        }
    }
}
