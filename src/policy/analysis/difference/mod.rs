//! The difference between two revisions of a policy: who gained or lost access, and whose access got easier, harder,
//! longer or shorter.
//!
//! May use the rest of `policy`. Invariant: a change is reported unless it is proven harmless; text alone is no change.

mod census;
mod clauses;
mod crowd;
mod gate;
mod logins;
mod pairs;
mod settings;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::grant::Digest;
use crate::grant::Name;

use crate::policy::Policy;
use crate::policy::analysis::ways::Way;
use crate::policy::analysis::ways::WayKind;
use crate::policy::files::problem::Position;
use crate::policy::people::principal::Principal;
pub(in crate::policy) use census::Census;
pub(in crate::policy) use census::Side;
pub(in crate::policy) use crowd::Crowd;
pub(in crate::policy) use gate::Gate;
pub(in crate::policy) use gate::compare;

/// The change in a person's access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// They may ask now, and could not before.
    Gained,
    /// Some set of approvers suffices now and did not before.
    Easier,
    /// They may have it for longer.
    Longer,
    /// They may not ask any more.
    Lost,
    /// Some set of approvers sufficed before and does not now.
    Harder,
    /// They may have it for a shorter time.
    Shorter,
}

impl Direction {
    /// Every direction. Those that give power come first.
    pub const ALL: [Self; 6] =
        [Self::Gained, Self::Easier, Self::Longer, Self::Lost, Self::Harder, Self::Shorter];

    /// The direction's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Easier => "easier",
            Self::Longer => "longer",
            Self::Lost => "lost",
            Self::Harder => "harder",
            Self::Shorter => "shorter",
        }
    }

    /// Whether people have more power than before.
    pub fn gives(self) -> bool {
        matches!(self, Self::Gained | Self::Easier | Self::Longer)
    }
}

/// The kind of access that changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Path {
    /// Asking for a role or a scope.
    Request,
    /// Asking for more time.
    Extend,
    /// Using break-glass.
    BreakGlass,
    /// Reading every request and the audit log.
    Audit,
}

/// The access that changed, and the position of the rule that changed it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Thing {
    /// The role, by its later name. `None` for reading every request and the audit log.
    pub role: Option<Name>,
    /// The scope of the role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Name>,
    /// The kind of access.
    pub path: Path,
    /// `file:line` of the rule, in the later revision if it is there.
    pub at: String,
}

impl Thing {
    fn of(way: &Way<'_>, at: String) -> Self {
        let path = match way.kind {
            WayKind::Request => Path::Request,
            WayKind::Extend => Path::Extend,
            WayKind::BreakGlass => Path::BreakGlass,
        };
        Self { role: Some(way.role.name.clone()), scope: way.scope.cloned(), path, at }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(role) = &self.role else { return formatter.write_str("every request and the log") };
        write!(formatter, "{role}")?;
        if let Some(scope) = &self.scope {
            write!(formatter, "/{scope}")?;
        }
        match self.path {
            Path::Extend => formatter.write_str(" (more time)"),
            Path::BreakGlass => formatter.write_str(" (emergency)"),
            Path::Request | Path::Audit => Ok(()),
        }
    }
}

/// One change that affects some people for some roles, by the same rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// How the access of these people changed.
    pub direction: Direction,
    /// The people affected, in name order: people, `workload:NAME`, and `group:NAME` for anyone whom an identity
    /// provider puts there.
    pub people: Vec<String>,
    /// The access that changed.
    pub things: Vec<Thing>,
    /// The rule that caused it, in words.
    pub rule: String,
    /// An example: approvers that suffice now, or sufficed before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// Whether it is certain. A comparison that grew too large says "perhaps".
    pub certain: bool,
}

/// New and removed logins of a person in both revisions. The holder of a new login has all of the person's access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoginChange {
    /// The owner of the logins: a person, `workload:NAME`, or everybody whom tokens name.
    pub who: String,
    /// Fingerprints of keys, `github:NUMBER`, `oidc:SUBJECT`, and the claims of a workload.
    pub added: Vec<String>,
    /// As in `added`.
    pub removed: Vec<String>,
}

/// The number of people who may ask for a role, before and after, if the people changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The role, by its later name.
    pub role: Name,
    /// How many people could ask.
    pub before: usize,
    /// How many people can ask.
    pub after: usize,
}

/// The effects of a policy change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The earlier revision.
    pub before: Digest,
    /// The later revision.
    pub after: Digest,
    /// The number of distinct people in the changes of each direction.
    pub counts: BTreeMap<Direction, usize>,
    /// The changes. Those that give power come first.
    pub changes: Vec<Change>,
    /// New and removed logins.
    pub logins: Vec<LoginChange>,
    /// The number of people who may ask, for each role whose requesters changed.
    pub reach: Vec<Reach>,
    /// Other changes, one sentence each.
    pub notes: Vec<String>,
}

impl Difference {
    /// Compares two policies.
    pub fn between(before: &Policy, after: &Policy) -> Self {
        let (census, old, new) = Census::of(before, after);
        let mut ledger = Ledger {
            census: &census,
            changes: BTreeMap::new(),
            groups: Default::default(),
            reach: Vec::new(),
            notes: Vec::new(),
        };
        pairs::compare(&old, &new, &mut ledger);
        clauses::compare(&old, &new, &mut ledger);
        settings::compare(&old, &new, &mut ledger);
        let logins = logins::compare(&old, &new, &mut ledger);
        let mut counts: BTreeMap<Direction, Crowd> = BTreeMap::new();
        for key in ledger.changes.keys() {
            counts.entry(key.direction).or_default().add(&key.crowd);
        }
        let mut changes: Vec<Change> = Vec::new();
        for (key, (mut things, example)) in ledger.changes {
            things.sort();
            things.dedup();
            changes.push(Change {
                direction: key.direction,
                people: census.names(&key.crowd),
                things,
                rule: key.rule,
                example,
                certain: key.certain,
            });
        }
        // Within a direction, the change with the widest effect comes first.
        changes.sort_by_cached_key(|change| {
            let size = change.people.len().saturating_mul(change.things.len());
            (change.direction, usize::MAX - size, change.things.clone(), change.people.clone())
        });
        Self {
            before: before.revision,
            after: after.revision,
            counts: counts.into_iter().map(|(direction, crowd)| (direction, crowd.len())).collect(),
            changes,
            logins,
            reach: ledger.reach,
            notes: ledger.notes,
        }
    }

    /// Whether anybody has more power than before: access, an easier approval, more time, or a new login.
    pub fn anybody_gained(&self) -> bool {
        self.changes.iter().any(|change| change.direction.gives())
            || self.logins.iter().any(|login| !login.added.is_empty())
    }

    /// Whether the comparison found no change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.logins.is_empty() && self.notes.is_empty()
    }
}

/// Changes with equal keys are merged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    direction: Direction,
    crowd: Crowd,
    rule: String,
    certain: bool,
}

/// Collects changes while policies are compared.
struct Ledger<'a> {
    census: &'a Census<'a>,
    /// The access affected by each change, with the first example.
    changes: BTreeMap<Key, (Vec<Thing>, Option<String>)>,
    /// The positions of the groups, before and after. Found on first use.
    groups: [OnceCell<BTreeMap<String, Position>>; 2],
    reach: Vec<Reach>,
    notes: Vec<String>,
}

impl Ledger<'_> {
    fn add(&mut self, direction: Direction, crowd: Crowd, rule: String, thing: Thing) {
        self.put(Key { direction, crowd, rule, certain: true }, thing, None);
    }

    /// Adds an uncertain change, which depends on conditions.
    fn perhaps(&mut self, direction: Direction, crowd: Crowd, rule: String, thing: Thing) {
        self.put(Key { direction, crowd, rule, certain: false }, thing, None);
    }

    fn put(&mut self, key: Key, thing: Thing, example: Option<String>) {
        if !key.crowd.is_empty() {
            let (things, first) = self.changes.entry(key).or_default();
            things.push(thing);
            if first.is_none() {
                *first = example;
            }
        }
    }

    /// `file:line` of a group, in the later revision if it is there.
    fn group_at(&self, principal: &Principal, old: &Side<'_>, new: &Side<'_>) -> Option<String> {
        const FILE: &str = "people.toml";
        let Principal::Group(group) = principal else { return None };
        let found = [(new, 1), (old, 0)].into_iter().find_map(|(side, which)| {
            let places = self.groups[which].get_or_init(|| side.policy.places_in(FILE, "groups"));
            places.get(group.as_str())
        });
        found.map(|position| format!("{FILE}:{}", position.line))
    }

    /// Some names of a set, and the number of the others.
    fn some(&self, crowd: &Crowd) -> String {
        crate::policy::some(self.census.names(crowd))
    }
}
