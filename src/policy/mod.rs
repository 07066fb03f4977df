//! Access as code: load, compile, decide. A [`Policy`] exists only if it loaded and compiled whole.
//!
//! May use `secret`, `system`, `grant`. Reads nothing but the folder handed to it. Invariant: what fails to load denies.

mod access;
mod cases;
mod compile;
mod decide;
mod difference;
mod document;
mod explain;
mod groups;
mod key;
mod lint;
mod listing;
mod load;
mod matching;
mod matrix;
mod notify;
mod people;
mod principal;
mod problem;
mod revision;
mod role;
mod rule;
mod source;
pub mod starter;

use std::collections::BTreeMap;
use std::path::Path;

pub use access::Defaults;
pub use cases::Case;
pub use cases::Expected;
pub use cases::Outcome;
pub use decide::Asking;
pub use decide::Decision;
pub use decide::Missing;
pub use decide::Opinion;
pub use decide::Refusal;
pub use difference::Change;
pub use difference::Difference;
pub use difference::Direction;
pub use difference::LoginChange;
pub use difference::Reach;
pub use difference::Thing;
pub use explain::Basis;
pub use explain::Explanation;
pub use explain::Need;
pub use key::PersonKey;
pub use lint::CATALOGUE;
pub use lint::Kind;
pub use lint::Lint;
pub use lint::Severity;
pub use lint::documentation;
pub use listing::Kind as EntryKind;
pub use listing::Listing;
pub use matrix::Layout;
pub use matrix::Matrix;
pub use notify::Notify;
pub use notify::SecretSource;
pub use notify::Webhook;
pub use people::Person;
pub use principal::Principal;
pub use problem::Problem;
pub use problem::Problems;
pub use role::ReasonRule;
pub use role::Role;
pub use rule::Demand;
pub use rule::Rule;

use crate::grant::Digest;
use crate::grant::Name;

use access::Access;
use people::People;
use problem::Findings;

/// A policy that loaded and compiled whole.
#[derive(Debug, Clone)]
pub struct Policy {
    /// SHA-256 over the sorted list of (path, SHA-256 of content): over one line
    /// `<64 hexadecimal characters of the file's SHA-256><two spaces><path>\n` for each of `files`, in byte order of paths.
    pub revision: Digest,
    /// Every file of the policy as it was read, by its path in the folder with `/`; what `revision` is made of. These are
    /// `access.toml`, `people.toml`, `roles/NAME.toml` and `tests/NAME.toml`; nothing else has a say.
    pub files: BTreeMap<String, Vec<u8>>,
    people: People,
    access: Access,
    roles: BTreeMap<Name, Role>,
    aliases: BTreeMap<Name, Name>,
}

impl Policy {
    /// Reads and compiles a folder. Symbolic links in it are refused, and files over 1 MiB (`people.toml`: 16 MiB), and
    /// more than 10,000 files. Hidden files and what is no part of a policy are passed over.
    pub fn load(folder: &Path) -> Result<Self, Problems> {
        let findings = Findings::default();
        let files = load::read(folder, &findings);
        if findings.is_empty() { compile::compile(files) } else { Err(findings.into_problems()) }
    }

    /// Compiles files by their path in the folder, exactly as [`Policy::load`] does with what it read.
    pub fn compile(files: BTreeMap<String, Vec<u8>>) -> Result<Self, Problems> {
        compile::compile(files)
    }

    /// A person by their name.
    pub fn person(&self, name: &Name) -> Option<&Person> {
        self.people.people.get(name)
    }

    /// The person who holds a key, by its fingerprint (`SHA256:…`).
    pub fn person_of_key(&self, fingerprint: &str) -> Option<&Person> {
        self.people.of_key(fingerprint)
    }

    /// Everybody, in name order.
    pub fn people(&self) -> impl ExactSizeIterator<Item = &Person> {
        self.people.people.values()
    }

    /// The people in a group, through other groups too, in name order; nobody where there is no such group.
    pub fn members(&self, group: &Name) -> &[Name] {
        self.people.groups.get(group).map_or(&[], Vec::as_slice)
    }

    /// A role by its own name or an alias.
    pub fn role(&self, name: &Name) -> Option<&Role> {
        self.roles.get(self.aliases.get(name).unwrap_or(name))
    }

    /// Every role, in name order.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = &Role> {
        self.roles.values()
    }

    /// What roles have where they say nothing.
    pub fn defaults(&self) -> &Defaults {
        &self.access.defaults
    }

    /// Everybody who is told about requests for a role: those of the whole policy, and the role's own.
    pub fn notices_for<'a>(&'a self, role: &'a Role) -> Vec<&'a Notify> {
        [&self.access.notify, &role.notify].into_iter().filter(|notify| !notify.is_empty()).collect()
    }

    /// Whether a person may ask for a role at all.
    pub fn may_request(&self, person: &Name, role: &Role) -> bool {
        self.person(person).is_some_and(|person| role.requesters.iter().any(|principal| person.is(principal)))
    }

    /// Whether a person may review a request of somebody else for a role: nobody reviews their own.
    pub fn may_review(&self, person: &Name, role: &Role, requester: &Name) -> bool {
        person != requester
            && self
                .person(person)
                .is_some_and(|person| role.approval.demands().iter().any(|demand| demand.fits(person)))
    }

    /// Everybody who may review a request of `requester` for a role, in name order.
    pub fn eligible_reviewers(&self, role: &Role, requester: &Name) -> Vec<Name> {
        let demands = role.approval.demands();
        let named = demands.into_iter().flat_map(|demand| &demand.from);
        let people = named.flat_map(|principal| self.people.named_by(principal));
        let mut names: Vec<Name> =
            people.map(|person| &person.name).filter(|name| *name != requester).cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    /// Whether a person may read every request and the log.
    pub fn may_audit(&self, person: &Name) -> bool {
        self.person(person)
            .is_some_and(|person| self.access.auditors.iter().any(|principal| person.is(principal)))
    }
}
