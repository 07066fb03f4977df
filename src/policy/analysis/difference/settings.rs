//! Other effects of a policy change: auditors, and settings that give nobody access.

use super::Direction;
use super::Ledger;
use super::Path;
use super::Thing;
use crate::grant::span::Span;
use crate::policy::analysis::difference::census::Side;
use crate::policy::roles::reason::ReasonRule;
use crate::policy::roles::role::Role;
use crate::policy::settings::facts::FactFrom;
use crate::policy::settings::facts::FactSource;
use crate::policy::settings::forge::Forge;
use crate::policy::settings::notify::Notify;
use crate::policy::settings::notify::Places;

/// Compares auditors, and the settings of each role in both revisions.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let (before, after) = (old.all(&old.policy.access.auditors), new.all(&new.policy.access.auditors));
    let changed = [(Direction::Gained, after.without(&before)), (Direction::Lost, before.without(&after))];
    for (direction, crowd) in changed {
        let line = new.policy.place("access.toml", &["auditors"]).line;
        let thing = Thing { role: None, scope: None, path: Path::Audit, at: format!("access.toml:{line}") };
        ledger.add(direction, crowd, "auditors changed".to_owned(), thing);
    }
    let (was, is) = (&old.policy.access.notify, &new.policy.access.notify);
    ledger.notes.extend(told("everybody's requests", was, is));
    if was.channels != is.channels {
        ledger.notes.push("how single people are told changed".to_owned());
    }
    for person in new.policy.people() {
        let was = old.policy.person(&person.name);
        if was.is_some_and(|was| was.addresses != person.addresses) {
            ledger.notes.push(format!("{} is told at other addresses", person.name));
        }
    }
    if old.policy.time_zone() != new.policy.time_zone() {
        let (before, after) = (old.policy.time_zone(), new.policy.time_zone());
        ledger.notes.push(format!("conditions see the time in {after} instead of {before}"));
    }
    ledger.notes.extend(gated("a role", old.policy.gate(), new.policy.gate()));
    let (was, is) = (&old.policy.access.forge, &new.policy.access.forge);
    let app = |forge: &Option<Forge>| forge.as_ref().and_then(|forge| forge.workload_app);
    if app(was) != app(is) {
        ledger.notes.push("the GitHub App that asks for workloads changed".to_owned());
    }
    let writer = |forge: &Option<Forge>| forge.as_ref().and_then(|forge| forge.log_writer);
    if writer(was) != writer(is) {
        ledger.notes.push("who may write GitHub's log changed".to_owned());
    }
    let keys =
        |forge: &Option<Forge>| forge.as_ref().map(|forge| (forge.log_keys.clone(), forge.issuer.clone()));
    if keys(was) != keys(is) {
        ledger.notes.push("the keys that GitHub's log is signed with changed".to_owned());
    }
    for source in new.policy.facts() {
        let was = old.policy.facts().iter().find(|was| was.name == source.name);
        if was != Some(source) {
            let word = if was.is_some() { "comes from elsewhere now" } else { "is new" };
            ledger.notes.push(format!("the fact {} {word}: {}", source.name, origin(source)));
        }
    }
    for role in new.policy.roles() {
        let Some(was) = old.policy.role(&role.name) else { continue };
        let changes = role_settings(was, role);
        if !changes.is_empty() {
            ledger.notes.push(format!("{}: {}", role.name, changes.join("; ")));
        }
    }
}

/// The changes of who is told of some requests, and when.
fn told(whose: &str, was: &Notify, is: &Notify) -> Vec<String> {
    let mut notes = Vec::new();
    if was.places != is.places {
        notes.push(format!("the places that are told of {whose} changed{}", run(&is.places)));
    }
    let span = |span: &Option<Span>| span.map_or_else(|| "never".to_owned(), |span| format!("after {span}"));
    if was.remind != is.remind {
        let (before, after) = (span(&was.remind), span(&is.remind));
        notes.push(format!("people are reminded of {whose} {after} instead of {before}"));
    }
    if was.escalate_after != is.escalate_after {
        let (before, after) = (span(&was.escalate_after), span(&is.escalate_after));
        notes.push(format!("further people are told of {whose} {after} instead of {before}"));
    }
    if was.escalate_to != is.escalate_to {
        let command = run(&is.escalate_to.places);
        notes.push(format!("the further people who are told of {whose} changed{command}"));
    }
    notes
}

/// The change of the commands that coding agents run only with `role`.
fn gated(role: &str, was: &[String], is: &[String]) -> Option<String> {
    let changes = |word: &str, from: &[String], without: &[String]| {
        let commands: Vec<String> = from
            .iter()
            .filter(|command| !without.contains(command))
            .map(|command| format!("`{command}`"))
            .collect();
        (!commands.is_empty()).then(|| format!("coding agents {word} {role} for {}", commands.join(", ")))
    };
    let changed = [changes("need", is, was), changes("no longer need", was, is)];
    let changed: Vec<String> = changed.into_iter().flatten().collect();
    (!changed.is_empty()).then(|| changed.join("; "))
}

/// The command among places. It runs on the broker's machine, so reviewers must see it.
fn run(places: &Places) -> String {
    let command = places.command.as_ref().map(|words| format!("; the broker runs {words:?}"));
    command.unwrap_or_default()
}

fn role_settings(was: &Role, now: &Role) -> Vec<String> {
    let mut changes = Vec::new();
    let mut note = |name: &str, before: String, after: String| {
        if before != after {
            changes.push(format!("{name} is {after} instead of {before}"));
        }
    };
    note("the description", format!("{:?}", was.description), format!("{:?}", now.description));
    note("the usual duration", was.duration.to_string(), now.duration.to_string());
    note("the credentials' life", was.lease.to_string(), now.lease.to_string());
    note("the wait for reviews", was.pending.to_string(), now.pending.to_string());
    note("the wait for the first use", was.unused.to_string(), now.unused.to_string());
    note("the reason", reason(&was.reason), reason(&now.reason));
    note("credentials bound to the requester's address", was.bind_ip.to_string(), now.bind_ip.to_string());
    let denied = |role: &Role| role.deny_revoked.to_string();
    note("what was handed out being denied when access ends early", denied(was), denied(now));
    let revoking = |role: &Role| role.revoke_role.clone().unwrap_or_else(|| "none".to_owned());
    note("the role by which the broker revokes when access ends early", revoking(was), revoking(now));
    changes.extend(gated("it", &was.gate, &now.gate));
    changes.extend(told("requests", &was.notify, &now.notify));
    changes
}

/// The source of a fact. Its controller decides what conditions see.
fn origin(source: &FactSource) -> String {
    match &source.from {
        FactFrom::File(path) => format!("the file {}", path.display()),
        FactFrom::Command(words) => format!("the broker runs {words:?}"),
        FactFrom::Url { url, .. } => url.clone(),
    }
}

fn reason(rule: &ReasonRule) -> String {
    match rule {
        ReasonRule::Required => "required".to_owned(),
        ReasonRule::Optional => "optional".to_owned(),
        ReasonRule::Pattern { pattern, .. } => format!("one that matches {:?}", pattern.as_str()),
    }
}
