//! Two roles that open the same target, one of them easier.

use std::collections::BTreeMap;

use crate::grant::Name;

use super::super::Policy;
use super::super::difference::Census;
use super::super::difference::Gate;
use super::super::difference::Side;
use super::super::difference::compare;
use super::super::role::Role;
use super::Lint;
use super::catalogue;
use super::some;

/// How many roles of one target are compared with each other; more have the same mistake many times.
const MOST: usize = 32;

/// Compares all roles of each target.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    let mut by_target: BTreeMap<_, Vec<&Role>> = BTreeMap::new();
    for role in policy.roles() {
        by_target.entry(&role.target).or_default().push(role);
    }
    by_target.retain(|_, roles| roles.len() > 1);
    if by_target.is_empty() {
        return;
    }
    let (census, side, same) = Census::of(policy, policy);
    for roles in by_target.values() {
        let roles = &roles[..roles.len().min(MOST)];
        for (index, one) in roles.iter().enumerate() {
            for other in &roles[index + 1..] {
                let [easier_one, easier_other] = easier(&census, [&side, &same], one, other);
                for (people, easy, hard) in [(easier_one, one, other), (easier_other, other, one)] {
                    if !people.is_empty() && easy.max_duration >= hard.max_duration {
                        let message = format!(
                            "{} may have the same target as {} with less approval, and for as long",
                            some(&people),
                            hard.name
                        );
                        lints.push(policy.lint_at(catalogue::EASIER_TWIN, easy, easy.approval_at, message));
                    }
                }
            }
        }
    }
}

/// Those who may ask for both and have it strictly easier with the one, and with the other.
fn easier(census: &Census<'_>, sides: [&Side<'_>; 2], one: &Role, other: &Role) -> [Vec<Name>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    let both = sides[0].all(&one.requesters).and(&sides[1].all(&other.requesters));
    if both.is_empty() {
        return found;
    }
    let first = Gate { rule: &one.approval, signed: one.signed };
    let second = Gate { rule: &other.approval, signed: other.signed };
    for (crowd, comparison) in compare((sides[0], first), (sides[1], second), &both) {
        let other_is_easier = comparison.easier.is_possible() || other.signed < one.signed;
        let one_is_easier = comparison.harder.is_possible() || one.signed < other.signed;
        match (one_is_easier, other_is_easier) {
            (true, false) => found[0].extend(census.names(&crowd)),
            (false, true) => found[1].extend(census.names(&crowd)),
            _ => {}
        }
    }
    found
}
