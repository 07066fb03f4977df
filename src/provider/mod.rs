//! Clouds: an approved grant in, credentials out. And the issuer's keys, which clouds trust.
//!
//! May use `secret`, `system`, `grant`. Invariant: only an authority mints; a JWT never leaves it. One cloud's code is chosen in
//! [`clouds`] and nowhere else.

pub mod aws;
pub mod clouds;
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

/// What an authority orders from a cloud, after it decided.
#[derive(Debug, Clone)]
pub struct MintOrder {
    /// What to open.
    pub target: Target,
    /// The role's name in the policy; the JWT's subject is `jit:role:<name>`.
    pub role: Name,
    /// Whose request; the session's name starts with it.
    pub request: RequestId,
    /// Who asked.
    pub person: Name,
    /// When the credentials are to end: min(role's lease, rest of the grant).
    pub until: Timestamp,
    /// When the grant ends; the session policy denies everything after it.
    pub grant_until: Timestamp,
    /// What the credentials may do at most, where the grant is for a scope of the role.
    pub scope: Option<ScopeDocument>,
    /// The only address that they work from, where the role binds to it.
    pub source: Option<IpAddr>,
}

/// What a cloud gave.
#[derive(Debug, Clone)]
pub struct MintedCredentials {
    /// The credentials.
    pub credentials: Credentials,
    /// When they stop to be of use: the cloud's own expiry or the end of the grant, whichever is sooner.
    pub expires: Timestamp,
}

/// Who credentials belong to, by the cloud's own word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Where they open something.
    pub place: Place,
    /// The cloud's name for whoever has them: for AWS the ARN of the session or user.
    pub who: String,
}

/// Why a cloud gave nothing, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ProviderError {
    /// What happened, for people.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether asking again later may help.
    pub passing: bool,
}

/// The subject of every JWT for a role, whatever its cloud; what the cloud trusts pins it exactly.
pub fn subject(role: &Name) -> String {
    format!("jit:role:{role}")
}

/// One cloud.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Mints credentials for an approved, active grant.
    async fn mint(&self, order: &MintOrder) -> Result<MintedCredentials, ProviderError>;
}
