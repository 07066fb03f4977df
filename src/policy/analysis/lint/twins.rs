//! Roles that open at least what another role opens, with less approval.

use std::collections::BTreeMap;

use super::Lint;
use crate::grant::Cloud;
use crate::policy::analysis::difference::Census;
use crate::policy::analysis::difference::Gate;
use crate::policy::analysis::difference::Side;
use crate::policy::analysis::difference::compare;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::roles::catalogue;
use crate::policy::some;

/// The most roles with which one role is compared. More of them repeat the same mistake.
const MOST: usize = 32;

/// Compares all pairs of roles of which one opens at least what the other does. `sides` are the same policy twice.
pub(super) fn find(census: &Census<'_>, sides: [&Side<'_>; 2], lints: &mut Vec<Lint>) {
    let policy = sides[0].policy;
    let mut neighbours: BTreeMap<(Cloud, String), Vec<Way<'_>>> = BTreeMap::new();
    for role in policy.roles() {
        let ordinary =
            ways::of(role).into_iter().find(|way| way.kind == WayKind::Request && way.scope.is_none());
        let place = (role.target.cloud(), role.target.neighbourhood());
        neighbours.entry(place).or_default().extend(ordinary);
    }
    for ways in neighbours.values() {
        for (index, one) in ways.iter().enumerate() {
            for (other, opening) in ways[index + 1..].iter().filter_map(|other| pair(one, other)).take(MOST) {
                let [easier_one, easier_other] = easier(census, sides, one, other);
                let [one_opens, other_opens] = opening;
                for (people, opens, easy, hard) in
                    [(easier_one, one_opens, one, other), (easier_other, other_opens, other, one)]
                {
                    if opens && !people.is_empty() && easy.max_duration >= hard.max_duration {
                        let target = if one_opens && other_opens {
                            format!("the same target as {}", hard.role.name)
                        } else {
                            format!("at least what {} opens", hard.role.name)
                        };
                        let message = format!(
                            "{} may have {target} with less approval, and for as long",
                            some(&people)
                        );
                        let (role, at) = (easy.role, easy.role.approval_at);
                        lints.push(policy.lint_at(catalogue::EASIER_TWIN, role, at, &message));
                    }
                }
            }
        }
    }
}

/// Whether the first way opens at least what the second does, and the other way round. `None` if neither.
fn pair<'a, 'b>(one: &Way<'_>, other: &'a Way<'b>) -> Option<(&'a Way<'b>, [bool; 2])> {
    let [first, second] = [&one.role.target, &other.role.target];
    let opening = [first.opens_at_least(second), second.opens_at_least(first)];
    opening.contains(&true).then_some((other, opening))
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
