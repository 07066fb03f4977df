//! The kinds of statement, the ways to ask, and a reviewer's two words.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::grant::Digest;

/// What a statement is about; also decides its SSHSIG namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// "I am here": answers the authority's challenge.
    Login,
    /// "I ask for this."
    Request,
    /// "I ask for more time."
    Extend,
    /// "I take this now, and everybody may know."
    BreakGlass,
    /// "I agree", or "I do not."
    Review,
    /// "This must end."
    Revoke,
}

impl Kind {
    /// The word in the statement's `kind` member.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Request => "request",
            Self::Extend => "extend",
            Self::BreakGlass => "break-glass",
            Self::Review => "review",
            Self::Revoke => "revoke",
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

/// Which of a role's ways a request takes. Each is a kind of statement of its own, so that no signature serves for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Way {
    /// The ordinary one.
    #[default]
    Request,
    /// More time for the grant of the request with this digest: always the first one, never an extension.
    Extend(Digest),
    /// The emergency one.
    BreakGlass,
}

impl Way {
    /// The kind of the statement that asks this way.
    pub fn kind(self) -> Kind {
        match self {
            Self::Request => Kind::Request,
            Self::Extend(_) => Kind::Extend,
            Self::BreakGlass => Kind::BreakGlass,
        }
    }
}

/// A reviewer's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The reviewer agrees.
    Approve,
    /// The reviewer does not; one such word ends the request.
    Deny,
}

impl Verdict {
    /// The word in the statement's `verdict` member.
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
