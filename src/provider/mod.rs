//! Clouds: an approved grant in, credentials out.
//!
//! May use levels 0 and 1, and `issuer`. Invariant: only an authority mints; a JWT never leaves it. One cloud's code is
//! chosen in [`clouds`] and nowhere else.

pub mod aws;
pub mod azure;
pub mod clouds;
mod exchange;
pub mod gcp;
pub mod hcl;
pub mod kubernetes;
mod redact;
mod timing;
pub mod token;
mod token_file;
pub mod tokens;
pub mod trust;
pub mod vault;
mod voucher;
pub mod whose;

use std::net::IpAddr;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::grant::Credentials;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::RequestId;
use crate::grant::ScopeDocument;
use crate::grant::Target;

/// An authority's order to a cloud, after the decision.
#[derive(Debug, Clone)]
pub struct MintOrder {
    /// The target to open.
    pub target: Target,
    /// The role's name in the policy. The JWT's subject is `jit:role:<name>`.
    pub role: Name,
    /// The request's id, with which the session's name starts.
    pub request: RequestId,
    /// The requester.
    pub person: Name,
    /// When the credentials expire: min(role's lease, rest of the grant).
    pub until: Timestamp,
    /// When the grant ends. The session policy denies everything after it.
    pub grant_until: Timestamp,
    /// The limit of the credentials' permissions, if the grant is for a scope of the role.
    pub scope: Option<ScopeDocument>,
    /// The only address that they work from, if the role binds to it.
    pub source: Option<IpAddr>,
}

/// The cloud's answer to an order.
#[derive(Debug, Clone)]
pub struct MintedCredentials {
    /// The credentials.
    pub credentials: Credentials,
    /// When they become useless: the cloud's own expiry or the end of the grant, whichever is sooner.
    pub expires: Timestamp,
}

/// The identity behind credentials, according to the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The place that the credentials open.
    pub place: Place,
    /// The cloud's name for whoever has them: for AWS the ARN of the session or user.
    pub who: String,
}

/// Why a cloud returned no credentials, with a hint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// The error in words, for people.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
    /// Whether a retry may help later.
    pub passing: bool,
}

/// The beginning of every subject.
const SUBJECT: &str = "jit:role:";

/// The subject of every JWT for a role, whatever its cloud. The trust that the cloud has pins this subject exactly.
pub fn subject(role: &Name) -> String {
    format!("{SUBJECT}{role}")
}

/// The subject of the JWT with which the authority takes back what was handed out. No role has it: a role's begins with [`SUBJECT`].
pub const REVOKER: &str = "jit:revoke";

/// Truncates to whole seconds: clouds compare whole seconds, and the lease must not claim a fraction more.
fn whole_seconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_second(instant.as_second()).unwrap_or(instant)
}

/// The error of an order whose grant is over.
fn no_time_left() -> ProviderError {
    ProviderError {
        message: "no time is left of the grant".to_owned(),
        hint: Some("ask for access again with `jit request`".to_owned()),
        passing: false,
    }
}

/// The error of an order whose scope is in the words of another cloud than its target.
fn scope_of_another_cloud() -> ProviderError {
    ProviderError {
        message: "the scope is written for another cloud than the role's".to_owned(),
        hint: Some("tell the broker's administrator".to_owned()),
        passing: false,
    }
}

/// An order to deny in a cloud, or to take back, what was handed out for requests that ended early.
#[derive(Debug, Clone)]
pub struct Deny {
    /// The target that they opened.
    pub target: Target,
    /// The requests, and when the last credentials of each expire. May be empty: then only what has ended is taken out.
    pub requests: Vec<(RequestId, Timestamp)>,
    /// The credentials to take back one by one. Empty if the place denies them instead.
    pub taking: Vec<TakeBack>,
}

/// The credentials that were handed out for one request and are to be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeBack {
    /// The request.
    pub request: RequestId,
    /// The role at the place by which the authority does it.
    pub role: String,
    /// The handles of the credentials that have not expired ([`crate::grant::Credentials::handle`]).
    pub handles: Vec<String>,
}

/// The cloud's answer to an order to deny.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Denying {
    /// When something can be taken out again. `None` if nothing is there.
    pub next_sweep: Option<Timestamp>,
    /// The requests for which there was no room, and the error for people. `None` if there was room for all.
    pub left_out: Option<(Vec<RequestId>, ProviderError)>,
}

/// One cloud.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Mints credentials for an approved, active grant.
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError>;

    /// Denies what was handed out for requests, or takes it back, and takes out the denials of what has ended. Repeating it changes
    /// nothing.
    ///
    /// # Errors
    /// The cloud cannot deny, refuses, or cannot be reached.
    async fn deny(&self, order: &Deny) -> Result<Denying, ProviderError> {
        Err(ProviderError {
            message: format!("{} cannot deny what was handed out", order.target.cloud()),
            hint: Some("take `revoke` out of the role's file".to_owned()),
            passing: false,
        })
    }
}
