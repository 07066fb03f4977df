//! The principal that a rule names: a group, a person or, among requesters, a workload.

use std::fmt;
use std::str::FromStr;

use crate::grant::Name;

/// A group, a person or a workload, as in rules and `requesters`. Workloads only ask, so approval rules never name one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// `group:sre`
    Group(Name),
    /// `person:ana`
    Person(Name),
    /// `workload:deploy`
    Workload(Name),
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(formatter, "group:{name}"),
            Self::Person(name) => write!(formatter, "person:{name}"),
            Self::Workload(name) => write!(formatter, "workload:{name}"),
        }
    }
}

/// Why a text is not a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// It begins with neither `group:` nor `person:` nor `workload:`.
    #[error("{0:?} names nobody: write group:NAME or person:NAME")]
    Kind(String),
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
            _ => Err(PrincipalError::Kind(text.chars().take(64).collect())),
        }
    }
}
