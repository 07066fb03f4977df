//! Other effects of a policy change: auditors, and settings that give nobody access.

use super::Direction;
use super::Ledger;
use super::Path;
use super::Thing;
use crate::policy::analysis::difference::census::Side;
use crate::policy::roles::reason::ReasonRule;
use crate::policy::roles::role::Role;
use crate::policy::settings::facts::FactFrom;
use crate::policy::settings::facts::FactSource;
use crate::policy::settings::forge::Forge;
use crate::policy::settings::notify::Notify;

/// Compares auditors, and the settings of each role in both revisions.
pub(super) fn compare(old: &Side<'_>, new: &Side<'_>, ledger: &mut Ledger<'_>) {
    let (before, after) = (old.all(&old.policy.access.auditors), new.all(&new.policy.access.auditors));
    let changed = [(Direction::Gained, after.without(&before)), (Direction::Lost, before.without(&after))];
    for (direction, crowd) in changed {
        let line = new.policy.place("access.toml", &["auditors"]).line;
        let thing = Thing { role: None, scope: None, path: Path::Audit, at: format!("access.toml:{line}") };
        ledger.add(direction, crowd, "auditors changed".to_owned(), thing);
    }
    if old.policy.access.notify != new.policy.access.notify {
        ledger
            .notes
            .push(told("the places that are told of everybody's requests", &new.policy.access.notify));
    }
    if old.policy.time_zone() != new.policy.time_zone() {
        let (before, after) = (old.policy.time_zone(), new.policy.time_zone());
        ledger.notes.push(format!("conditions see the time in {after} instead of {before}"));
    }
    let (was, is) = (&old.policy.access.forge, &new.policy.access.forge);
    let app = |forge: &Option<Forge>| forge.as_ref().and_then(|forge| forge.workload_app);
    if app(was) != app(is) {
        ledger.notes.push("the GitHub App that asks for workloads changed".to_owned());
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

fn told(what: &str, notify: &Notify) -> String {
    // A command runs on the broker's machine, so reviewers must see it.
    let command = notify.command.as_ref().map(|words| format!("; the broker runs {words:?}"));
    format!("{what} changed{}", command.unwrap_or_default())
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
    if was.notify != now.notify {
        changes.push(told("the places that are told of requests", &now.notify));
    }
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
