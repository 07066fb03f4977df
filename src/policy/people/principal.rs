//! The principal that a rule names: a group, a person or, among requesters, a workload or agents.

use std::fmt;
use std::str::FromStr;

use crate::grant::Name;

/// A group, a person, a workload or agents, as in rules and `requesters`. Workloads and agents only ask, so approval rules never
/// name one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// `group:sre`
    Group(Name),
    /// `person:ana`
    Person(Name),
    /// `workload:deploy`
    Workload(Name),
    /// `agent:build-bot`
    Agent(Name),
    /// `agents-of:group:sre`
    AgentsOfGroup(Name),
    /// `agents-of:person:ana`
    AgentsOfPerson(Name),
}

impl Principal {
    /// Why it cannot be named where people are meant. `None` for a group or a person.
    pub(in crate::policy) fn only_asks(&self) -> Option<&'static str> {
        match self {
            Self::Group(_) | Self::Person(_) => None,
            Self::Workload(_) => Some("a workload"),
            Self::Agent(_) | Self::AgentsOfGroup(_) | Self::AgentsOfPerson(_) => Some("an agent"),
        }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(formatter, "group:{name}"),
            Self::Person(name) => write!(formatter, "person:{name}"),
            Self::Workload(name) => write!(formatter, "workload:{name}"),
            Self::Agent(name) => write!(formatter, "agent:{name}"),
            Self::AgentsOfGroup(name) => write!(formatter, "agents-of:group:{name}"),
            Self::AgentsOfPerson(name) => write!(formatter, "agents-of:person:{name}"),
        }
    }
}

/// Why a text is not a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// It begins with none of the words above.
    #[error("{0:?} names nobody: write group:NAME or person:NAME")]
    Kind(String),
    /// It begins with `agents-of:`, and the rest names neither a group nor a person.
    #[error("write agents-of:group:NAME or agents-of:person:NAME")]
    Owners,
    /// The rest is not a valid name.
    #[error(transparent)]
    Name(#[from] crate::grant::name::NameError),
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        match text.split_once(':') {
            Some(("group", name)) => Ok(Self::Group(name.parse()?)),
            Some(("person", name)) => Ok(Self::Person(name.parse()?)),
            Some(("workload", name)) => Ok(Self::Workload(name.parse()?)),
            Some(("agent", name)) => Ok(Self::Agent(name.parse()?)),
            Some(("agents-of", owners)) => match owners.split_once(':') {
                Some(("group", name)) => Ok(Self::AgentsOfGroup(name.parse()?)),
                Some(("person", name)) => Ok(Self::AgentsOfPerson(name.parse()?)),
                _ => Err(PrincipalError::Owners),
            },
            _ => Err(PrincipalError::Kind(text.chars().take(64).collect())),
        }
    }
}
