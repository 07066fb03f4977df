//! Obstacles to a role, or one of its ways, if GitHub is the authority: facts that GitHub does not tell, and features
//! that only a broker has.

use std::fmt;

use crate::grant::Name;
use crate::policy::Policy;
use crate::policy::roles::role::Role;
use crate::policy::settings::facts::FactFrom;
use crate::policy::settings::facts::FactSource;

/// A feature that GitHub as the authority cannot provide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// Credentials are bound to the requester's address.
    Bound,
    /// The broker's own identity in the cloud opens the role.
    OwnIdentity,
    /// A condition depends on the requester's address.
    Address,
    /// The role opens `[token]`, and only a broker has an issuer of its own.
    Token,
    /// Nothing denies what was handed out when access ends early.
    Deny,
    /// Nothing takes back what was handed out when access ends early.
    TakeBack,
    /// The role opens `[kubernetes]`: GitHub's tokens name no groups, and a job has no token of the cluster's.
    Cluster,
    /// The role has break-glass.
    Emergency,
    /// A condition depends on this fact, whose source is not available there.
    Fact(String),
}

impl Obstacle {
    /// The reason, without the subject of the sentence.
    pub fn reason(&self) -> String {
        let whole = self.to_string();
        whole.split_once(": ").map_or(whole.clone(), |(_, reason)| reason.to_owned())
    }

    /// Whether it blocks the whole role, and not only one way or one fact.
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Bound | Self::OwnIdentity | Self::Address | Self::Token | Self::Cluster)
    }

    /// The keys in the role's file that cause it.
    pub(in crate::policy) fn keys(&self, role: &Role) -> &'static [&'static str] {
        match self {
            Self::Bound if role.target.is_sandbox() => &["sandbox", "bind_ip"],
            Self::Bound => &["aws", "bind_ip"],
            Self::OwnIdentity => &["aws", "by"],
            Self::Address | Self::Fact(_) => &["when"],
            Self::Deny => &["aws", "revoke"],
            Self::TakeBack => &["vault", "revoke_role"],
            Self::Emergency => &["break_glass"],
            Self::Token => &["token"],
            Self::Cluster => &["kubernetes"],
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bound => formatter.write_str(
                "it is not available from GitHub: its credentials are bound to the requester's address, which GitHub does not tell",
            ),
            Self::OwnIdentity => formatter.write_str(
                "it is not available from GitHub: a broker's own AWS identity opens it, and a workflow has only its token",
            ),
            Self::Address => formatter.write_str(
                "it is not available from GitHub: a condition looks at the requester's address, which GitHub does not tell",
            ),
            Self::Token => formatter.write_str(
                "it is not available from GitHub: GitHub signs the tokens there, and none with a role's claims and end",
            ),
            Self::Cluster => formatter.write_str(
                "it is not available from GitHub: GitHub signs the tokens there, and none with groups of a cluster",
            ),
            Self::Deny => formatter.write_str(
                "GitHub does not deny what was handed out when access ends early: a workflow has no AWS identity to do it with",
            ),
            Self::TakeBack => formatter.write_str(
                "GitHub does not revoke tokens when access ends early: it signs no token by which a workflow could do it",
            ),
            Self::Emergency => formatter.write_str(
                "GitHub gives no emergency access: it tells nobody, and cannot limit a person to one at a time",
            ),
            Self::Fact(name) => write!(
                formatter,
                "on GitHub the fact {name} is false for everybody: its source is a program, a file or behind a token, and only jit runs there"
            ),
        }
    }
}

impl FactSource {
    /// Whether a GitHub runner can fetch the fact: from an address without a token.
    pub fn is_open(&self) -> bool {
        matches!(self.from, FactFrom::Url { token: None, .. })
    }
}

impl Policy {
    /// Whether a condition on this role depends on the requester's address.
    pub fn looks_at_address(&self, role: &Name) -> bool {
        self.conditions.of_role(role).is_some_and(|set| set.address)
    }

    /// Whether the passing of time could change what conditions on this role say. True of a role that is not there.
    pub fn looks_at_time(&self, role: &Name) -> bool {
        self.conditions.of_role(role).is_none_or(|set| set.time)
    }

    /// The obstacles to a role on GitHub, whatever the settings there.
    pub fn obstacles(&self, role: &Role) -> Vec<Obstacle> {
        let mut obstacles = Vec::new();
        if role.bind_ip {
            obstacles.push(Obstacle::Bound);
        }
        if role.target.as_token().is_some() {
            obstacles.push(Obstacle::Token);
        }
        if role.target.as_kubernetes().is_some() {
            obstacles.push(Obstacle::Cluster);
        }
        if role.target.is_by_broker() {
            obstacles.push(Obstacle::OwnIdentity);
        }
        if self.looks_at_address(&role.name) {
            obstacles.push(Obstacle::Address);
        }
        if role.deny_revoked {
            obstacles.push(Obstacle::Deny);
        }
        if role.revoke_role.is_some() {
            obstacles.push(Obstacle::TakeBack);
        }
        if role.break_glass.is_some() {
            obstacles.push(Obstacle::Emergency);
        }
        let closed = self.facts_of(&role.name).filter(|source| !source.is_open());
        obstacles.extend(closed.map(|source| Obstacle::Fact(source.name.clone())));
        obstacles
    }
}
