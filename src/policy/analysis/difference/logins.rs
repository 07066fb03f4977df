//! Logins. The holder of a person's new key has all of that person's access.

use std::collections::BTreeSet;

use super::Ledger;
use super::LoginChange;
use crate::policy::analysis::difference::census::Member;
use crate::policy::analysis::difference::census::Side;
use crate::policy::people::agent::Agent;
use crate::policy::people::claims::Enrol;
use crate::policy::people::claims::MAX_AGE;
use crate::policy::people::claims::Oidc;
use crate::policy::people::github_app::GitHubApp;
use crate::policy::people::roster::Person;
use crate::policy::people::workload::Workload;
use crate::policy::settings::forge;

/// Compares the logins of people in both revisions. Notes who is new, removed, or renamed.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) -> Vec<LoginChange> {
    let mut changes = Vec::new();
    let (mut arrived, mut gone) = (Vec::new(), Vec::new());
    for member in &ledger.census.members {
        let (who, was, is) = match member {
            Member::Person { before: Some(before), after: Some(after) } => {
                if before.name != after.name {
                    let note = format!("{} is called {} now: they share a login", before.name, after.name);
                    ledger.notes.push(note);
                }
                (after.name.to_string(), of_person(before), of_person(after))
            }
            Member::Workload { before: Some(before), after: Some(after) } => {
                (format!("workload:{}", after.name), of_workload(before), of_workload(after))
            }
            Member::Agent { before: Some((before, _)), after: Some((after, _)) } => {
                (format!("agent:{}", after.name), of_agent(before), of_agent(after))
            }
            Member::Agent { before: None, after: Some((after, _)) } => {
                arrived.push(format!("agent:{} of {}", after.name, after.of));
                continue;
            }
            Member::Agent { before: Some((before, _)), after: None } => {
                gone.push(format!("agent:{} of {}", before.name, before.of));
                continue;
            }
            Member::Person { before: None, after: Some(after) } => {
                arrived.push(after.name.to_string());
                continue;
            }
            Member::Workload { before: None, after: Some(after) } => {
                arrived.push(format!("workload:{}", after.name));
                continue;
            }
            Member::Person { before: Some(before), after: None } => {
                gone.push(before.name.to_string());
                continue;
            }
            Member::Workload { before: Some(before), after: None } => {
                gone.push(format!("workload:{}", before.name));
                continue;
            }
            Member::Person { .. } | Member::Workload { .. } | Member::Agent { .. } | Member::Open(_) => {
                continue;
            }
        };
        changes.extend(change(who, &was, &is));
    }
    let (was, is) = (of_provider(old.policy.oidc()), of_provider(new.policy.oidc()));
    changes.extend(change("everybody whom tokens name".to_owned(), &was, &is));
    let (was, is) = (of_app(old.policy.github_app()), of_app(new.policy.github_app()));
    changes.extend(change("everybody with an account on GitHub".to_owned(), &was, &is));
    for (mut names, what) in [(arrived, "new in the policy"), (gone, "gone from the policy")] {
        if !names.is_empty() {
            names.sort();
            ledger.notes.push(format!("{what}: {}", crate::policy::some(&names)));
        }
    }
    changes.sort_by(|one, other| one.who.cmp(&other.who));
    changes
}

fn change(who: String, was: &BTreeSet<String>, is: &BTreeSet<String>) -> Option<LoginChange> {
    let added: Vec<String> = is.difference(was).cloned().collect();
    let removed: Vec<String> = was.difference(is).cloned().collect();
    (was != is).then_some(LoginChange { who, added, removed })
}

fn of_person(person: &Person) -> BTreeSet<String> {
    let keys = person.keys.iter().map(|key| key.fingerprint.clone());
    let accounts = person.github.map(forge::account);
    let subjects = person.oidc.as_ref().map(|subject| format!("oidc:{subject}"));
    keys.chain(accounts).chain(subjects).collect()
}

/// Its keys, and its owner: another owner is another human.
fn of_agent(agent: &Agent) -> BTreeSet<String> {
    let keys = agent.keys.iter().map(|key| key.fingerprint.clone());
    keys.chain([format!("of {}", agent.of)]).collect()
}

/// All claims together are one login: a workload with one claim fewer is open to more tokens.
fn of_workload(workload: &Workload) -> BTreeSet<String> {
    let claims: Vec<String> = workload.claims.iter().map(|(name, value)| format!("{name}={value}")).collect();
    BTreeSet::from([format!("{} {}", workload.issuer, claims.join(" "))])
}

fn of_app(app: Option<&GitHubApp>) -> BTreeSet<String> {
    let shown = |app: &GitHubApp| format!("{} client {}", app.api, app.client_id);
    app.map(shown).into_iter().collect()
}

fn of_provider(oidc: Option<&Oidc>) -> BTreeSet<String> {
    let shown = |oidc: &Oidc| {
        let groups = oidc.groups.as_deref().unwrap_or("none");
        let vouchers: Vec<String> = oidc.vouchers.iter().map(ToString::to_string).collect();
        let mut line =
            format!("{} client {} person {} groups {groups}", oidc.issuer, oidc.client_id, oidc.person);
        if oidc.enrol == Enrol::Trusted {
            line.push_str(", whose administrators can approve in anybody's name");
        }
        if oidc.max_age != MAX_AGE {
            line.push_str(&format!(" max_age {}", oidc.max_age));
        }
        if !oidc.page {
            line.push_str(", not for the approval page");
        }
        if !vouchers.is_empty() {
            line.push_str(&format!(" vouchers {}", vouchers.join(" ")));
        }
        line
    };
    oidc.map(shown).into_iter().collect()
}
