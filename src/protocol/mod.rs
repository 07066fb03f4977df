//! Version 1 of the JSON between client and broker.
//!
//! May use `secret` and `grant`. Invariant: members are only ever added, and a client ignores unknown members.

mod denied;
mod joining;
mod page;
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
pub use denied::DeniedView;
pub use joining::DropCall;
pub use joining::EnrolAnswer;
pub use joining::EnrolCall;
pub use joining::GitHubCall;
pub use joining::GitHubPoll;
pub use joining::GitHubProgress;
pub use joining::GitHubStart;
pub use joining::GroupsCall;
pub use joining::KeyList;
pub use joining::KeyView;
pub use joining::LeaseCall;
pub use joining::LoginWay;
pub use joining::LoginWays;
pub use joining::OidcWay;
pub use joining::ProviderView;
pub use joining::Removal;
pub use joining::WorkloadCall;
pub use joining::WorkloadSession;
pub use page::PageAnswer;
pub use page::PageBrowser;
pub use page::PageCode;
pub use page::PageEntry;
pub use roles::BreakGlassView;
pub use roles::ExtendView;
pub use roles::NewerRole;
pub use roles::ReasonWanted;
pub use roles::RoleList;
pub use roles::RoleView;
pub use roles::ScopeView;

/// `POST /v1/login/challenge`: the challenge that a login statement must answer, once, within two minutes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// The random text to include in the statement.
    pub challenge: String,
    /// The broker's own URL. A client compares it with its own configuration and never adopts it.
    pub authority: String,
    /// The broker's clock.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub time: Timestamp,
}

/// `POST /v1/login`: a session. `GET /v1/session` returns the same without the token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Session {
    /// The bearer token. Present only in the answer to a login.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "expose")]
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub token: Option<Secret<String>>,
    /// The session's owner.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub person: Name,
    /// The person's label in the policy.
    pub label: String,
    /// The SHA-256 fingerprint of the key that logged in, `SHA256:…`.
    pub key: String,
    /// When the session expires.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub expires: Timestamp,
    /// The person's groups in the policy.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub groups: Vec<Name>,
    /// The policy in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyView>,
    /// The identity provider that proved the person. `None` for a key that the policy lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<ProviderView>,
}

/// The policy in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct PolicyView {
    /// Its revision.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub revision: Digest,
    /// The commit of the policy, if it comes from a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

fn expose_one<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.expose().serialize(serializer)
}

fn expose<S: Serializer>(token: &Option<Secret<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(Secret::expose).serialize(serializer)
}

/// Part of a rule that the reviews do not satisfy yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct MissingView {
    /// The needed reviews: `1 of group:security`.
    pub demand: String,
    /// The people who could give it.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub could_help: Vec<Name>,
}

/// One review.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ReviewView {
    /// The reviewer.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub by: Name,
    /// Approve or deny.
    #[cfg_attr(feature = "broker", schema(value_type = String, pattern = "^(approve|deny)$"))]
    pub verdict: Verdict,
    /// When the broker recorded it.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The signed bytes, which the client verifies and shows.
    pub signed: Signed,
}

/// The notice to one place, delivered or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct NoticeView {
    /// The place's label. Never its address, which may contain a secret.
    pub to: String,
    /// The kind of notice: `request`, `reminder`, `escalation`, `decision` or `break_glass`, and to the requester also
    /// `decided`, `expiring` or `ended`.
    pub about: String,
    /// Whether it was delivered.
    pub delivered: bool,
    /// Why it was not delivered.
    pub problem: Option<String>,
    /// Whether the broker will try again after this problem.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tries_again: bool,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ClosingView {
    /// When it ended.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The person who ended it. `None` if a clock or the policy did.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub by: Option<Name>,
    /// The reason given.
    pub why: String,
}

/// The grant that a request extends.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ExtendsView {
    /// The first request.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub id: RequestId,
    /// When its grant ends without this request. `null` once it has ended.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
}

/// An extension of the grant that is shown.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ExtensionView {
    /// The id of the extension request.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub id: RequestId,
    /// When the grant ends with it. `null` while it is pending.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
    /// The canonical bytes and the requester's signature.
    pub signed: Signed,
}

/// A request. Reviewers' clients render it from `signed`, not from the other members.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RequestView {
    /// The person whose agent asks, by the policy. Absent for anybody else.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_of: Option<Name>,
    /// The id that people type.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub id: RequestId,
    /// The SHA-256 of the canonical bytes.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub digest: Digest,
    /// Grows with every change. Pass it as `after` to wait for the next change.
    pub version: u64,
    /// Its state.
    pub state: State,
    /// The canonical bytes and the requester's signature.
    pub signed: Signed,
    /// When the request expires undecided.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub pending_until: Timestamp,
    /// When an unused approval expires.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub unused_until: Option<Timestamp>,
    /// How long the grant lasts once it begins. Set by the approval.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub approved_duration: Option<Span>,
    /// The people who approved it. Empty if no review was needed.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub approved_by: Vec<Name>,
    /// The scope that it was approved for. Absent for the whole role.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_scope: Option<Name>,
    /// The SHA-256 of that scope's document. Absent for the whole role, and from brokers of earlier versions.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_scope_document: Option<Digest>,
    /// When the grant ends.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub active_until: Option<Timestamp>,
    /// When the last issued credentials expire, if that is in the future.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub credentials_until: Option<Timestamp>,
    /// What is known of the denial of those credentials in their cloud, or of their revocation. Absent while access lasts, and if the
    /// role ends nothing early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<DenialView>,
    /// The role's rule in words.
    pub approval: String,
    /// The missing reviews. Once approved, only the later review of a break-glass.
    pub missing: Vec<MissingView>,
    /// The latest review of each person.
    pub reviews: Vec<ReviewView>,
    /// The later review of a break-glass.
    #[serde(default)]
    pub acknowledged: Option<ReviewView>,
    /// The notices that were sent.
    pub notices: Vec<NoticeView>,
    /// The newest denial within the last 24 hours of a request for the same role and scope.
    pub denied_before: Option<DeniedView>,
    /// The grant that it extends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<ExtendsView>,
    /// The extensions of its grant, in order, and the pending one.
    #[serde(default)]
    pub extensions: Vec<ExtensionView>,
    /// How the request ended.
    pub closing: Option<ClosingView>,
    /// Why nobody can approve it as it is, so that a new request is needed.
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

/// Whether a cloud denies what was handed out for a request that ended early, or has taken it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct DenialView {
    /// How far it is.
    pub state: DenialState,
    /// Why it failed. The broker tries again until the credentials expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// How far a denial is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DenialState {
    /// It has not been tried yet.
    Waiting,
    /// The cloud has it. A denial takes effect within minutes; what was taken back is worth nothing at once.
    Denied,
    /// It could not be done.
    Failed,
}

/// `GET /v1/requests`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct RequestList {
    /// The requests, newest first.
    pub requests: Vec<RequestView>,
}

/// `POST /v1/requests/{id}/leases`: credentials that only the requester's client can read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct SealedLease {
    /// The lease's number, counted from 1 for each request.
    pub number: u32,
    /// The run that sealed it, which is part of the associated data. `broker` for a broker.
    pub run: String,
    /// The lease, sealed to the request's recipient key; see `secret::seal`.
    pub sealed: String,
    /// When the credentials expire.
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
    /// The title of this kind of problem.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The details of this occurrence.
    pub detail: String,
    /// A code for programs: `unauthenticated`, `forbidden`, `not_found`, `conflict`, `state`, `policy`, `cloud` …
    pub code: String,
    /// How to solve it, if there is a way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// One line of the audit log. `hash` is SHA-256 over `jit.event.v1` and a zero byte, `previous`, and `body`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct EventView {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    /// When it happened.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// The kind of event.
    pub word: String,
    /// The request that it is about. `None` if it is about none.
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub request: Option<RequestId>,
    /// The owner of the agent whose request this is, by the policy in force. Absent from every other event, and from older brokers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>))]
    pub agent_of: Option<Name>,
    /// The canonical bytes (RFC 8785), as the chain holds them.
    pub body: String,
    /// The hash of the previous event. 64 zeros for the first event.
    pub previous: String,
    /// This event's hash, in lower-case hexadecimal.
    pub hash: String,
}

/// `GET /v1/events`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct EventList {
    /// The events, in order.
    pub events: Vec<EventView>,
}
