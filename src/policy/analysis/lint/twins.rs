//! Two roles that open the same target, one of them with less approval.

use std::collections::BTreeMap;

use super::Lint;
use crate::policy::analysis::difference::Census;
use crate::policy::analysis::difference::Gate;
use crate::policy::analysis::difference::Side;
use crate::policy::analysis::difference::compare;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::roles::catalogue;
use crate::policy::some;

/// The most roles of one target that are compared. More of them repeat the same mistake.
const MOST: usize = 32;

/// Compares all roles with the same target. `sides` are the same policy twice.
pub(super) fn find(census: &Census<'_>, sides: [&Side<'_>; 2], lints: &mut Vec<Lint>) {
    let policy = sides[0].policy;
    let mut by_target: BTreeMap<_, Vec<Way<'_>>> = BTreeMap::new();
    for role in policy.roles() {
        let ordinary =
            ways::of(role).into_iter().find(|way| way.kind == WayKind::Request && way.scope.is_none());
        by_target.entry(&role.target).or_default().extend(ordinary);
    }
    for ways in by_target.values().filter(|ways| ways.len() > 1) {
        let ways = &ways[..ways.len().min(MOST)];
        for (index, one) in ways.iter().enumerate() {
            for other in &ways[index + 1..] {
                let [easier_one, easier_other] = easier(census, sides, one, other);
                for (people, easy, hard) in [(easier_one, one, other), (easier_other, other, one)] {
                    if !people.is_empty() && easy.max_duration >= hard.max_duration {
                        let message = format!(
                            "{} may have the same target as {} with less approval, and for as long",
                            some(&people),
                            hard.role.name
                        );
                        let (role, at) = (easy.role, easy.role.approval_at);
                        lints.push(policy.lint_at(catalogue::EASIER_TWIN, role, at, &message));
                    }
                }
            }
        }
    }
}

/// The people who may ask for both and get the first strictly easier, and those who get the second strictly easier.
fn easier(census: &Census<'_>, sides: [&Side<'_>; 2], one: &Way<'_>, other: &Way<'_>) -> [Vec<String>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    let both = sides[0].may_go(one).and(&sides[1].may_go(other));
    if both.is_empty() {
        return found;
    }
    for (crowd, comparison) in compare((sides[0], Gate::of(one)), (sides[1], Gate::of(other)), &both) {
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
