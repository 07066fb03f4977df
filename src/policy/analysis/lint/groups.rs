//! Groups and people without effect.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::grant::Name;

use super::Kind;
use super::Lint;
use super::in_file;
use crate::policy::Policy;
use crate::policy::analysis::ways;
use crate::policy::files::problem::Position;
use crate::policy::people::principal::Principal;
use crate::policy::roles::catalogue;

pub(super) const FILE: &str = "people.toml";
/// The most findings of one kind that are shown. A policy with more has one cause, not many.
const MOST: usize = 50;

/// Finds empty and unused groups, and people without a part in any role.
pub(super) fn find(policy: &Policy, lints: &mut Vec<Lint>) {
    let named = named(policy);
    let of_people = |group: &Name| policy.members(group);
    let empty: Vec<&Name> =
        policy.people.groups.iter().filter(|(_, members)| members.is_empty()).map(|(name, _)| name).collect();
    let used = used(policy, &named);
    let unused: Vec<&Name> = policy.people.groups.keys().filter(|group| !used.contains(group)).collect();
    let mut reached: BTreeSet<&Name> = BTreeSet::new();
    for principal in &named {
        match principal {
            Principal::Person(name) => {
                reached.insert(name);
            }
            Principal::Group(group) | Principal::AgentsOfGroup(group) => reached.extend(of_people(group)),
            Principal::AgentsOfPerson(name) => {
                reached.insert(name);
            }
            Principal::Workload(_) => {}
            Principal::Agent(name) => reached.extend(policy.owner_of(name)),
        }
    }
    let idle: Vec<&Name> =
        policy.people().map(|person| &person.name).filter(|name| !reached.contains(name)).collect();
    if !empty.is_empty() || !unused.is_empty() {
        let places = policy.places_in(FILE, "groups");
        report(catalogue::EMPTY_GROUP, &empty, &places, "the group", "is empty", lints);
        report(catalogue::UNUSED_GROUP, &unused, &places, "the group", "is named nowhere", lints);
    }
    if !idle.is_empty() {
        let places = policy.places_in(FILE, "people");
        report(catalogue::UNUSED_PERSON, &idle, &places, "", "has no part in any role", lints);
    }
}

/// Every group and person that a role, an escalation, the auditors or the vouchers name, or that conditions seem to name. Cedar
/// text is only
/// searched for names, because its meaning is known only at decision time.
fn named(policy: &Policy) -> BTreeSet<Principal> {
    let mut named: BTreeSet<Principal> = policy.access.auditors.iter().cloned().collect();
    named.extend(policy.access.oidc.iter().flat_map(|oidc| &oidc.vouchers).cloned());
    for role in policy.roles() {
        for way in ways::of(role) {
            named.extend(way.requesters.iter().cloned());
            let reviewers = way.approval.demands().into_iter().flat_map(|demand| &demand.from);
            named.extend(reviewers.cloned());
        }
        named.extend(
            policy.escalations_for(role).into_iter().flat_map(|further| further.people.iter().cloned()),
        );
    }
    for (path, content) in policy.files.iter() {
        if path.starts_with("rules/") || path.starts_with("roles/") {
            let text = String::from_utf8_lossy(content);
            for (kind, make) in KINDS {
                let found = text.split(kind).skip(1).filter_map(|rest| rest.split(['"', '\\']).next());
                named.extend(found.filter_map(|name| name.parse().ok()).map(make));
            }
        }
    }
    named
}

/// The prefix of a principal in Cedar, and its constructor.
type PrincipalKind = (&'static str, fn(Name) -> Principal);

/// How Cedar names a principal. Within a TOML string the quotes may be escaped.
const KINDS: [PrincipalKind; 4] = [
    ("Group::\"", Principal::Group),
    ("Group::\\\"", Principal::Group),
    ("Person::\"", Principal::Person),
    ("Person::\\\"", Principal::Person),
];

/// Every named group, and every group within one of those.
fn used<'a>(policy: &'a Policy, named: &'a BTreeSet<Principal>) -> BTreeSet<&'a Name> {
    let mut used: BTreeSet<&Name> = BTreeSet::new();
    let mut waiting: Vec<&Name> = Vec::new();
    for principal in named {
        if let Principal::Group(group) = principal {
            waiting.push(group);
        }
    }
    while let Some(group) = waiting.pop() {
        if used.insert(group) {
            waiting.extend(policy.people.inner.get(group).into_iter().flatten());
        }
    }
    used
}

/// Reports names of this file, each at its own place.
pub(super) fn report(
    kind: &Kind,
    names: &[&Name],
    places: &BTreeMap<String, Position>,
    what: &str,
    problem: &str,
    lints: &mut Vec<Lint>,
) {
    for (index, name) in names.iter().enumerate().take(MOST) {
        let at = places.get(name.as_str()).copied().unwrap_or(Position::START);
        let more = match names.len().checked_sub(MOST) {
            Some(more) if more > 0 && index + 1 == MOST => format!(", and so it is with {more} more"),
            _ => String::new(),
        };
        let message = format!("{what} {name} {problem}{more}");
        lints.push(in_file(kind, FILE, at, message.trim_start()));
    }
}
