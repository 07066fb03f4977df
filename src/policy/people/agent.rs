//! `[agents.NAME]`: coding agents that ask for their owner, each with keys of its own. They never review.

use std::slice;

use crate::grant::Assurance;
use crate::grant::Name;

use crate::policy::Policy;
use crate::policy::conditions::Actor;
use crate::policy::files::document::Section;
use crate::policy::people::key::PersonKey;
use crate::policy::people::principal::Principal;
use crate::policy::people::roster::People;
use crate::policy::people::roster::Person;
use crate::policy::roles::role::Role;

/// A coding agent that may ask for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The stable name.
    pub name: Name,
    /// The person for whom it asks.
    pub of: Name,
    /// The keys that it signs with. None of them proves a touch, which is a person's.
    pub keys: Vec<PersonKey>,
}

impl Agent {
    /// Whether a principal named in a rule includes this agent. A group or a person never includes their agents.
    pub fn is(&self, principal: &Principal, owner: &Person) -> bool {
        match principal {
            Principal::Agent(name) => *name == self.name,
            Principal::AgentsOfPerson(name) => *name == self.of,
            Principal::AgentsOfGroup(group) => owner.is(&Principal::Group(group.clone())),
            Principal::Group(_) | Principal::Person(_) | Principal::Workload(_) => false,
        }
    }

    /// Parses `[agents]` into `everybody`, whose people and workloads are read already.
    pub(in crate::policy) fn read_all(section: &Section<'_>, everybody: &mut People) {
        const HINT: &str = r#"write of = "ana" and keys = ["ssh-ed25519 …"], as `jit agent init` prints"#;
        for (text, at, field) in section.entries() {
            let name: Name = match text.parse() {
                Ok(name) => name,
                Err(error) => {
                    section.document.report(at, &error.to_string());
                    continue;
                }
            };
            if everybody.is_taken(&name) {
                let message = format!(
                    "{name} is a person or a workload already: a name means one of them or one agent"
                );
                section.document.report_with(at, &message, "give the agent another name");
                continue;
            }
            let Some(own) = field.section() else { continue };
            let (of, keys) = (own.required("of", HINT), own.required("keys", HINT));
            own.finish(&[]);
            let (Some(of), Some(keys)) = (of, keys) else { continue };
            let Some(owner) = of.parse::<Name>() else { continue };
            if !everybody.people.contains_key(&owner) {
                of.report_with(
                    &format!("there is no person {owner}"),
                    "an agent asks for a person whom people.toml lists; take the agent out if they left",
                );
                continue;
            }
            let read = everybody.read_keys(&name, &keys);
            if let Some(key) = read.iter().find(|key| key.hardware) {
                keys.report_with(
                    &format!("the key {} is in hardware, whose touch is a person's", key.fingerprint),
                    "give the agent a key of its own: `jit agent init NAME`",
                );
            }
            if read.is_empty() && keys.list().is_some_and(|mut items| items.next().is_none()) {
                keys.report_with("an agent without a key cannot ask", HINT);
            }
            everybody.agents.insert(name.clone(), Self { name, of: owner, keys: read });
        }
    }
}

impl Policy {
    /// An agent by its name.
    pub fn agent(&self, name: &Name) -> Option<&Agent> {
        self.people.agents.get(name)
    }

    /// Every agent, in name order.
    pub fn agents(&self) -> impl ExactSizeIterator<Item = &Agent> {
        self.people.agents.values()
    }

    /// The agents of a person, in name order.
    pub fn agents_of<'a>(&'a self, owner: &'a Name) -> impl Iterator<Item = &'a Agent> {
        self.agents().filter(move |agent| agent.of == *owner)
    }

    /// The agent that holds a key, by its fingerprint (`SHA256:…`).
    pub fn agent_of_key(&self, fingerprint: &str) -> Option<&Agent> {
        self.people.agents.get(self.people.by_fingerprint.get(fingerprint)?)
    }

    /// The owner of an agent. `None` for everybody else.
    pub fn owner_of(&self, who: &Name) -> Option<&Name> {
        self.agent(who).map(|agent| &agent.of)
    }

    /// An agent with its owner.
    pub(in crate::policy) fn agent_and_owner(&self, name: &Name) -> Option<(&Agent, &Person)> {
        let agent = self.agent(name)?;
        Some((agent, self.person(&agent.of)?))
    }

    /// The person, workload or agent of this name.
    pub(in crate::policy) fn actor(&self, who: &Name) -> Option<Actor<'_>> {
        let person = self.person(who).map(Actor::Person);
        let workload = || self.workload(who).map(Actor::Workload);
        let agent = || self.agent_and_owner(who).map(|(agent, owner)| Actor::Agent(agent, owner));
        person.or_else(workload).or_else(agent)
    }

    /// The requester and everybody else whose requests are the same human's: an agent's owner and that owner's agents, or a
    /// person's agents.
    pub fn household<'a>(&'a self, who: &'a Name) -> Vec<&'a Name> {
        let human = self.owner_of(who).unwrap_or(who);
        slice::from_ref(human).iter().chain(self.agents_of(human).map(|agent| &agent.name)).collect()
    }

    /// Whether a person may not review `requester`'s request for a role because it is their own, or their agent's. An owner
    /// may review their agent's where the role says `owner_may_approve`.
    pub fn is_own(&self, person: &Name, requester: &Name, role: &Role) -> bool {
        person == requester || (!role.owner_may_approve && self.owner_of(requester) == Some(person))
    }

    /// The strength of the signature by which this person approves `requester`'s request: what the role demands, and a touch
    /// from an agent's owner, whose other keys the agent may be able to use.
    pub fn demanded_from(&self, person: &Name, requester: &Name, signed: Assurance) -> Assurance {
        if self.owner_of(requester) == Some(person) { Assurance::Touch } else { signed }
    }
}
