//! Compares conditions. Cedar's meaning is not compared beyond the syntax tree, so any change may ease or harden.

use std::collections::BTreeMap;

use super::Direction;
use super::Ledger;
use super::Thing;
use crate::policy::analysis::difference::census::Rule;
use crate::policy::analysis::difference::census::Side;
use crate::policy::analysis::difference::crowd::Crowd;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::conditions::Act;
use crate::policy::conditions::Clause;
use crate::policy::roles::role::Role;

/// Compares the organisation's rules, then each role's own conditions.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let (gone, fresh) = changed(&old.rules, &new.rules);
    for role in new.policy.roles() {
        let Some(was) = old.policy.role(&role.name) else { continue };
        for way in ways::of(role) {
            let Some(before) = ways::of(was).into_iter().find(|before| before.is_like(&way)) else {
                continue;
            };
            let had = new.may_go(&way).and(&old.may_go(&before));
            for (rules, is_new) in [(&gone, false), (&fresh, true)] {
                rules.iter().for_each(|rule| of_rule(rule, &way, &had, is_new, ledger));
            }
            if way.kind == WayKind::Request && way.scope.is_none() {
                of_role(was, role, &way, &had, [old, new], ledger);
            }
        }
    }
    let about_revoking = |rule: &&&Rule| rule.heads.iter().any(|(head, _)| head.concerns(Act::Revoke));
    for rule in gone.iter().chain(&fresh).filter(about_revoking) {
        ledger.notes.push(format!("the people who may revoke changed: {}", rule.clause.label.rule));
    }
}

/// The rules that are only in `old`, and only in `new`.
fn changed<'a>(old: &'a [Rule], new: &'a [Rule]) -> (Vec<&'a Rule>, Vec<&'a Rule>) {
    let lacks =
        |rules: &[Rule], rule: &Rule| rules.iter().all(|other| other.clause.meaning != rule.clause.meaning);
    let gone = old.iter().filter(|rule| lacks(new, rule)).collect();
    (gone, new.iter().filter(|rule| lacks(old, rule)).collect())
}

/// The effect of a new or removed rule on people who had a way and still have it.
fn of_rule(rule: &Rule, way: &Way<'_>, had: &Crowd, is_new: bool, ledger: &mut Ledger<'_>) {
    let word = if is_new { "is new" } else { "is gone" };
    let mut report = |crowd: Crowd, what: &str| {
        let direction = if rule.clause.permits == is_new { Direction::Easier } else { Direction::Harder };
        let thing = Thing::of(way, rule.clause.label.rule.clone());
        ledger.perhaps(direction, crowd, format!("a rule {what} {word}"), thing);
    };
    // A forbid without conditions has already been counted as gains or losses.
    if rule.clause.permits || !rule.clause.is_unconditional {
        let verb = if rule.clause.permits { "that lets them ask" } else { "that may forbid it" };
        report(rule.reaches(way.kind.act(), way.role).and(had), verb);
    }
    if way.automatic {
        let verb = if rule.clause.permits {
            "that may approve without a review"
        } else {
            "against approving without a review"
        };
        report(rule.reaches(Act::AutoApprove, way.role).and(had), verb);
    }
    if !rule.clause.permits && !rule.reaches(Act::Review, way.role).is_empty() {
        report(had.clone(), "that may keep reviewers away");
    }
}

/// Compares the `[when]` of one role.
fn of_role(
    was: &Role,
    now: &Role,
    way: &Way<'_>,
    had: &Crowd,
    sides: [&Side<'_>; 2],
    ledger: &mut Ledger<'_>,
) {
    // By kind, because a condition is named after its role, which may have another name now.
    let by_kind = |side: &Side<'_>, role: &Role| -> BTreeMap<bool, Clause> {
        let clauses = side.policy.conditions.clauses_of(&role.name);
        clauses.into_iter().map(|clause| (clause.permits, clause)).collect()
    };
    let (before, after) = (by_kind(sides[0], was), by_kind(sides[1], now));
    for permits in [false, true] {
        let (before, after) = (before.get(&permits), after.get(&permits));
        if before.map(|clause| &clause.meaning) == after.map(|clause| &clause.meaning) {
            continue;
        }
        let setting = if permits { "auto_approve" } else { "request" };
        let (side, role) = if after.is_some() { (sides[1], now) } else { (sides[0], was) };
        let file = role.file();
        let line = side.policy.place(&file, &["when", setting]).line;
        let thing = || Thing::of(way, format!("{file}:{line}"));
        let word = match (before, after) {
            (None, _) => "is new",
            (_, None) => "is gone",
            _ => "is another",
        };
        let rule = format!("[when] {setting} {word}");
        // A new condition to ask makes it harder, and a new one to approve automatically makes it easier. A changed one
        // may do either.
        let eases = after.is_none() != permits || before.is_some() && after.is_some();
        let hardens = before.is_none() != permits || before.is_some() && after.is_some();
        for (applies, direction) in [(eases, Direction::Easier), (hardens, Direction::Harder)] {
            if applies {
                ledger.perhaps(direction, had.clone(), rule.clone(), thing());
            }
        }
    }
}
