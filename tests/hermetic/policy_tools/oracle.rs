//! Differences against a second, naive way of finding them: every set of approvers is tried on both policies.

use std::collections::BTreeSet;

use jit::grant::Assurance;
use jit::grant::Name;
use jit::grant::Verdict;
use jit::grant::span::Span;
use jit::policy::Asking;
use jit::policy::Decision;
use jit::policy::Difference;
use jit::policy::Direction;
use jit::policy::Opinion;
use jit::policy::Policy;
use proptest::prelude::*;

use crate::policy_tools::stage;

const PEOPLE: [&str; 5] = ["a", "b", "c", "d", "e"];
const GROUPS: [&str; 3] = ["x", "y", "z"];

fn rule() -> impl Strategy<Value = String> {
    let from = prop_oneof![
        3 => proptest::sample::select(&GROUPS[..]).prop_map(|group| format!("group:{group}")),
        1 => proptest::sample::select(&PEOPLE[..]).prop_map(|person| format!("person:{person}")),
    ];
    let demand = (1..3_usize, proptest::collection::btree_set(from, 1..3)).prop_map(|(count, from)| {
        format!("\"{count} of {}\"", from.into_iter().collect::<Vec<_>>().join(", "))
    });
    let nested = demand.prop_recursive(2, 6, 3, |inner| {
        (any::<bool>(), proptest::collection::vec(inner, 1..4)).prop_map(|(all, parts)| {
            format!("{{ {} = [{}] }}", if all { "all" } else { "any" }, parts.join(", "))
        })
    });
    prop_oneof![9 => nested, 1 => Just("\"none\"".to_owned())]
}

fn policy() -> impl Strategy<Value = Policy> {
    let members = proptest::collection::vec(proptest::sample::subsequence(PEOPLE.to_vec(), 0..5), 3);
    (members, rule(), proptest::sample::subsequence(GROUPS.to_vec(), 1..3)).prop_map(
        |(members, rule, requesters)| {
            let mut groups = String::new();
            for (group, members) in GROUPS.iter().zip(members) {
                groups.push_str(&format!("{group} = {members:?}\n"));
            }
            let requesters: Vec<String> = requesters.iter().map(|group| format!("group:{group}")).collect();
            let role = format!("requesters = {requesters:?}\napproval = {rule}");
            stage::policy(stage::files(&stage::people(&PEOPLE, &groups), &[("role", &role)]))
        },
    )
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// Whether these approvals suffice. `None` if the role may not be requested.
fn passes(policy: &Policy, who: &Name, approvers: &[&str]) -> Option<bool> {
    let opinion =
        |by: &&str| Opinion { assurance: Assurance::Touch, ..Opinion::new(name(by), Verdict::Approve) };
    let reviews: Vec<Opinion> = approvers.iter().map(opinion).collect();
    let role = name("role");
    let asking = Asking {
        reason: "because",
        reviews: &reviews,
        assurance: Assurance::Touch,
        ..Asking::new(who, &role, Span::of_minutes(60), "2026-01-07T12:00:00Z".parse().unwrap())
    };
    match policy.decide(&asking) {
        Decision::Refused(_) => None,
        Decision::Approved { .. } => Some(true),
        _ => Some(false),
    }
}

fn naive(before: &Policy, after: &Policy) -> BTreeSet<(Direction, String)> {
    let mut found = BTreeSet::new();
    for who in PEOPLE {
        let others: Vec<&str> = PEOPLE.iter().copied().filter(|other| *other != who).collect();
        for chosen in 0..1_u32 << others.len() {
            let approvers: Vec<&str> = others
                .iter()
                .enumerate()
                .filter(|(bit, _)| chosen >> bit & 1 == 1)
                .map(|(_, name)| *name)
                .collect();
            let direction =
                match (passes(before, &name(who), &approvers), passes(after, &name(who), &approvers)) {
                    (None, Some(_)) => Direction::Gained,
                    (Some(_), None) => Direction::Lost,
                    (Some(false), Some(true)) => Direction::Easier,
                    (Some(true), Some(false)) => Direction::Harder,
                    _ => continue,
                };
            found.insert((direction, who.to_owned()));
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn finds_what_trying_every_set_finds(before in policy(), after in policy()) {
        let difference = Difference::between(&before, &after);
        let mut found = BTreeSet::new();
        for change in &difference.changes {
            prop_assert!(change.certain);
            for person in &change.people {
                found.insert((change.direction, person.clone()));
            }
        }
        prop_assert_eq!(found, naive(&before, &after));
        prop_assert!(Difference::between(&before, &before).is_empty());
    }
}
