//! The ways to log in to a broker, and the enrolment of a key by the token of an identity provider.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::PolicyView;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::secret::Secret;

/// `GET /v1/login/ways`: how people can log in to this broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct LoginWays {
    /// The broker's own URL. A client compares it with its own configuration and never adopts it.
    pub authority: String,
    /// The broker's clock.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub time: Timestamp,
    /// Each way, the best one for most people first.
    pub ways: Vec<LoginWay>,
}

/// One way to log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum LoginWay {
    /// With the account at an identity provider (OpenID Connect). The client talks to the provider itself.
    Oidc(OidcWay),
    /// With the account on GitHub. The broker runs GitHub's device flow (RFC 8628) itself.
    GitHub,
    /// With an SSH key that the policy lists.
    Ssh,
    /// A way that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The parameters of a sign-in at an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct OidcWay {
    /// The issuer, compared exactly.
    pub issuer: String,
    /// The public client that `jit` is registered as.
    pub client_id: String,
    /// The scopes to ask for, `openid` among them.
    pub scopes: Vec<String>,
    /// The host of the loopback redirect: `127.0.0.1`, or `localhost` for providers that accept only the name.
    pub redirect_host: String,
    /// The port of the loopback redirect, for providers that compare it. Any free port if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_port: Option<u16>,
    /// The "secret" that some providers demand of installed applications, although it cannot be secret (Google,
    /// "OAuth 2.0 for Mobile & Desktop Apps").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_secret: Option<String>,
}

/// `POST /v1/login/enrol`: proves that a person of the identity provider enrols a key. The token's `nonce` is the SHA-256,
/// in base64url without padding, of the canonical JSON (RFC 8785) of `authority`, `key` and `random`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrolCall {
    /// The ID token, as the provider issued it (JWS compact).
    pub token: String,
    /// The public key as one OpenSSH line without comment.
    pub key: String,
    /// The random text in the nonce: 32 bytes, base64url without padding.
    pub random: String,
    /// Whether the key is the person's own and stays enrolled. A session key expires with its session.
    pub lasting: bool,
}

/// The answer to [`EnrolCall`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct EnrolAnswer {
    /// The person's name in the policy, for the login statement.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub person: Name,
    /// The person's label.
    pub label: String,
    /// The fingerprint of the enrolled key, `SHA256:…`.
    pub key: String,
    /// The assurance of statements signed with it: `account` until the key is confirmed.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub worth: Assurance,
    /// When the enrolment expires. `None` if the key stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
}

/// The identity provider's part in a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct ProviderView {
    /// The issuer of the person's tokens.
    pub issuer: String,
    /// The assurance of statements signed with the session's key.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub worth: Assurance,
    /// When a token last proved the person and their groups to the broker.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub proved: Timestamp,
    /// Whether the newest token left the person's groups open, so that nothing rests on them.
    #[serde(default)]
    pub groups_unknown: bool,
}

/// `POST /v1/session/groups`: a newer ID token of the session's person, whose groups the broker reads again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GroupsCall {
    /// The ID token, as the provider issued it (JWS compact).
    pub token: String,
}

/// `GET /v1/keys`: the enrolled keys of the caller, and those that the caller may vouch for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct KeyList {
    /// The keys, oldest first.
    pub keys: Vec<KeyView>,
}

/// A key that a sign-in enrolled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct KeyView {
    /// Its owner.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub person: Name,
    /// The owner's label.
    pub label: String,
    /// `SHA256:…`
    pub key: String,
    /// The key as one OpenSSH line.
    pub line: String,
    /// When the enrolment expires. `None` if the key stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "broker", schema(value_type = Option<String>, format = DateTime))]
    pub until: Option<Timestamp>,
    /// The assurance of statements signed with it.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub worth: Assurance,
    /// Whether a signature of the caller's could make it worth more.
    pub may_confirm: bool,
}

/// `POST /v1/keys/drop`: an enrolled key of the caller's that no longer counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DropCall {
    /// `SHA256:…`
    pub key: String,
}

/// `POST /v1/people/remove`: the consequences of ending everything of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct Removal {
    /// The person.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub person: Name,
    /// How many sessions ended.
    pub sessions: usize,
    /// How many enrolled keys no longer count.
    pub keys: usize,
    /// The requests and grants that ended.
    #[cfg_attr(feature = "broker", schema(value_type = Vec<String>))]
    pub requests: Vec<RequestId>,
}

/// `POST /v1/login/github`: starts a sign-in with the account on GitHub, which enrols this key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GitHubCall {
    /// The public key as one OpenSSH line without comment.
    pub key: String,
    /// Whether the key is the person's own and stays enrolled. A session key expires with its session.
    pub lasting: bool,
}

/// The answer to [`GitHubCall`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct GitHubStart {
    /// The secret name of this sign-in, for `POST /v1/login/github/poll`.
    #[serde(serialize_with = "super::expose_one")]
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub handle: Secret<String>,
    /// The code that the person types on GitHub's page.
    pub user_code: String,
    /// The address of that page.
    pub address: String,
    /// How long the code is valid, in seconds.
    pub valid: u64,
    /// The pause between two polls, in seconds.
    pub interval: u64,
}

/// `POST /v1/login/github/poll`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GitHubPoll {
    /// The secret name of the sign-in.
    #[serde(serialize_with = "super::expose_one")]
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub handle: Secret<String>,
}

/// The answer to [`GitHubPoll`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct GitHubProgress {
    /// The enrolled key. `None` while the person has not decided.
    pub enrolled: Option<EnrolAnswer>,
    /// The pause before the next poll, in seconds.
    pub interval: u64,
}

/// `POST /v1/login/workload`: the token of a job, which enters once, and the key that signs for the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WorkloadCall {
    /// The job's ID token (JWS compact), whose audience is this broker's address.
    pub token: String,
    /// The public key as one OpenSSH line without comment.
    pub key: String,
}

/// The answer to [`WorkloadCall`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct WorkloadSession {
    /// The bearer token.
    #[serde(serialize_with = "super::expose_one")]
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub token: Secret<String>,
    /// The workload's name in the policy.
    #[cfg_attr(feature = "broker", schema(value_type = String))]
    pub workload: Name,
    /// The facts of the job, for its request.
    pub job: String,
    /// When the session and the key expire.
    #[cfg_attr(feature = "broker", schema(value_type = String, format = DateTime))]
    pub expires: Timestamp,
    /// The policy in force.
    pub policy: PolicyView,
}

/// `POST /v1/requests/{id}/leases`: the body may be absent for a person's request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
pub struct LeaseCall {
    /// The signed statement that names the key to seal to. For a workload's request only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Signed>,
}
