//! What each statement says.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Target;
use crate::grant::WorkloadRun;
use crate::grant::span::Span;

use super::Verdict;
use super::Way;

/// The members that every statement has, besides `v` and `kind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Which authority this is meant for: a broker's issuer URL, from the signer's own configuration.
    pub authority: String,
    /// Who signs.
    pub who: Name,
    /// When, by the signer's clock, in whole seconds.
    pub at: Timestamp,
    /// Random text that makes the statement unique.
    pub nonce: String,
}

/// Asks for a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginStatement {
    /// The common members.
    pub header: Header,
    /// The authority's challenge, used once.
    pub challenge: String,
}

/// Asks for a role. Its canonical bytes have the digest that reviews name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStatement {
    /// The common members; `at` equals `created`.
    pub header: Header,
    /// Which of the role's ways.
    pub way: Way,
    /// The role asked for, by its own name (never an alias).
    pub role: Name,
    /// What the role opens, as the requester saw it.
    pub target: Target,
    /// A narrower piece of the role.
    pub scope: Option<RequestedScope>,
    /// How long the grant is to last.
    pub duration: Span,
    /// When the grant may begin, if not at once.
    pub start: Option<Timestamp>,
    /// Why; may be empty where the role does not ask for it.
    pub reason: String,
    /// Whether the client says that a person sits at its terminal.
    pub interactive: bool,
    /// Whether the client says that a coding agent runs it.
    pub agent: bool,
    /// The request's one-use X25519 public key, base64url without padding. Empty where a workload asks: the member is then
    /// absent, as the job that asks is gone before the job that takes the credentials begins, and that one names its own key.
    pub recipient: String,
    /// The run that asks, where a workload does.
    pub workload: Option<WorkloadRun>,
    /// The revision of the policy that the requester saw.
    pub policy: Digest,
    /// When it was made, by the requester's clock.
    pub created: Timestamp,
    /// No credentials outlive this, whatever happens.
    pub not_after: Timestamp,
}

impl RequestStatement {
    /// The digest of the request whose grant this one asks more time for.
    pub fn extends(&self) -> Option<Digest> {
        match self.way {
            Way::Extend(first) => Some(first),
            Way::Request | Way::BreakGlass => None,
        }
    }
}

/// A scope and the document behind it, as the requester saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedScope {
    /// The scope's name.
    pub name: Name,
    /// The SHA-256 of the scope's document.
    pub document: Digest,
}

/// Agrees to a request or denies it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewStatement {
    /// The common members.
    pub header: Header,
    /// The digest of the request.
    pub request: Digest,
    /// Yes or no.
    pub verdict: Verdict,
    /// What the reviewer says; may be empty.
    pub comment: String,
    /// "For at most this long."
    pub duration: Option<Span>,
    /// "For no more than this scope."
    pub scope: Option<Name>,
}

impl ReviewStatement {
    /// Whether it approves less than the request asks for.
    pub fn narrows(&self) -> bool {
        self.verdict == Verdict::Approve && (self.duration.is_some() || self.scope.is_some())
    }
}

/// Ends somebody's access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeStatement {
    /// The common members.
    pub header: Header,
    /// The digest of the request.
    pub request: Digest,
    /// Why.
    pub reason: String,
}
