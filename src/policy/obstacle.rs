//! What keeps a role, or one of its ways, from being had where GitHub decides: what GitHub does not tell, and what only a
//! broker does.

use std::fmt;

use super::Policy;
use super::facts::FactFrom;
use super::facts::FactSource;
use super::role::Role;
use crate::grant::Name;

/// Something that GitHub as the authority cannot give.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// Credentials would be bound to the requester's address.
    Bound,
    /// A condition looks at the requester's address.
    Address,
    /// There is an emergency way.
    Emergency,
    /// A condition looks at this fact, whose source is not to be had there.
    Fact(String),
}

impl Obstacle {
    /// Why it stands in the way, without saying of what.
    pub fn reason(&self) -> String {
        let whole = self.to_string();
        whole.split_once(": ").map_or(whole.clone(), |(_, reason)| reason.to_owned())
    }

    /// Whether it keeps the whole role from being had, and not only one way or one fact.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Bound | Self::Address)
    }

    /// The keys of the role's file that it stands at.
    pub(super) fn keys(&self, role: &Role) -> &'static [&'static str] {
        match self {
            Self::Bound if role.target.cloud() == "sandbox" => &["sandbox", "bind_ip"],
            Self::Bound => &["aws", "bind_ip"],
            Self::Address | Self::Fact(_) => &["when"],
            Self::Emergency => &["break_glass"],
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound => formatter.write_str(
                "it cannot be had from GitHub: its credentials are bound to the requester's address, which GitHub does not tell",
            ),
            Self::Address => formatter.write_str(
                "it cannot be had from GitHub: a condition looks at the requester's address, which GitHub does not tell",
            ),
            Self::Emergency => formatter.write_str(
                "its emergency way cannot be had from GitHub: nobody would be told, and nothing keeps a person to one at a time",
            ),
            Self::Fact(name) => write!(
                formatter,
                "the fact {name} is true of nobody where GitHub decides: its source is a program, a file or behind a token, \
                 and nothing but jit runs there"
            ),
        }
    }
}

impl FactSource {
    /// Whether a runner of GitHub's can ask for it: an address that wants no token.
    pub fn is_open(&self) -> bool {
        matches!(self.from, FactFrom::Url { token: None, .. })
    }
}

impl Policy {
    /// Whether a condition on this role looks at the requester's address.
    pub fn looks_at_address(&self, role: &Name) -> bool {
        self.conditions.of_role(role).is_some_and(|set| set.address)
    }

    /// Whether the passing of time could change what conditions on this role say. True of a role that is not there.
    pub fn looks_at_time(&self, role: &Name) -> bool {
        self.conditions.of_role(role).is_none_or(|set| set.time)
    }

    /// What stands in the way of having a role from GitHub, whatever is set there.
    pub fn obstacles(&self, role: &Role) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if role.bind_ip {
            obstacles.push(Obstacle::Bound);
        }
        if self.looks_at_address(&role.name) {
            obstacles.push(Obstacle::Address);
        }
        if role.break_glass.is_some() {
            obstacles.push(Obstacle::Emergency);
        }
        let closed = self.facts_of(&role.name).filter(|source| !source.is_open());
        obstacles.extend(closed.map(|source| Obstacle::Fact(source.name.clone())));
        obstacles
    }
}
