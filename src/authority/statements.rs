//! The authorities that take signed statements and hand out credentials sealed to the request's own key: a broker, and a
//! repository. A person's client has reviews, a log and everybody's requests from them besides.

use async_trait::async_trait;

use super::Authority;
use super::AuthorityError;
use super::PeopleAuthority;
use super::Record;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::statement::RequestStatement;
use crate::identity::IdentityError;
use crate::identity::Verified;
use crate::protocol::RequestView;
use crate::protocol::RoleList;
use crate::protocol::RoleView;
use crate::protocol::SealedLease;
use crate::protocol::Session;

/// The lists of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// The viewer's own requests.
    Mine,
    /// The requests that wait for the viewer's review.
    Inbox,
    /// Every request that the viewer may see.
    All,
    /// Everybody's open requests, as far as the viewer may revoke them or is an auditor.
    Open,
}

impl Listing {
    /// The word in the URL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Inbox => "inbox",
            Self::All => "all",
            Self::Open => "open",
        }
    }
}

/// An authority that takes statements. [`Authority::obtain`] has checked who sealed the lease: its `run` is one that this
/// authority answers for.
#[async_trait]
pub trait StatementAuthority:
    Authority<Asking = Signed, View = RequestView, Credentials = SealedLease>
{
    /// Reads a request's statement and checks who made it. The key is `None` where a workload asked, and this client has
    /// verified its token with the keys of the token's issuer.
    ///
    /// # Errors
    /// It is no request to this authority, or nothing proves who made it.
    fn open_asking(&self, signed: &Signed) -> Result<(RequestStatement, Option<Verified>), IdentityError>;

    /// Fails where this authority has no break-glass for a role, whatever the policy says.
    ///
    /// # Errors
    /// There is none here; the error says why.
    fn check_break_glass(&self, role: &Name) -> Result<(), AuthorityError>;

    /// The owner of the current session.
    async fn session(&self) -> Result<Session, AuthorityError>;

    /// Ends the current session.
    async fn logout(&self) -> Result<(), AuthorityError>;

    /// The roles that the viewer may ask for or review, in name order.
    async fn roles(&self) -> Result<RoleList, AuthorityError>;

    /// One role, by its name or an alias.
    async fn role(&self, name: &Name) -> Result<RoleView, AuthorityError>;

    /// The requests of a list, newest first.
    async fn requests(&self, listing: Listing) -> Result<Vec<RequestView>, AuthorityError>;

    /// Submits a review.
    async fn review(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError>;

    /// Has an approved extension take effect, where that does not happen by itself.
    async fn take_effect(&self, id: &RequestId) -> Result<(), AuthorityError>;

    /// Tells the authority that the caller has opened, checked and stored a lease. The authority may remove the sealed copy.
    async fn received(&self, id: &RequestId, sealed: &SealedLease) -> Result<(), AuthorityError>;

    /// Revokes a person's access.
    async fn revoke(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError>;

    /// The part of this authority that knows people by their sign-ins.
    ///
    /// # Errors
    /// It has none: every person is listed in its policy.
    fn people(&self) -> Result<&dyn PeopleAuthority, AuthorityError> {
        Err(AuthorityError::no_sign_in())
    }

    /// The log after this event. Each event was found to follow the one before.
    async fn records(&self, after: u64) -> Result<Vec<Record>, AuthorityError>;
}
