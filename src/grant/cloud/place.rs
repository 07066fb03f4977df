//! The place of a target, as a person reads it.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

/// The cloud's word for the kind of place that a target is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// An AWS account, or one of the sandbox cloud; its name is twelve digits.
    Account,
    /// The audience of a token; its name is the audience.
    Audience,
    /// A server; its name is its address, and the namespace in it if there is one.
    Server,
    /// A project of Google Cloud; its name is the project's id.
    Project,
    /// A Kubernetes cluster; its name is the address of its API server.
    Cluster,
    /// A tenant of Microsoft Entra; its name is the tenant's id.
    Tenant,
}

impl PlaceKind {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Audience => "audience",
            Self::Server => "server",
            Self::Project => "project",
            Self::Cluster => "cluster",
            Self::Tenant => "tenant",
        }
    }
}

/// The place of a target. Its text form is `account 111122223333`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Place {
    /// The cloud's name for it.
    pub kind: PlaceKind,
    /// Its name or number there.
    pub name: String,
}

impl Place {
    /// An account by its twelve digits.
    pub fn account(digits: &str) -> Self {
        Self { kind: PlaceKind::Account, name: digits.to_owned() }
    }

    /// The digits of an account, which scripts read as `account`. `None` for other kinds of places.
    pub fn as_account(&self) -> Option<&str> {
        match self.kind {
            PlaceKind::Account => Some(&self.name),
            PlaceKind::Audience
            | PlaceKind::Server
            | PlaceKind::Project
            | PlaceKind::Cluster
            | PlaceKind::Tenant => None,
        }
    }

    /// Whether the name is one that its cloud gives. A name that was read from a file may be shown then.
    pub fn is_sound(&self) -> bool {
        match self.kind {
            PlaceKind::Account => {
                self.name.len() == 12 && self.name.bytes().all(|byte| byte.is_ascii_digit())
            }
            PlaceKind::Audience | PlaceKind::Server | PlaceKind::Cluster => {
                (1..=512).contains(&self.name.len()) && self.name.bytes().all(|byte| byte.is_ascii_graphic())
            }
            PlaceKind::Project => super::gcp::is_project(&self.name),
            PlaceKind::Tenant => super::azure::is_id(&self.name),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind.as_str(), self.name)
    }
}
