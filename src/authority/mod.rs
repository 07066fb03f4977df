//! The authorities, which decide requests and hand out credentials, as the client sees them.
//!
//! May use levels 0 to 2, `judgement` and `github`. Invariant: it never sees how credentials are delivered, and it
//! reaches only the address that the user's own configuration names.

pub mod broker;
mod broker_documents;
mod broker_log;
mod broker_page;
mod broker_sign_in;
mod error;
pub mod github;
mod job;
pub mod opening;
mod people;
mod records;
pub mod statements;
pub mod wishes;

use std::time::Duration;

use async_trait::async_trait;

use crate::grant::RequestId;
pub use broker::BrokerClient;
pub use error::AuthorityError;
pub use github::GitHubAuthority;
pub use github::WorkloadAuthority;
pub use job::JobAuthority;
pub use job::JobError;
pub use people::PeopleAuthority;
pub use records::Record;
pub use statements::Listing;
pub use statements::StatementAuthority;
pub use wishes::WishAuthority;

/// The outcome of asking.
#[derive(Debug, Clone)]
pub struct Asked<View> {
    /// The request that is open now.
    pub view: View,
    /// Whether an equal request was open already.
    pub reused: bool,
}

/// An authority: what a broker, a repository and a cloud's own approval service have in common. Reads are repeated when the
/// connection fails; a call that changes something is sent once.
#[async_trait]
pub trait Authority: Send + Sync {
    /// The argument of [`Authority::ask`]: a signed statement, or the wish alone if the authority knows by itself who
    /// asks.
    type Asking: Sync + ?Sized;
    /// The authority's view of a request.
    type View: Send + Sync;
    /// The credentials that it hands out: sealed or open ones.
    type Credentials: Send;

    /// The authority's name, as [`crate::grant::AuthorityAddress`] reads it. Statements carry this name, where it takes them.
    fn url(&self) -> &str;

    /// How long [`Authority::obtain`] may take.
    fn patience(&self) -> Duration;

    /// Makes a request, or finds the equal one that is open.
    async fn ask(&self, asking: &Self::Asking) -> Result<Asked<Self::View>, AuthorityError>;

    /// One request as it stands now.
    async fn request(&self, id: &RequestId) -> Result<Self::View, AuthorityError>;

    /// The request as soon as it is news to a caller who has seen this view of it; `None` when the limit runs out without
    /// news. It tries once: the caller decides how long to go on.
    async fn changed(
        &self,
        id: &RequestId,
        seen: &Self::View,
        limit: Duration,
    ) -> Result<Option<Self::View>, AuthorityError>;

    /// Has credentials minted, and starts the grant if it has not begun. `held` is the number of the credentials that the
    /// caller has already; `None` if it has none.
    async fn obtain(&self, id: &RequestId, held: Option<u32>) -> Result<Self::Credentials, AuthorityError>;

    /// Ends the caller's own grant, or takes the caller's own request back. Without `waits`, an authority that takes longer than
    /// an answer returns as soon as it has accepted: the view then shows the request as it was before.
    async fn end(&self, id: &RequestId, waits: bool) -> Result<Self::View, AuthorityError>;
}
