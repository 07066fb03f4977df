//! Pairs each role with its earlier forms, by its name or its aliases.

use crate::grant::Assurance;
use crate::grant::ScopeDocument;
use crate::grant::cloud::lifting;

use super::Direction;
use super::Key;
use super::Ledger;
use super::Reach;
use super::Thing;
use crate::policy::analysis::difference::census::Side;
use crate::policy::analysis::difference::crowd::Crowd;
use crate::policy::analysis::difference::gate;
use crate::policy::analysis::difference::gate::Escape;
use crate::policy::analysis::difference::gate::Gate;
use crate::policy::analysis::ways;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::people::principal::Principal;
use crate::policy::roles::role::Role;

/// Compares every role with its earlier forms, and every earlier role with its later form.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let shifted = strength_changed(old, new);
    for role in new.policy.roles() {
        let earlier = earlier_forms(role, old);
        for was in earlier.iter().filter(|was| was.name != role.name) {
            ledger.notes.push(format!("the role {} is called {} now", was.name, role.name));
        }
        for way in ways::of(role) {
            let forms: Vec<Way<'_>> = earlier.iter().filter_map(|was| same_way(was, &way)).collect();
            let look = Look { old, new, shifted: &shifted };
            look.gains(&way, &forms, earlier.is_empty(), ledger);
        }
        note_reach(role, &earlier, old, new, ledger);
    }
    for role in old.policy.roles() {
        let aliases = || role.aliases.iter().find_map(|alias| new.policy.role(alias));
        let later = new.policy.role(&role.name).or_else(aliases);
        for way in ways::of(role) {
            let form = later.and_then(|later| same_way(later, &way));
            losses(&way, form.as_ref(), old, new, ledger);
        }
    }
}

/// The people who can sign more or less strongly than before.
fn strength_changed(old: &Side<'_>, new: &Side<'_>) -> Crowd {
    let mut changed = Crowd::EMPTY;
    for signed in [Assurance::Account, Assurance::Key, Assurance::Touch] {
        let (before, after) = (old.able(signed), new.able(signed));
        changed.add(&before.without(after));
        changed.add(&after.without(before));
    }
    changed
}

/// The earlier forms of a role: by its name first, then by its aliases.
fn earlier_forms<'a>(role: &Role, old: &Side<'a>) -> Vec<&'a Role> {
    let mut forms: Vec<&Role> = Vec::new();
    for name in std::iter::once(&role.name).chain(&role.aliases) {
        if let Some(was) = old.policy.role(name)
            && !forms.iter().any(|other| other.name == was.name)
        {
            forms.push(was);
        }
    }
    forms
}

fn same_way<'a>(role: &'a Role, like: &Way<'_>) -> Option<Way<'a>> {
    ways::of(role).into_iter().find(|way| way.is_like(like))
}

fn note_reach(role: &Role, earlier: &[&Role], old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let ordinary = |role| ways::of(role).into_iter().next();
    let mut before = Crowd::default();
    earlier.iter().filter_map(|was| ordinary(was)).for_each(|was| before.add(&old.may_go(&was)));
    let after = ordinary(role).map_or(Crowd::EMPTY, |way| new.may_go(&way));
    if before != after {
        ledger.reach.push(Reach { role: role.name.clone(), before: before.len(), after: after.len() });
    }
}

/// The access by a way, with `file:line` of one of its settings.
fn thing(side: &Side<'_>, way: &Way<'_>, setting: &str) -> Thing {
    let file = way.role.file();
    let at = side.policy.place(&file, &way.keys(setting));
    Thing::of(way, format!("{file}:{}", at.line))
}

/// The access by a way, with `file:line` of the table of its role's target.
fn table(side: &Side<'_>, way: &Way<'_>) -> Thing {
    let file = way.role.file();
    let at = side.policy.place(&file, &[way.role.target.cloud().as_str()]);
    Thing::of(way, format!("{file}:{}", at.line))
}

/// The new and the old target of a way, in words.
fn opens(now: &Way<'_>, was: &Way<'_>) -> String {
    let (before, after) = (&was.role.target, &now.role.target);
    if before.describe() == after.describe() {
        format!("{after} instead of {before}")
    } else {
        format!("{} instead of {}", after.describe(), before.describe())
    }
}

struct Look<'a> {
    old: &'a Side<'a>,
    new: &'a Side<'a>,
    shifted: &'a Crowd,
}

impl Look<'_> {
    /// Compares a way with its earlier forms, for each person who may use it now. People who had no form of it gain it.
    fn gains(&self, now: &Way<'_>, forms: &[Way<'_>], is_new: bool, ledger: &mut Ledger<'_>) {
        let mut rest = self.new.may_go(now);
        for was in forms {
            let had = rest.and(&self.old.may_go(was));
            rest = rest.without(&had);
            if was.role.target != now.role.target {
                // A scope has limits of its own.
                let lifted = lifting::of_target(&was.role.target, &now.role.target)
                    .filter(|_| now.scope.is_none())
                    .map_or_else(String::new, |lifted| format!("; {lifted}"));
                let rule = format!("it opens {}{lifted}", opens(now, was));
                ledger.add(Direction::Gained, had, rule, table(self.new, now));
                continue;
            }
            if was.document().map(ScopeDocument::digest) != now.document().map(ScopeDocument::digest) {
                let lifted = was.document().zip(now.document());
                let lifted = lifted.and_then(|(before, after)| lifting::of_document(before, after));
                let mut rule = "the scope's document is another".to_owned();
                let at = thing(self.new, now, now.document_key().unwrap_or("description"));
                match lifted {
                    Some(lifted) => {
                        rule.push_str(&format!("; {lifted}"));
                        ledger.add(Direction::Gained, had.clone(), rule, at);
                    }
                    // Only the cloud can say whether a document allows more than another.
                    None => ledger.perhaps(Direction::Gained, had.clone(), rule, at),
                }
            }
            self.gate(was, now, &had, ledger);
            self.time(was, now, had, ledger);
        }
        if rest.is_empty() {
            return;
        }
        let at = || thing(self.new, now, "requesters");
        if forms.is_empty() {
            let rule = match (is_new, now.kind) {
                (true, _) => "the role is new",
                (_, WayKind::Extend) => "more time is new",
                (_, WayKind::BreakGlass) => "emergency access is new",
                _ => "the scope is new",
            };
            return ledger.add(Direction::Gained, rest, rule.to_owned(), at());
        }
        for principal in now.requesters {
            let part = rest.and(self.new.members(principal));
            rest = rest.without(&part);
            // A rule kept away people who were listed before.
            let barred = part.and(&forms.iter().fold(Crowd::EMPTY, |mut listed, was| {
                listed.add(&self.old.all(was.requesters));
                listed
            }));
            ledger.add(Direction::Gained, barred.clone(), "no rule forbids it any more".to_owned(), at());
            let part = part.without(&barred);
            if forms.iter().any(|was| was.requesters.contains(principal)) {
                let mut thing = at();
                thing.at = ledger.group_at(principal, self.old, self.new).unwrap_or(thing.at);
                ledger.add(Direction::Gained, part, format!("new in {principal}"), thing);
            } else {
                ledger.add(Direction::Gained, part, format!("requesters name {principal} now"), at());
            }
        }
        for rule in self.new.rules.iter().filter(|rule| rule.clause.permits) {
            let part = rest.and(&rule.reaches(now.kind.act(), now.role));
            rest = rest.without(&part);
            let place = rule.clause.label.rule.clone();
            ledger.add(
                Direction::Gained,
                part,
                "a rule of the organisation".to_owned(),
                Thing::of(now, place),
            );
        }
    }

    fn time(&self, was: &Way<'_>, now: &Way<'_>, had: Crowd, ledger: &mut Ledger<'_>) {
        let (before, after) = (was.max_duration, now.max_duration);
        // An extension is as long as the role allows.
        if before != after && now.kind != WayKind::Extend {
            let direction = if after > before { Direction::Longer } else { Direction::Shorter };
            let at = thing(self.new, now, "max_duration");
            ledger.add(direction, had.clone(), format!("at most {after} instead of {before}"), at);
        }
        if was.times != now.times {
            let direction = if now.times > was.times { Direction::Longer } else { Direction::Shorter };
            let rule = format!("more time {} times instead of {}", now.times, was.times);
            ledger.add(direction, had, rule, thing(self.new, now, "times"));
        }
    }

    fn gate(&self, was: &Way<'_>, now: &Way<'_>, had: &Crowd, ledger: &mut Ledger<'_>) {
        if had.is_empty() || self.is_same(was, now) {
            return;
        }
        let (rule, at) = self.cause(was, now, ledger);
        let (weaker, stronger) = (now.signed < was.signed, now.signed > was.signed);
        let mut equivalent = true;
        for (crowd, comparison) in gate::compare((self.old, Gate::of(was)), (self.new, Gate::of(now)), had) {
            let sides = [
                (Direction::Easier, comparison.easier, weaker),
                (Direction::Harder, comparison.harder, stronger),
            ];
            for (direction, escape, by_signature) in sides {
                if !escape.is_possible() && !by_signature {
                    continue;
                }
                equivalent = false;
                let example = example(&escape, direction, &crowd, ledger);
                let certain = escape != Escape::Unknown;
                let key = Key { direction, crowd: crowd.clone(), rule: rule.clone(), certain };
                ledger.put(key, at.clone(), example);
            }
        }
        if equivalent && was.approval != now.approval {
            ledger.notes.push(format!("the approval of {now} is written differently and means the same"));
        }
    }

    /// Whether a gate is unchanged in all its parts.
    fn is_same(&self, was: &Way<'_>, now: &Way<'_>) -> bool {
        let same = |principal| {
            let (before, after) = (self.old.members(principal), self.new.members(principal));
            before == after && after.and(self.shifted).is_empty()
        };
        was.approval == now.approval
            && was.signed == now.signed
            && now.approval.demands().iter().all(|demand| demand.from.iter().all(same))
    }

    /// The change of a gate, in words, and its position.
    fn cause(&self, was: &Way<'_>, now: &Way<'_>, ledger: &Ledger<'_>) -> (String, Thing) {
        let mut causes: Vec<String> = Vec::new();
        let mut at = thing(self.new, now, "approval");
        if was.approval != now.approval {
            causes.push(format!("approval is \"{}\" instead of \"{}\"", now.approval, was.approval));
        }
        if was.signed != now.signed {
            if causes.is_empty() {
                at = thing(self.new, now, "signed");
            }
            let (before, after) = (was.signed.as_str(), now.signed.as_str());
            causes.push(format!("signed is \"{after}\" instead of \"{before}\""));
        }
        let able = |side: &Side<'_>, principal, signed| side.members(principal).and(side.able(signed));
        let mut seen = Vec::new();
        let earlier: Vec<&Principal> =
            was.approval.demands().into_iter().flat_map(|demand| &demand.from).collect();
        for principal in now.approval.demands().into_iter().flat_map(|demand| &demand.from) {
            if seen.contains(&principal) || !earlier.contains(&principal) {
                continue;
            }
            seen.push(principal);
            let before = able(self.old, principal, was.signed);
            let after = able(self.new, principal, now.signed);
            let (joined, left) = (after.without(&before), before.without(&after));
            for (crowd, other, words) in [
                (joined, self.old.members(principal), ["can sign now in", "joined"]),
                (left, self.new.members(principal), ["cannot sign any more in", "left"]),
            ] {
                let stayed = crowd.and(other);
                let moved = crowd.without(&stayed);
                for (crowd, verb) in [(stayed, words[0]), (moved, words[1])] {
                    if crowd.is_empty() || was.signed != now.signed && verb == words[0] {
                        continue;
                    }
                    if causes.is_empty() {
                        at.at = ledger.group_at(principal, self.old, self.new).unwrap_or(at.at);
                    }
                    causes.push(format!("{} {verb} {principal}", ledger.some(&crowd)));
                }
            }
        }
        (causes.join("; "), at)
    }
}

/// Approvers that make the difference for one of these people, in words.
fn example(escape: &Escape, direction: Direction, crowd: &Crowd, ledger: &Ledger<'_>) -> Option<String> {
    let Escape::By(people) = escape else { return None };
    let tense = if direction == Direction::Easier { "is enough now" } else { "was enough before" };
    if people.is_empty() {
        return Some(format!("nobody's approval {tense}"));
    }
    let approvers = Crowd::of(people.iter().copied());
    let names = ledger.census.names(&approvers);
    // Nobody approves their own request, so the example is for another requester.
    let requester = if crowd.and(&approvers).is_empty() {
        String::new()
    } else {
        let first = crowd.without(&approvers).iter().next()?;
        format!("for {}, ", ledger.census.name(first))
    };
    Some(format!("{requester}approval by {} {tense}", names.join(" and ")))
}

fn losses(was: &Way<'_>, now: Option<&Way<'_>>, old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let before = old.may_go(was);
    let Some(now) = now else {
        let what = match (new.policy.role(&was.role.name), was.kind) {
            (None, _) => "the role is gone",
            (_, WayKind::Extend) => "more time is gone",
            (_, WayKind::BreakGlass) => "emergency access is gone",
            _ => "the scope is gone",
        };
        return ledger.add(Direction::Lost, before, what.to_owned(), thing(old, was, "requesters"));
    };
    let mut rest = before.without(&new.may_go(now));
    if rest.is_empty() {
        return;
    }
    for (rule, barred) in new.bars(now) {
        let part = rest.and(&barred);
        rest = rest.without(&part);
        let place = rule.clause.label.rule.clone();
        ledger.add(Direction::Lost, part, "a rule forbids it".to_owned(), Thing::of(now, place));
    }
    let at = || thing(new, now, "requesters");
    for principal in was.requesters {
        let part = rest.and(old.members(principal));
        rest = rest.without(&part);
        if now.requesters.contains(principal) {
            let mut thing = at();
            thing.at = ledger.group_at(principal, old, new).unwrap_or(thing.at);
            ledger.add(Direction::Lost, part, format!("no longer in {principal}"), thing);
        } else {
            ledger.add(Direction::Lost, part, format!("requesters no longer name {principal}"), at());
        }
    }
    ledger.add(Direction::Lost, rest, "no rule lets them in any more".to_owned(), at());
}
