//! Each role and what it was: by its name, or by the names that it had before.

use crate::grant::Name;

use super::super::role::Role;
use super::Direction;
use super::Key;
use super::Ledger;
use super::Reach;
use super::Thing;
use super::access;
use super::access::Access;
use super::crowd::Crowd;
use super::crowd::Side;
use super::gate;
use super::gate::Escape;

/// Compares every role with what it was, and every role that was with what became of it.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let shifted = strength_changed(old, new, ledger);
    for role in new.policy.roles() {
        let earlier = earlier_forms(role, old);
        if let Some(was) = earlier.iter().find(|was| was.name != role.name) {
            ledger.notes.push(format!("the role {} is called {} now", was.name, role.name));
        }
        for access in access::of(role) {
            let forms: Vec<Access<'_>> = earlier.iter().filter_map(|was| same_scope(was, &access)).collect();
            let look = Look { old, new, shifted: &shifted };
            look.gains(&access, &forms, earlier.is_empty(), ledger);
        }
        note_reach(role, &earlier, old, new, ledger);
    }
    for role in old.policy.roles() {
        let later = new.policy.role(&role.name);
        for access in access::of(role) {
            let form = later.and_then(|later| same_scope(later, &access));
            losses(&access, form.as_ref(), old, new, ledger);
        }
    }
}

/// Those who can sign more strongly or less strongly than before.
fn strength_changed(old: &Side<'_>, new: &Side<'_>, ledger: &Ledger<'_>) -> Crowd {
    let everybody = 0..u32::try_from(ledger.census.names.len()).unwrap_or(u32::MAX);
    Crowd::of(everybody.filter(|number| old.strongest(*number) != new.strongest(*number)))
}

/// The roles that this one was: of its name first, then of its aliases.
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

fn same_scope<'a>(role: &'a Role, like: &Access<'_>) -> Option<Access<'a>> {
    access::of(role).into_iter().find(|access| access.scope == like.scope)
}

fn note_reach(role: &Role, earlier: &[&Role], old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let mut before = Crowd::default();
    earlier.iter().for_each(|was| before.add(&old.all(&was.requesters)));
    let after = new.all(&role.requesters);
    if before != after {
        ledger.reach.push(Reach { role: role.name.clone(), before: before.len(), after: after.len() });
    }
}

/// `file:line` of a key in a role's file.
fn place(side: &Side<'_>, role: &Role, keys: &[&str]) -> String {
    let file = role.file();
    let at = side.policy.place(&file, keys);
    format!("{file}:{}", at.line)
}

fn thing(side: &Side<'_>, role: &Role, scope: Option<&Name>, keys: &[&str]) -> Thing {
    Thing { role: Some(role.name.clone()), scope: scope.cloned(), at: place(side, role, keys) }
}

struct Look<'a> {
    old: &'a Side<'a>,
    new: &'a Side<'a>,
    shifted: &'a Crowd,
}

impl Look<'_> {
    /// Who may ask now: each against the form of this access that they had, or as a gain.
    fn gains(&self, now: &Access<'_>, forms: &[Access<'_>], is_new: bool, ledger: &mut Ledger<'_>) {
        let mut rest = self.new.all(now.requesters);
        for was in forms {
            let had = rest.and(&self.old.all(was.requesters));
            rest = rest.without(&had);
            if was.opens() == now.opens() {
                self.gate(was, now, &had, ledger);
                self.time(was, now, had, ledger);
            } else {
                let rule = format!("it opens {} instead of {}", now.opens(), was.opens());
                ledger.add(Direction::Gained, had, rule, thing(self.new, now.role, now.scope, &["aws"]));
            }
        }
        let at = || thing(self.new, now.role, now.scope, &["requesters"]);
        if forms.is_empty() {
            let rule = if is_new { "the role is new" } else { "the scope is new" };
            return ledger.add(Direction::Gained, rest, rule.to_owned(), at());
        }
        for principal in now.requesters {
            let part = rest.and(self.new.members(principal));
            rest = rest.without(&part);
            if forms.iter().any(|was| was.requesters.contains(principal)) {
                let mut thing = at();
                thing.at = ledger.group_at(principal, self.old, self.new).unwrap_or(thing.at);
                ledger.add(Direction::Gained, part, format!("new in {principal}"), thing);
            } else {
                ledger.add(Direction::Gained, part, format!("requesters name {principal} now"), at());
            }
        }
    }

    fn time(&self, was: &Access<'_>, now: &Access<'_>, had: Crowd, ledger: &mut Ledger<'_>) {
        let (before, after) = (was.max_duration, now.max_duration);
        if before != after {
            let direction = if after > before { Direction::Longer } else { Direction::Shorter };
            let at = thing(self.new, now.role, now.scope, &["max_duration"]);
            ledger.add(direction, had, format!("at most {after} instead of {before}"), at);
        }
    }

    fn gate(&self, was: &Access<'_>, now: &Access<'_>, had: &Crowd, ledger: &mut Ledger<'_>) {
        if had.is_empty() || self.is_same(was, now) {
            return;
        }
        let (rule, at) = self.cause(was, now, ledger);
        let (weaker, stronger) = (now.gate.signed < was.gate.signed, now.gate.signed > was.gate.signed);
        let mut equivalent = true;
        for (crowd, comparison) in gate::compare((self.old, was.gate), (self.new, now.gate), had) {
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
        if equivalent && was.gate.rule != now.gate.rule {
            let name = &now.role.name;
            ledger.notes.push(format!("the approval of {name} is written differently and means the same"));
        }
    }

    /// Whether nothing that a gate is made of changed.
    fn is_same(&self, was: &Access<'_>, now: &Access<'_>) -> bool {
        let same = |principal| {
            let (before, after) = (self.old.members(principal), self.new.members(principal));
            before == after && after.and(self.shifted).is_empty()
        };
        was.gate.rule == now.gate.rule
            && was.gate.signed == now.gate.signed
            && now.gate.rule.demands().iter().all(|demand| demand.from.iter().all(same))
    }

    /// What changed about a gate, in words, and where that stands.
    fn cause(&self, was: &Access<'_>, now: &Access<'_>, ledger: &Ledger<'_>) -> (String, Thing) {
        let mut causes: Vec<String> = Vec::new();
        let mut at = thing(self.new, now.role, now.scope, &["approval"]);
        if was.gate.rule != now.gate.rule {
            causes.push(format!("approval is \"{}\" instead of \"{}\"", now.gate.rule, was.gate.rule));
        }
        if was.gate.signed != now.gate.signed {
            if causes.is_empty() {
                at = thing(self.new, now.role, now.scope, &["signed"]);
            }
            let (before, after) = (was.gate.signed.as_str(), now.gate.signed.as_str());
            causes.push(format!("signed is \"{after}\" instead of \"{before}\""));
        }
        let able = |side: &Side<'_>, principal, signed| {
            let members: &Crowd = side.members(principal);
            Crowd::of(members.iter().filter(|number| side.strongest(*number) >= signed))
        };
        let mut seen = Vec::new();
        for principal in now.gate.rule.demands().into_iter().flat_map(|demand| &demand.from) {
            if seen.contains(&principal) {
                continue;
            }
            seen.push(principal);
            let before = able(self.old, principal, was.gate.signed);
            let after = able(self.new, principal, now.gate.signed);
            let (joined, left) = (after.without(&before), before.without(&after));
            for (crowd, other, words) in [
                (joined, self.old.members(principal), ["can sign now in", "joined"]),
                (left, self.new.members(principal), ["cannot sign any more in", "left"]),
            ] {
                let stayed = crowd.and(other);
                let moved = crowd.without(&stayed);
                for (crowd, verb) in [(stayed, words[0]), (moved, words[1])] {
                    if crowd.is_empty() || was.gate.signed != now.gate.signed && verb == words[0] {
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

/// Approvers that make the difference for somebody of these, in words.
fn example(escape: &Escape, direction: Direction, crowd: &Crowd, ledger: &Ledger<'_>) -> Option<String> {
    let Escape::By(people) = escape else { return None };
    let tense = if direction == Direction::Easier { "is enough now" } else { "was enough before" };
    if people.is_empty() {
        return Some(format!("nobody's approval {tense}"));
    }
    let approvers = Crowd::of(people.iter().copied());
    let names = ledger.census.names(&approvers);
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    // Nobody approves their own request, so the example is for somebody else.
    let requester = if crowd.and(&approvers).is_empty() {
        String::new()
    } else {
        let first = crowd.without(&approvers).iter().next()?;
        format!("for {}, ", ledger.census.names.get(first as usize)?)
    };
    Some(format!("{requester}approval by {} {tense}", names.join(" and ")))
}

fn losses(
    was: &Access<'_>,
    now: Option<&Access<'_>>,
    old: &Side<'_>,
    new: &Side<'_>,
    ledger: &mut Ledger<'_>,
) {
    let before = old.all(was.requesters);
    let Some(now) = now else {
        let what = if was.scope.is_some() { "the scope is gone" } else { "the role is gone" };
        let at = thing(old, was.role, was.scope, &["requesters"]);
        return ledger.add(Direction::Lost, before, what.to_owned(), at);
    };
    let mut rest = before.without(&new.all(now.requesters));
    let at = || thing(new, now.role, now.scope, &["requesters"]);
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
}
