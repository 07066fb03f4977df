//! `people.toml`: people, their keys, groups, workloads and agents.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

use jiff::Timestamp;

use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::text;

use crate::policy::files::document::Document;
use crate::policy::files::document::Field;
use crate::policy::files::document::Tree;
use crate::policy::people::agent::Agent;
use crate::policy::people::claims::Oidc;
use crate::policy::people::groups;
use crate::policy::people::key;
use crate::policy::people::key::PersonKey;
use crate::policy::people::principal::Principal;
use crate::policy::people::workload::Workload;
use crate::policy::settings::notify::Addresses;

/// A human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The stable name.
    pub name: Name,
    /// The name for display. Defaults to the stable name.
    pub label: String,
    /// The keys that they sign with.
    pub keys: Vec<PersonKey>,
    /// The numeric GitHub id.
    pub github: Option<u64>,
    /// The subject of their tokens, from the issuer of `[identity.oidc]`.
    pub oidc: Option<String>,
    /// Every group they are in, including through other groups, sorted.
    pub groups: Vec<Name>,
    /// The last proof of a person known only by token. `None` for a person whom the policy lists.
    pub proof: Option<Proof>,
    /// The addresses for their notices.
    pub addresses: Addresses,
}

/// The last proof that a token gave of a person and their groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// When the authority verified the token.
    pub at: Timestamp,
    /// Whether the token left their groups open, so that nothing rests on them.
    pub groups_unknown: bool,
}

impl Person {
    /// Whether the person can sign with this assurance.
    pub fn can_sign(&self, demanded: Assurance) -> bool {
        match demanded {
            Assurance::Account => true,
            Assurance::Key | Assurance::Touch => self.keys.iter().any(|key| key.worth >= demanded),
        }
    }

    /// The strongest assurance that the person can sign with.
    pub fn strongest(&self) -> Assurance {
        let all = [Assurance::Touch, Assurance::Key];
        all.into_iter().find(|assurance| self.can_sign(*assurance)).unwrap_or(Assurance::Account)
    }

    /// Whether a principal named in a rule includes this person.
    pub fn is(&self, principal: &Principal) -> bool {
        match principal {
            Principal::Person(name) => *name == self.name,
            Principal::Group(group) => self.groups.binary_search(group).is_ok(),
            // A person is none of their agents.
            Principal::Workload(_)
            | Principal::Agent(_)
            | Principal::AgentsOfGroup(_)
            | Principal::AgentsOfPerson(_) => false,
        }
    }
}

/// All people, and the members of each group.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct People {
    pub(in crate::policy) people: BTreeMap<Name, Person>,
    /// Every group with the people in it, including through other groups, sorted.
    pub(in crate::policy) groups: BTreeMap<Name, Vec<Name>>,
    /// For each group that contains others, the groups that it names itself.
    pub(in crate::policy) inner: BTreeMap<Name, Vec<Name>>,
    pub(in crate::policy) by_fingerprint: HashMap<String, Name>,
    by_github: HashMap<u64, Name>,
    pub(in crate::policy) by_subject: HashMap<String, Name>,
    pub(in crate::policy) workloads: BTreeMap<Name, Workload>,
    pub(in crate::policy) agents: BTreeMap<Name, Agent>,
    /// The workloads by the keys of their jobs, which tokens proved, with the times at which the keys expire; see [`crate::policy::Policy::admit`].
    pub(in crate::policy) by_job_key: HashMap<String, (Name, Timestamp)>,
    /// Whether tokens also name groups, so that a group that is not listed here may exist.
    pub(in crate::policy) groups_by_token: bool,
    /// The groups that only tokens name. `people.toml` does not list them.
    pub(in crate::policy) of_tokens: BTreeSet<Name>,
}

impl People {
    /// Parses the file. `None` if a group could not be resolved, so that no decision is made with half of it.
    pub(in crate::policy) fn read(
        document: &Document<'_>,
        tree: &Tree<'_>,
        oidc: Option<&Oidc>,
    ) -> Option<Self> {
        let root = document.root(tree);
        let groups_by_token = oidc.is_some_and(|oidc| oidc.groups.is_some());
        let mut everybody = Self { groups_by_token, ..Self::default() };
        if let Some(section) = root.field("people").and_then(|field| field.section()) {
            for (name, at, field) in section.entries() {
                everybody.read_person(document, name, at, &field, oidc);
            }
        }
        if let Some(section) = root.field("workloads").and_then(|field| field.section()) {
            Workload::read_all(&section, &mut everybody);
        }
        if let Some(section) = root.field("agents").and_then(|field| field.section()) {
            Agent::read_all(&section, &mut everybody);
        }
        let groups = root.field("groups").map(|field| field.section());
        root.finish(&[]);
        match groups {
            Some(section) => groups::read(&section?, &mut everybody).then_some(everybody),
            None => Some(everybody),
        }
    }

    fn read_person(
        &mut self,
        document: &Document<'_>,
        name: &str,
        at: usize,
        field: &Field<'_>,
        oidc: Option<&Oidc>,
    ) {
        let name: Name = match name.parse() {
            Ok(name) => name,
            Err(error) => return document.report(at, &format!("{error}")),
        };
        let Some(section) = field.section() else { return };
        let label = section.field("name").and_then(|field| read_line(&field));
        let keys = section.field("keys");
        let github = section.field("github");
        let subject = section.field("oidc");
        let addresses = Addresses::read(&section);
        section.finish(&[]);
        let keys = keys.map_or_else(Vec::new, |field| self.read_keys(&name, &field));
        let github = github.and_then(|field| self.read_github(&name, &field));
        let subject = subject.and_then(|field| self.read_subject(&name, &field, oidc));
        let label = label.unwrap_or_else(|| name.to_string());
        let person = Person {
            name: name.clone(),
            label,
            keys,
            github,
            oidc: subject,
            groups: Vec::new(),
            proof: None,
            addresses,
        };
        self.people.insert(name, person);
    }

    pub(in crate::policy) fn read_keys(&mut self, owner: &Name, field: &Field<'_>) -> Vec<PersonKey> {
        let mut keys = Vec::new();
        for item in field.list().into_iter().flatten() {
            let Some(text) = item.text() else { continue };
            let key = match key::read(text) {
                Ok(key) => key,
                Err(error) => {
                    item.report_unseen(&error.to_string(), error.hint());
                    continue;
                }
            };
            match self.by_fingerprint.insert(key.fingerprint.clone(), owner.clone()) {
                None => keys.push(key),
                Some(other) if other == *owner => {
                    item.report(&format!("the key {} is listed twice", key.fingerprint));
                }
                Some(other) => item.report_with(
                    &format!("the key {} is {other}'s too: one human would be seen as two", key.fingerprint),
                    "leave it with the one who holds it",
                ),
            }
        }
        keys
    }

    fn read_github(&mut self, owner: &Name, field: &Field<'_>) -> Option<u64> {
        if field.as_text().is_some() {
            field.report_with(
                "a GitHub account is given by its number, as logins can change hands",
                "take `id` from https://api.github.com/users/LOGIN",
            );
            return None;
        }
        let number = field.number()?;
        if number == 0 {
            field.report("0 is not the number of a GitHub account");
            return None;
        }
        if let Some(other) = self.by_github.insert(number, owner.clone()) {
            field.report_with(
                &format!("the GitHub account {number} is {other}'s too: one human would be seen as two"),
                "leave it with the one who holds it",
            );
        }
        Some(number)
    }

    fn read_subject(&mut self, owner: &Name, field: &Field<'_>, oidc: Option<&Oidc>) -> Option<String> {
        let subject = field.text()?;
        if oidc.is_none() {
            field.report_with(
                "the policy accepts no people from tokens",
                "add [identity.oidc] to access.toml",
            );
        }
        if subject.is_empty() || subject.len() > 255 {
            field.report("write the value of the claim that names the person, 1 to 255 characters");
            return None;
        }
        if let Err(error) = text::check(subject) {
            field.report(&error.to_string());
            return None;
        }
        let subject = oidc.map_or_else(|| subject.to_owned(), |oidc| oidc.subject(subject));
        if let Some(other) = self.by_subject.insert(subject.clone(), owner.clone()) {
            field.report_with(
                &format!("this subject is {other}'s too: one human would be seen as two"),
                "leave it with the one who holds it",
            );
        }
        Some(subject)
    }

    /// Reports an unknown group, person, workload or agent.
    pub(in crate::policy) fn check(&self, field: &Field<'_>, principal: &Principal) -> Option<()> {
        let (exists, message, hint) = match principal {
            Principal::Group(name) | Principal::AgentsOfGroup(name) => (
                self.groups.contains_key(name) || self.groups_by_token,
                format!("there is no group {name}"),
                "add it to [groups] in people.toml",
            ),
            Principal::Person(name) | Principal::AgentsOfPerson(name) => (
                self.people.contains_key(name),
                format!("there is no person {name}"),
                "add them to people.toml",
            ),
            Principal::Workload(name) => (
                self.workloads.contains_key(name),
                format!("there is no workload {name}"),
                "add it to [workloads] in people.toml",
            ),
            Principal::Agent(name) => (
                self.agents.contains_key(name),
                format!("there is no agent {name}"),
                "add it to [agents] in people.toml",
            ),
        };
        if !exists {
            field.report_with(&message, hint);
        }
        exists.then_some(())
    }

    /// The person with this key.
    pub(in crate::policy) fn of_key(&self, fingerprint: &str) -> Option<&Person> {
        self.people.get(self.by_fingerprint.get(fingerprint)?)
    }

    /// The person with this GitHub account.
    pub(in crate::policy) fn of_github(&self, number: u64) -> Option<&Person> {
        self.people.get(self.by_github.get(&number)?)
    }

    /// The person whose tokens have this subject.
    pub(in crate::policy) fn of_subject(&self, subject: &str) -> Option<&Person> {
        self.people.get(self.by_subject.get(subject)?)
    }

    /// Whether a name is a person's, a workload's or an agent's.
    pub(in crate::policy) fn is_taken(&self, name: &Name) -> bool {
        self.people.contains_key(name) || self.workloads.contains_key(name) || self.agents.contains_key(name)
    }

    /// The names of the people behind a principal named in a rule, in order.
    pub(in crate::policy) fn names_of(&self, principal: &Principal) -> &[Name] {
        match principal {
            Principal::Person(name) => {
                self.people.get(name).map_or(&[], |person| std::slice::from_ref(&person.name))
            }
            Principal::Group(group) => self.groups.get(group).map_or(&[], Vec::as_slice),
            Principal::Workload(_)
            | Principal::Agent(_)
            | Principal::AgentsOfGroup(_)
            | Principal::AgentsOfPerson(_) => &[],
        }
    }

    /// The people behind a principal named in a rule, in name order.
    pub(in crate::policy) fn named_by(
        &self,
        principal: &Principal,
    ) -> impl Iterator<Item = &Person> + use<'_> {
        self.names_of(principal).iter().filter_map(|name| self.people.get(name))
    }
}

/// Parses one line for people: nothing invisible, at most [`text::MAX_TEXT`] bytes.
pub(in crate::policy) fn read_line(field: &Field<'_>) -> Option<String> {
    let line = field.text()?;
    match text::check(line) {
        Ok(()) => Some(line.to_owned()),
        Err(error) => {
            field.report(&error.to_string());
            None
        }
    }
}
