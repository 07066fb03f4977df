//! Logins: whoever holds a new key of somebody has all that this person has.

use std::collections::BTreeSet;

use super::super::people::Person;
use super::Ledger;
use super::LoginChange;

/// Compares the logins of everybody who was there before, and notes who is new, gone, or called otherwise.
pub(super) fn compare(ledger: &mut Ledger<'_>) -> Vec<LoginChange> {
    let mut changes = Vec::new();
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    for (before, after) in ledger.census.before.iter().zip(&ledger.census.after) {
        match (before, after) {
            (Some(before), Some(after)) => {
                if before.name != after.name {
                    let note = format!("{} is called {} now: they share a login", before.name, after.name);
                    ledger.notes.push(note);
                }
                let (was, is) = (logins(before), logins(after));
                let added: Vec<String> = is.difference(&was).cloned().collect();
                let removed: Vec<String> = was.difference(&is).cloned().collect();
                if !added.is_empty() || !removed.is_empty() {
                    changes.push(LoginChange { who: after.name.clone(), added, removed });
                }
            }
            (None, Some(after)) => new.push(after.name.clone()),
            (Some(before), None) => gone.push(before.name.clone()),
            (None, None) => {}
        }
    }
    for (mut names, what) in [(new, "new in the policy"), (gone, "gone from the policy")] {
        if !names.is_empty() {
            names.sort();
            ledger.notes.push(format!("{what}: {}", super::super::lint::some(&names)));
        }
    }
    changes.sort_by(|one, other| one.who.cmp(&other.who));
    changes
}

fn logins(person: &Person) -> BTreeSet<String> {
    let keys = person.keys.iter().map(|key| key.fingerprint.clone());
    keys.chain(person.github.map(|number| format!("github:{number}"))).collect()
}
