//! Both revisions must pass: the broker's decision on a signed request, by the policy it was made under and the one in
//! force, against the naive decision asked twice and combined by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use jit::grant::Digest;
use jit::grant::Statement;
use jit::grant::Verdict;
use jit::grant::request::Review;
use jit::grant::statement::Header;
use jit::grant::statement::RequestStatement;
use jit::grant::statement::RequestedScope;
use jit::grant::statement::ReviewStatement;
use jit::grant::statement::Way;
use jit::identity::statement::sign;
use jit::judgement::Bench;
use jit::judgement::Case;
use jit::judgement::Judgement;
use jit::policy::Action;
use jit::policy::Policy;
use jit::secret::seal::RecipientKey;
use proptest::prelude::*;

use crate::policy::matching::PEOPLE;
use crate::policy::naive;
use crate::policy::naive::Outcome;
use crate::policy::naive::Plan;
use crate::policy::naive::Question;
use crate::policy::naive::Setting;
use crate::policy::naive::any_plan;
use crate::policy::naive::any_question;
use crate::policy::naive::person;
use crate::policy::world::name;

const AUTHORITY: &str = "https://jit.example.com";

/// The outcome of both together.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Both {
    Refused,
    Changed,
    Denied(usize),
    Waits,
    Approved { hours: u8, lease: u8, unused: u8, scope: Option<String>, bind_ip: bool },
}

/// The keys that signed, old or changed: the request's, and a bit mask of reviewers.
#[derive(Debug, Clone, Copy)]
struct Keys {
    request: bool,
    reviewers: u8,
}

/// A second policy: a different one, or the first one with a few changes.
fn any_pair() -> impl Strategy<Value = (Plan, Plan)> {
    let setting = || {
        let rare = || prop::bool::weighted(0.07);
        (0_u8..1 << PEOPLE, 0_u8..4, rare(), rare(), 0_u8..3, 0_u8..3, prop::bool::weighted(0.2)).prop_map(
            |(rotated, often, moved, rewritten, lease, unused, bind_ip)| {
                let rotated = if often == 0 { rotated } else { 0 };
                Setting { rotated, moved, rewritten, lease, unused, bind_ip }
            },
        )
    };
    (any_plan(), any_plan(), 0_u8..8, setting(), setting()).prop_map(|(mut under, other, mixed, one, two)| {
        let mut force = if mixed == 0 { other.clone() } else { under.clone() };
        // Unrelated policies agree on almost nothing, so most pairs differ in one point.
        match mixed {
            1 => force.membership = other.membership.clone(),
            2 => force.take_rules_of(&other),
            3 => force.take_ways_of(&other),
            4 => force.take_conditions_of(&other),
            _ => {}
        }
        force.setting = two;
        under.setting = one;
        (under, force)
    })
}

/// The naive decision of both policies.
fn judge(under: &Plan, force: &Plan, question: &Question, keys: Keys) -> Both {
    if under.setting.moved != force.setting.moved {
        return Both::Changed;
    }
    // A forbid cannot evaluate an unknown address.
    if question.source().is_none() && [under, force].iter().any(|plan| plan.looks_at_address()) {
        return Both::Refused;
    }
    match question.scope {
        Some("u") => return Both::Refused,
        Some(_) if under.setting.rewritten != force.setting.rewritten => return Both::Changed,
        _ => {}
    }
    let holds = |who: usize, rotated: bool| {
        [under, force].iter().all(|plan| (plan.setting.rotated >> who & 1 == 1) == rotated)
    };
    if !holds(question.who, keys.request) {
        return Both::Refused;
    }
    let longest = [under, force].map(|plan| naive::longest(plan, question));
    let [Some(one), Some(other)] = longest else { return Both::Refused };
    let mut asked = question.clone();
    asked.hours = asked.hours.min(one).min(other);
    asked.words.retain(|word| holds(word.by, keys.reviewers >> word.by & 1 == 1));
    let outcomes = [force, under].map(|plan| naive::decide(plan, &asked));
    if outcomes.contains(&Outcome::Refused) {
        return Both::Refused;
    }
    if let Some(by) = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Denied(by) => Some(*by),
        _ => None,
    }) {
        return Both::Denied(by);
    }
    let [
        Outcome::Approved { hours: one, scope: first, .. },
        Outcome::Approved { hours: other, scope: second, .. },
    ] = outcomes
    else {
        return Both::Waits;
    };
    // If one policy narrows it and the other does not, it is narrow.
    let apart = first.is_some() && second.is_some() && first != second;
    let scope = first.or(second);
    if apart || scope.is_some() && under.setting.rewritten != force.setting.rewritten {
        return Both::Refused;
    }
    Both::Approved {
        hours: one.min(other),
        lease: under.setting.lease.min(force.setting.lease),
        unused: under.setting.unused.min(force.setting.unused),
        scope: scope.map(|_| if force.setting.rewritten { "s3:*" } else { "*" }.to_owned()),
        bind_ip: under.setting.bind_ip || force.setting.bind_ip,
    }
}

fn header(who: &str, at: jiff::Timestamp, nonce: usize) -> Header {
    Header {
        authority: AUTHORITY.to_owned(),
        who: name(who),
        at,
        nonce: format!("nonce-of-the-test-{nonce:08}"),
    }
}

/// The broker's decision on the same question, signed.
fn ask(bench: &Bench, question: &Question, keys: Keys) -> Both {
    let now = question.now();
    let role = bench.under.role(&name("r")).unwrap();
    let scope = question.scope.map(|scope| {
        let found = role.scopes.get(&name(scope)).map(|scope| scope.document.digest());
        RequestedScope { name: name(scope), document: found.unwrap_or(Digest::of(b"none")) }
    });
    let duration = format!("{}h", question.hours).parse().unwrap();
    let request = RequestStatement {
        header: header(&person(question.who), now, 0),
        way: match question.action {
            Action::Request => Way::Request,
            Action::Extend { .. } => Way::Extend(Digest::of(b"the first")),
            Action::BreakGlass => Way::BreakGlass,
        },
        role: role.name.clone(),
        target: role.target.clone(),
        scope,
        duration,
        start: None,
        reason: "because".to_owned(),
        interactive: question.interactive,
        agent: question.agent,
        recipient: RecipientKey::generate(&[7; 32]).public().unwrap(),
        workload: None,
        job: None,
        purpose: None,
        policy: bench.under.revision,
        created: now,
        not_after: duration.after(role.unused.after(role.pending.after(now))),
    };
    let signer = naive::signer(question.who, question.strength == 2, keys.request);
    let signed = sign(&Statement::Request(Box::new(request.clone())), &signer).unwrap();
    let digest = Digest::of(signed.statement.as_bytes());
    let reviews: Vec<Review> = question
        .words
        .iter()
        .map(|word| {
            let statement = ReviewStatement {
                header: header(&person(word.by), now, word.by + 1),
                request: digest,
                verdict: if word.yes { Verdict::Approve } else { Verdict::Deny },
                comment: String::new(),
                duration: word.hours.map(|hours| format!("{hours}h").parse().unwrap()),
                scope: word.scope.map(name),
            };
            let signer = naive::signer(word.by, word.strength == 2, keys.reviewers >> word.by & 1 == 1);
            let signed = sign(&Statement::Review(statement.clone()), &signer).unwrap();
            Review { by: name(&person(word.by)), at: now, statement, signed }
        })
        .collect();
    let facts = question.facts();
    let before = match question.action {
        Action::Extend { before } => before,
        _ => 0,
    };
    let judgement = bench.judge(&Case {
        reviews: &reviews,
        source: question.source(),
        before,
        facts: &facts,
        automatic: question.automatic,
        ..Case::new(&request, &signed, now)
    });
    match judgement {
        Judgement::Refused(_) => Both::Refused,
        Judgement::Changed(_) => Both::Changed,
        Judgement::Denied(by) => Both::Denied(by.as_str()[1..].parse().unwrap()),
        Judgement::Waiting(_) => Both::Waits,
        Judgement::Approved(terms) => {
            let small = |number: u64| u8::try_from(number).unwrap();
            Both::Approved {
                hours: small(terms.duration.seconds() / 3600),
                lease: small(terms.lease.seconds() / 60 - 15),
                unused: small(terms.unused.seconds() / 3600 - 1),
                scope: terms.scope.map(|document| {
                    let read: serde_json::Value = serde_json::from_str(document.as_str()).unwrap();
                    read["Statement"]["Action"].as_str().unwrap().to_owned()
                }),
                bind_ip: terms.bind_ip,
            }
        }
    }
}

/// Questions of people with keys: workloads sign nothing here, and everybody signs with at least a key.
fn any_signed_question() -> impl Strategy<Value = (Question, Keys)> {
    let used = prop_oneof![4 => Just(0_u8), 1 => any::<u8>()];
    (any_question(), prop::bool::weighted(0.1), used).prop_map(|(mut question, request, reviewers)| {
        question.who %= PEOPLE;
        question.strength = question.strength.max(1);
        question.words.iter_mut().for_each(|word| word.strength = word.strength.max(1));
        (question, Keys { request, reviewers })
    })
}

fn bench(under: &Plan, force: &Plan) -> Bench {
    let compile = |plan: &Plan| -> Arc<Policy> { Arc::new(plan.compile()) };
    Bench { authority: AUTHORITY.to_owned(), under: compile(under), force: compile(force) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn both_revisions_are_judged_as_the_naive_one_does(
        (under, force) in any_pair(),
        questions in prop::collection::vec(any_signed_question(), 16),
    ) {
        let bench = bench(&under, &force);
        for (question, keys) in &questions {
            prop_assert_eq!(judge(&under, &force, question, *keys), ask(&bench, question, *keys), "{:?}", question);
        }
    }
}

/// One policy takes away what the other grants, in every possible way.
#[test]
fn the_pairs_reach_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..400 {
        let (under, force) = any_pair().new_tree(&mut runner).unwrap().current();
        for _ in 0..10 {
            let (question, keys) = any_signed_question().new_tree(&mut runner).unwrap().current();
            let both = judge(&under, &force, &question, keys);
            let alone = judge(&under, &under, &question, keys);
            let kind = match (&both, &alone) {
                (Both::Refused, Both::Approved { .. }) => "approved by the first, refused by both",
                (Both::Waits, Both::Approved { .. }) => "approved by the first, waits for both",
                (Both::Approved { .. }, Both::Approved { .. }) if both != alone => "on shorter terms",
                (Both::Refused, _) => "refused",
                (Both::Changed, _) => "changed",
                (Both::Denied(_), _) => "denied",
                (Both::Waits, _) => "waits",
                (Both::Approved { .. }, _) => "approved",
            };
            *seen.entry(kind).or_default() += 1;
        }
    }
    for kind in [
        "approved by the first, refused by both",
        "approved by the first, waits for both",
        "on shorter terms",
        "refused",
        "changed",
        "denied",
        "waits",
        "approved",
    ] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 10), "{kind}: {seen:?}");
    }
}
