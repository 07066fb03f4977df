//! What decides requests and mints, seen from the client.
//!
//! May use levels 0 to 2, `judgement` and `forge`. Invariant: it never sees how credentials are delivered, and it reaches
//! only the address that the user's own configuration names.

pub mod broker;
mod broker_log;
mod error;
pub mod github;
mod records;

use std::time::Duration;

use async_trait::async_trait;

use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::protocol::RequestView;
use crate::protocol::RoleView;
use crate::protocol::SealedLease;
use crate::protocol::Session;
pub use broker::BrokerClient;
pub use error::AuthorityError;
pub use github::GitHubAuthority;
pub use records::Record;

/// Which requests to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    /// Those that the viewer made.
    Mine,
    /// Those that wait for the viewer's review.
    Inbox,
    /// Everything that the viewer may see.
    All,
    /// Everybody's that has not come to its end, as far as the viewer may take it away or audits.
    Open,
}

impl Listing {
    /// The word in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Inbox => "inbox",
            Self::All => "all",
            Self::Open => "open",
        }
    }
}

/// Whether asking made a new request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request that now stands.
    pub view: RequestView,
    /// Whether an equal one stood already.
    pub reused: bool,
}

/// An authority. Reads are repeated when the connection fails; what changes something is sent once.
#[async_trait]
pub trait Authority: Send + Sync {
    /// What statements call it: a broker's address, or `github:` and the repository's numeric id.
    fn url(&self) -> &str;

    /// Whether this client itself verifies, by the keys of their issuer, the tokens of workloads whose requests it hands out.
    fn proves_workloads(&self) -> bool {
        false
    }

    /// Whether one view of a request says something that another one of the same request, seen before, did not.
    fn is_news(&self, before: &RequestView, after: &RequestView) -> bool {
        after.version > before.version
    }

    /// Why nobody has an emergency way into a role here, whatever the policy says; nothing where there may be one.
    fn lacks_emergencies(&self, _role: &Name) -> Option<AuthorityError> {
        None
    }

    /// Who the session in use belongs to.
    async fn session(&self) -> Result<Session, AuthorityError>;

    /// Ends the session in use.
    async fn logout(&self) -> Result<(), AuthorityError>;

    /// The roles that the viewer may ask for or review, in name order.
    async fn roles(&self) -> Result<Vec<RoleView>, AuthorityError>;

    /// One role, by its name or an alias.
    async fn role(&self, name: &Name) -> Result<RoleView, AuthorityError>;

    /// Makes a request, or finds the equal one that stands.
    async fn ask(&self, signed: &Signed) -> Result<Asked, AuthorityError>;

    /// Requests, the newest first.
    async fn requests(&self, listing: Listing) -> Result<Vec<RequestView>, AuthorityError>;

    /// One request as it stands.
    async fn request(&self, id: &RequestId) -> Result<RequestView, AuthorityError>;

    /// One request as soon as its version is past `after` (or another one, where versions count nothing), or as it stands when
    /// the limit runs out. Not repeated by itself: whoever waits decides how long to go on.
    async fn changed(
        &self,
        id: &RequestId,
        after: u64,
        limit: Duration,
    ) -> Result<RequestView, AuthorityError>;

    /// Gives a review.
    async fn review(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError>;

    /// Has credentials minted; starts the grant when it has not begun. Whatever says who sealed them was checked: the `run` that
    /// comes back is one that this authority answers for. `held` is the number of the credentials that are here already.
    async fn lease(&self, id: &RequestId, held: Option<u32>) -> Result<SealedLease, AuthorityError>;

    /// How long [`Authority::lease`] may take.
    fn patience(&self) -> Duration {
        Duration::from_secs(25)
    }

    /// Has more time that was approved take effect, where that does not happen by itself.
    async fn take_effect(&self, _id: &RequestId) -> Result<(), AuthorityError> {
        Ok(())
    }

    /// Told that credentials were opened, checked and stored: what was left for picking them up may go.
    async fn received(&self, _id: &RequestId, _sealed: &SealedLease) -> Result<(), AuthorityError> {
        Ok(())
    }

    /// Ends one's own grant, or takes one's own request back.
    async fn end(&self, id: &RequestId) -> Result<RequestView, AuthorityError>;

    /// Ends somebody's access.
    async fn revoke(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError>;

    /// The log after this event, each event found to follow the one before.
    async fn records(&self, after: u64) -> Result<Vec<Record>, AuthorityError>;
}
