//! The fields of each statement.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::Digest;
use crate::grant::JobRun;
use crate::grant::Name;
use crate::grant::Purpose;
use crate::grant::Target;
use crate::grant::WorkloadRun;
use crate::grant::span::Span;

use super::Verdict;
use super::Way;

/// The members common to all statements, besides `v` and `kind`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The authority that the statement is meant for: a broker's URL, from the signer's own configuration, or
    /// `github:` and the id of a repository.
    pub authority: String,
    /// The signer.
    pub who: Name,
    /// The time by the signer's clock, in whole seconds.
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
    /// The way into the role that it takes.
    pub way: Way,
    /// The requested role, by its own name (never an alias).
    pub role: Name,
    /// The target that the role opens, as the requester saw it.
    pub target: Target,
    /// A narrower piece of the role.
    pub scope: Option<RequestedScope>,
    /// The requested duration of the grant.
    pub duration: Span,
    /// The earliest start of the grant. `None` for at once.
    pub start: Option<Timestamp>,
    /// The reason given. May be empty if the role does not require one.
    pub reason: String,
    /// Whether the client says that a person sits at its terminal.
    pub interactive: bool,
    /// Whether the client says that a coding agent runs it.
    pub agent: bool,
    /// The request's one-use X25519 public key, base64url without padding. Empty for a workload, whose statement has no
    /// such member: its job ends before another job takes the credentials, and that job names its own key.
    pub recipient: String,
    /// The run that asks a repository. `None` if a person asks, or if it asks a broker.
    pub workload: Option<WorkloadRun>,
    /// The job that asks a broker as a workload. `None` if a person asks. It names its recipient when it takes the
    /// credentials, as a run does.
    pub job: Option<JobRun>,
    /// The one command that it is for. `None` for access that any command may use.
    pub purpose: Option<Purpose>,
    /// The policy revision that the requester saw.
    pub policy: Digest,
    /// When it was created, by the requester's clock.
    pub created: Timestamp,
    /// No credentials outlive this instant.
    pub not_after: Timestamp,
}

impl RequestStatement {
    /// Whether a workload asks, which names its recipient only when it takes the credentials.
    pub fn is_of_a_workload(&self) -> bool {
        self.workload.is_some() || self.job.is_some()
    }

    /// The digest of the request whose grant this one extends. `None` if it is no extension.
    pub fn extends(&self) -> Option<Digest> {
        match self.way {
            Way::Extend(first) => Some(first),
            Way::Request | Way::BreakGlass => None,
        }
    }
}

/// A scope and the digest of its document, as the requester saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestedScope {
    /// The scope's name.
    pub name: Name,
    /// The SHA-256 of the scope's document.
    pub document: Digest,
}

/// Approves or denies a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewStatement {
    /// The common members.
    pub header: Header,
    /// The digest of the request.
    pub request: Digest,
    /// Approve or deny.
    pub verdict: Verdict,
    /// The reviewer's comment. May be empty.
    pub comment: String,
    /// The longest duration that the review allows.
    pub duration: Option<Span>,
    /// The scope to which the review narrows the request.
    pub scope: Option<Name>,
}

impl ReviewStatement {
    /// Whether it approves less than the request asks for.
    pub fn narrows(&self) -> bool {
        self.verdict == Verdict::Approve && (self.duration.is_some() || self.scope.is_some())
    }
}

/// Confirms an enrolled key of one's own, signed with another key that one has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolStatement {
    /// The common members.
    pub header: Header,
    /// The fingerprint of the key to confirm, `SHA256:…`.
    pub key: String,
}

/// Confirms another person's enrolled key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VouchStatement {
    /// The common members.
    pub header: Header,
    /// The owner of the key.
    pub person: Name,
    /// The fingerprint of the key to confirm, `SHA256:…`.
    pub key: String,
}

/// Ends the sessions, the enrolled keys, the requests and the access of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveStatement {
    /// The common members.
    pub header: Header,
    /// The person.
    pub person: Name,
    /// The reason given.
    pub reason: String,
}

/// Names the one-use key to which the credentials of a workload's request are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeStatement {
    /// The common members.
    pub header: Header,
    /// The digest of the request.
    pub request: Digest,
    /// The X25519 public key, base64url without padding.
    pub recipient: String,
}

/// Revokes a person's access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokeStatement {
    /// The common members.
    pub header: Header,
    /// The digest of the request.
    pub request: Digest,
    /// The reason given.
    pub reason: String,
}
