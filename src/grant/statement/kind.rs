//! The kinds of statement, the ways to ask, and the two verdicts.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::grant::Digest;

/// The kind of a statement. It decides the SSHSIG namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// "I am here": the answer to the authority's challenge.
    Login,
    /// "I ask for this."
    Request,
    /// "I ask for more time."
    Extend,
    /// "I take this now, and everybody is notified."
    BreakGlass,
    /// "I approve", or "I deny."
    Review,
    /// "This must end."
    Revoke,
    /// "This key is mine too."
    Enrol,
    /// "This key is theirs."
    Vouch,
    /// "Everything of this person must end."
    Remove,
    /// "Seal the credentials to this key."
    Take,
}

impl Kind {
    /// The value of the statement's `kind` member.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Request => "request",
            Self::Extend => "extend",
            Self::BreakGlass => "break-glass",
            Self::Review => "review",
            Self::Revoke => "revoke",
            Self::Enrol => "enrol",
            Self::Vouch => "vouch",
            Self::Remove => "remove",
            Self::Take => "take",
        }
    }

    /// The SSHSIG namespace that a signature over this kind must carry: `jit.<kind>.v1`.
    pub fn namespace(self) -> String {
        format!("jit.{}.v1", self.as_str())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The one of a role's ways that a request takes. Each way is its own kind of statement, so that a signature is valid for
/// one only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Way {
    /// An ordinary request.
    #[default]
    Request,
    /// More time for the grant of the request with this digest, which is always the first request and never an
    /// extension.
    Extend(Digest),
    /// Break-glass.
    BreakGlass,
}

impl Way {
    /// The kind of statement for this way.
    pub fn kind(self) -> Kind {
        match self {
            Self::Request => Kind::Request,
            Self::Extend(_) => Kind::Extend,
            Self::BreakGlass => Kind::BreakGlass,
        }
    }
}

/// A reviewer's verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The reviewer approves.
    Approve,
    /// The reviewer denies. One denial ends the request.
    Deny,
}

impl Verdict {
    /// The value of the statement's `verdict` member.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for Verdict {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "approve" => Ok(Self::Approve),
            "deny" => Ok(Self::Deny),
            other => Err(format!("{other:?} is neither approve nor deny")),
        }
    }
}
