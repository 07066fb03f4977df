//! Whom a rule names: a group or a person.

use std::fmt;
use std::str::FromStr;

use crate::grant::Name;

/// A group or a person, as rules and `requesters` name them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// `group:sre`
    Group(Name),
    /// `person:ana`
    Person(Name),
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(formatter, "group:{name}"),
            Self::Person(name) => write!(formatter, "person:{name}"),
        }
    }
}

/// Why a text names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// Neither `group:` nor `person:`.
    #[error("{0:?} names nobody: write group:NAME or person:NAME")]
    Kind(String),
    /// `workload:`, which a later version knows.
    #[error("workloads are not built yet: write group:NAME or person:NAME")]
    Workload,
    /// What follows is no name.
    #[error(transparent)]
    Name(#[from] crate::grant::name::NameError),
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        match text.split_once(':') {
            Some(("group", name)) => Ok(Self::Group(name.parse()?)),
            Some(("person", name)) => Ok(Self::Person(name.parse()?)),
            Some(("workload", _)) => Err(PrincipalError::Workload),
            _ => Err(PrincipalError::Kind(text.chars().take(64).collect())),
        }
    }
}
