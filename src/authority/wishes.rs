//! The authorities that know by themselves who asks and take the wish as it is: nothing is signed for them, and the credentials that
//! they hand out need no opening. A workload on GitHub is one; a cloud's own approval service would be another.

use async_trait::async_trait;
use jiff::Timestamp;

use super::Authority;
use super::AuthorityError;
use crate::grant::Digest;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::span::Span;

/// The content of a request.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The role, by its name or an alias.
    pub role: Name,
    /// Only this scope of it; `None` for the whole role.
    pub scope: Option<Name>,
    /// For how long; `None` for the role's own duration.
    pub duration: Option<Span>,
    /// Why; may be empty.
    pub reason: String,
    /// The earliest start.
    pub start: Option<Timestamp>,
    /// Whether a coding agent asks, by the client's own word.
    pub agent: bool,
}

/// A request, as such an authority tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WishView {
    /// The requester.
    pub who: Name,
    /// The role, by its own name.
    pub role: Name,
    /// The request's id.
    pub id: RequestId,
    /// Its digest.
    pub digest: Digest,
    /// Its pull request; `None` where there are no pull requests.
    pub pull: Option<u64>,
    /// The address at which people see it. Text of others, not sanitised before it is shown.
    pub address: String,
    /// Its state.
    pub state: State,
    /// The requirements that are missing before it is approved, in words. Empty if none is missing.
    pub missing: Vec<String>,
}

/// Credentials that need no opening.
#[derive(Debug, Clone)]
pub struct Handed {
    /// The role, by its own name.
    pub role: Name,
    /// The scope, as requested or as approved. `None` for the whole role.
    pub scope: Option<Name>,
    /// The credentials, checked against the request and by the cloud's own word.
    pub lease: Lease,
    /// When the access ends.
    pub until: Timestamp,
}

/// An authority that takes wishes.
#[async_trait]
pub trait WishAuthority: Authority<Asking = Wish, View = WishView, Credentials = Handed> {
    /// The one role that may be asked for, of those that were named. Asks nobody.
    ///
    /// # Errors
    /// Several were named, or none; or the caller wants to wait for the decision and may not.
    fn to_ask<'a>(&self, roles: &'a [Name], waits: bool) -> Result<&'a Name, AuthorityError>;

    /// The one role that a command may run with, of those that were named. Asks nobody.
    ///
    /// # Errors
    /// Several were named, or none; or the credentials are to be served and renewed, and cannot be.
    fn to_run<'a>(&self, roles: &'a [Name], serves: bool) -> Result<&'a Name, AuthorityError>;

    /// The role that is to be ended, as it was typed. Asks nobody.
    ///
    /// # Errors
    /// It names no role.
    fn to_end(&self, typed: &str) -> Result<Name, AuthorityError>;

    /// The caller's own request for a role: the one whose credentials are meant.
    ///
    /// # Errors
    /// There is none, or it is for another role.
    async fn own(&self, role: &Name) -> Result<RequestId, AuthorityError>;

    /// The caller's own request for a role that is to be ended. Never asks anew.
    ///
    /// # Errors
    /// There is none, or it is for another role.
    async fn open_own(&self, role: &Name) -> Result<RequestId, AuthorityError> {
        self.own(role).await
    }
}
