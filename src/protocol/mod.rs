//! Version 1 of the JSON that client and broker speak.
//!
//! May use `secret` and `grant`. Invariant: members are only ever added; a client ignores members it does not know.

mod roles;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;

use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::State;
use crate::grant::Verdict;
use crate::grant::span::Span;
use crate::secret::Secret;
pub use roles::BreakGlassView;
pub use roles::ExtendView;
pub use roles::NewerRole;
pub use roles::ReasonWanted;
pub use roles::RoleList;
pub use roles::RoleView;
pub use roles::ScopeView;

/// `POST /v1/login/challenge`: what a login statement must answer, once, within two minutes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// The random text to put into the statement.
    pub challenge: String,
    /// The broker's issuer URL; a client compares it with its own configuration and never adopts it.
    pub authority: String,
    /// The broker's clock.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub time: Timestamp,
}

/// `POST /v1/login`: a session. `GET /v1/session` answers the same without the token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Session {
    /// The bearer token; only ever in the answer to a login.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "expose")]
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub token: Option<Secret<String>>,
    /// Who this session belongs to.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub person: Name,
    /// How the policy calls this person.
    pub label: String,
    /// The SHA-256 fingerprint of the key that logged in, `SHA256:…`.
    pub key: String,
    /// When the session ends.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub expires: Timestamp,
    /// The groups that the policy puts this person in.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub groups: Vec<Name>,
    /// The policy in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyView>,
}

/// Which policy is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct PolicyView {
    /// Its revision.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub revision: Digest,
    /// The commit that it was read from, if it comes from a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

fn expose<S: Serializer>(token: &Option<Secret<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(Secret::expose).serialize(serializer)
}

/// Part of a rule that the reviews so far do not satisfy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct MissingView {
    /// What is needed: `1 of group:security`.
    pub demand: String,
    /// Who could help.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub could_help: Vec<Name>,
}

/// One review.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ReviewView {
    /// Who.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub by: Name,
    /// Yes or no.
    #[cfg_attr(feature = "broker", schema(value_type = String, pattern = "^(approve|deny)$"))]
    pub verdict: Verdict,
    /// When the broker took it.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The signed bytes, to be verified and shown by the client.
    pub signed: Signed,
}

/// One place that was told, or could not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct NoticeView {
    /// Which place, as the policy names it; never its address, which may hold a secret.
    pub to: String,
    /// What it was about: `request`, `reminder`, `decision` or `break_glass`.
    pub about: String,
    /// Whether it arrived.
    pub delivered: bool,
    /// What went wrong, if it did not.
    pub problem: Option<String>,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ClosingView {
    /// When.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// Who, unless a clock or the policy did it.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub by: Option<Name>,
    /// Why.
    pub why: String,
}

/// Which grant a request asks more time for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ExtendsView {
    /// The first request.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub id: RequestId,
    /// When its grant ends without this request; nothing once it is over.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
}

/// A request for more time for the grant that is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ExtensionView {
    /// The id of the request for more time.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub id: RequestId,
    /// When the grant ends by it; nothing while it waits.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
    /// The canonical bytes and the requester's signature.
    pub signed: Signed,
}

/// A request. What reviewers see is rendered by their own client from `signed`, not from the other members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RequestView {
    /// The id that people type.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub id: RequestId,
    /// The SHA-256 of the canonical bytes.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub digest: Digest,
    /// Grows with every change; give it as `after` to wait for the next.
    pub version: u64,
    /// Where it stands.
    pub state: State,
    /// The canonical bytes and the requester's signature.
    pub signed: Signed,
    /// When nobody will have decided.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub pending_until: Timestamp,
    /// When an unused approval lapses.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub unused_until: Option<Timestamp>,
    /// How long the grant lasts once it begins; set by approval.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub approved_duration: Option<Span>,
    /// Who approved it; empty where no review was needed.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approved_by: Vec<Name>,
    /// The scope that it was approved for, where that is less than the role.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_scope: Option<Name>,
    /// When the grant ends.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub active_until: Option<Timestamp>,
    /// When the last credentials that were handed out stop to work, if that lies ahead.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub credentials_until: Option<Timestamp>,
    /// The role's rule in words.
    pub approval: String,
    /// What is still missing; once approved, only the review that an emergency gets afterwards.
    pub missing: Vec<MissingView>,
    /// The latest review of each person.
    pub reviews: Vec<ReviewView>,
    /// What was said of an emergency afterwards.
    #[serde(default)]
    pub acknowledged: Option<ReviewView>,
    /// Who was told.
    pub notices: Vec<NoticeView>,
    /// A denial of an equal request within the last 24 hours.
    pub denied_before: Option<ClosingView>,
    /// The grant that it asks more time for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<ExtendsView>,
    /// The requests that gave its grant more time, in their order, and the one that waits.
    #[serde(default)]
    pub extensions: Vec<ExtensionView>,
    /// How it ended.
    pub closing: Option<ClosingView>,
    /// Why nobody can approve it as it stands, so that it must be asked again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask_again: Option<String>,
    /// Why the viewer may not review it, although the policy in force names them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Whether the viewer may review it now.
    pub may_review: bool,
    /// Whether the viewer may revoke it now.
    pub may_revoke: bool,
}

/// `GET /v1/requests`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RequestList {
    /// The newest first.
    pub requests: Vec<RequestView>,
}

/// `POST /v1/requests/{id}/leases`: credentials that only the requester's client can read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct SealedLease {
    /// Counts the leases of this request from 1.
    pub number: u32,
    /// The run that sealed it; part of the associated data. `broker` on a broker.
    pub run: String,
    /// The lease, sealed to the request's recipient key; see `secret::seal`.
    pub sealed: String,
    /// When the credentials stop to work.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub expires: Timestamp,
    /// When the grant ends.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub active_until: Timestamp,
}

/// An error answer (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`, or `urn:jit:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// A word for programs: `unauthenticated`, `forbidden`, `not_found`, `conflict`, `state`, `policy`, `cloud` …
    pub code: String,
    /// What to do about it, when there is something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One line of the audit log. `hash` is SHA-256 over `jit.event.v1` and a zero byte, `previous`, and `body`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct EventView {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What happened, in a word.
    pub word: String,
    /// The request that it is about, if it is about one.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub request: Option<RequestId>,
    /// The canonical bytes (RFC 8785), as they are chained.
    pub body: String,
    /// The hash of the line before; 64 zeros for the first.
    pub previous: String,
    /// The hash of this line, in lower-case hexadecimal.
    pub hash: String,
}

/// `GET /v1/events`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct EventList {
    /// In their order.
    pub events: Vec<EventView>,
}
