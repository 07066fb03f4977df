//! Conditions that never hold, and permits that a forbid overrides, as far as Cedar can tell.

use super::Lint;
use super::in_file;
use crate::policy::Policy;
use crate::policy::conditions::Clause;
use crate::policy::files::problem::Position;
use crate::policy::roles::catalogue;

/// Takes the warnings of Cedar's validator, and compares the heads of the organisation's rules.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    for remark in policy.remarks() {
        let at = Position { line: remark.line, column: remark.column };
        let role = policy.roles().find(|role| role.file() == remark.file).map(|role| role.name.clone());
        let lint = in_file(catalogue::NEVER_HOLDS, &remark.file, at, &remark.message);
        lints.push(Lint { role, ..lint });
    }
    let clauses = policy.conditions.shared_clauses();
    let forbids: Vec<&Clause> =
        clauses.iter().filter(|clause| !clause.permits && clause.is_unconditional).collect();
    for permit in clauses.iter().filter(|clause| clause.permits) {
        let covered = permit
            .heads
            .iter()
            .all(|head| forbids.iter().any(|forbid| forbid.heads.iter().any(|wider| wider.covers(head))));
        if covered {
            let (file, at) = place(&permit.label.rule);
            let message = "another rule always forbids what this one permits".to_owned();
            lints.push(in_file(catalogue::SHADOWED_PERMIT, &file, at, &message));
        }
    }
}

/// Splits a position such as `rules/freeze.cedar:3:1`.
fn place(rule: &str) -> (String, Position) {
    let mut parts = rule.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let (column, line) = (number(), number());
    (parts.next().unwrap_or_default().to_owned(), Position { line, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_name_is_its_place() {
        assert_eq!(
            place("rules/a.cedar:3:14"),
            ("rules/a.cedar".to_owned(), Position { line: 3, column: 14 })
        );
    }
}
