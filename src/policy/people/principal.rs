//! Whom a rule names: a group, a person or, among those who ask, a workload.

use std::fmt;
use std::str::FromStr;

use crate::grant::Name;

/// A group, a person or a workload, as rules and `requesters` name them. Workloads ask; they stand in no approval rule.
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

/// Why a text names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// Neither `group:` nor `person:` nor `workload:`.
    #[error("{0:?} names nobody: write group:NAME or person:NAME")]
    Kind(String),
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
            Some(("workload", name)) => Ok(Self::Workload(name.parse()?)),
            _ => Err(PrincipalError::Kind(text.chars().take(64).collect())),
        }
    }
}
