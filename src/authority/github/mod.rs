//! A GitHub repository as the authority, as one person's client sees it: a request is a pull request, a review is a
//! review, and a run of `jit.yml` writes what only the log can hold.
//!
//! Invariant: the client derives every view from bytes, numeric ids and the log, with the code that decides in CI. It
//! trusts no text written on GitHub.

mod asking;
mod journal;
mod leasing;
pub mod memory;
pub mod pickup;
mod reading;
mod records;
mod reviewing;
mod roles;
pub mod run_error;
pub mod runs;
mod signing_in;
mod stopping;
mod viewing;
mod watching;
mod words;
pub mod workload;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::Asked;
use super::Authority;
use super::AuthorityError;
use super::Listing;
use super::Record;
use super::StatementAuthority;
use crate::github;
use crate::github::GitHub;
use crate::github::api::Slug;
use crate::github::known::Known;
use crate::github::objects::Objects;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::RequestStatement;
use crate::identity;
use crate::identity::IdentityError;
use crate::identity::Verified;
use crate::judgement::facts::Sources;
use crate::protocol::RequestView;
use crate::protocol::RoleList;
use crate::protocol::RoleView;
use crate::protocol::SealedLease;
use crate::protocol::Session;
use crate::secret::Secret;
use crate::system::System;
pub use reading::Reading;
pub use signing_in::Identified;
pub use signing_in::identify;
use watching::Watched;
pub use workload::WorkloadAuthority;

/// The repository that decides, and the person who asks.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The address of GitHub's API.
    pub api: String,
    /// The repository's name, from the settings.
    pub slug: Slug,
    /// Its numeric id, as the login found it. A different repository that has taken the name since is another
    /// authority.
    pub repository: u64,
    /// The person's name in the policy.
    pub person: Name,
    /// The fingerprint of the person's signing key.
    pub key: String,
}

/// A GitHub repository, as one person's client sees it.
pub struct GitHubAuthority {
    /// The outside world.
    system: System,
    /// The API client, with the person's token.
    github: GitHub,
    /// The repository and the person.
    seat: Seat,
    /// `github:<repository id>`.
    url: String,
    /// The last view of the request that the person waits for.
    watched: Mutex<Option<Watched>>,
    /// The sources of facts for conditions. A run asks them itself.
    facts: Arc<Sources>,
    /// The cache of objects that cannot change.
    known: Arc<Known>,
    /// The copy of the repository that git keeps on this machine. `None` if it can have no place.
    objects: Option<Arc<Objects>>,
}

impl GitHubAuthority {
    /// Makes an authority without any call to it.
    ///
    /// # Errors
    /// The address is not that of an API.
    pub fn new(system: &System, seat: Seat, token: Secret<String>) -> Result<Self, AuthorityError> {
        let github = GitHub::new(&seat.api, seat.slug.clone(), token, system)?;
        let url = github::authority(seat.repository);
        let kept = system.files.state.join(format!("policy-{}", seat.repository));
        let copy = system.files.state.join(format!("copy-{}.git", seat.repository));
        let objects = Objects::kept(system, &github, &copy);
        Ok(Self {
            system: system.clone(),
            github,
            seat,
            url,
            known: Arc::new(Known::in_folder(kept)),
            objects,
            watched: Mutex::default(),
            facts: Arc::new(Sources::open()),
        })
    }

    fn now(&self) -> Timestamp {
        self.system.clock.now()
    }
}

#[async_trait]
impl Authority for GitHubAuthority {
    type Asking = Signed;
    type View = RequestView;
    type Credentials = SealedLease;

    fn url(&self) -> &str {
        &self.url
    }

    fn patience(&self) -> Duration {
        runs::PATIENCE
    }

    async fn ask(&self, signed: &Signed) -> Result<Asked<RequestView>, AuthorityError> {
        self.open_request(signed).await
    }

    async fn request(&self, id: &RequestId) -> Result<RequestView, AuthorityError> {
        let reading = self.read(id).await?;
        Ok(self.view(&reading))
    }

    async fn changed(
        &self,
        id: &RequestId,
        seen: &RequestView,
        limit: Duration,
    ) -> Result<Option<RequestView>, AuthorityError> {
        let view = self.watch(id, seen.version, limit).await?;
        // Here a version is a hash of what a view shows, and not a counter.
        Ok((view.version != seen.version).then_some(view))
    }

    async fn obtain(&self, id: &RequestId, held: Option<u32>) -> Result<SealedLease, AuthorityError> {
        self.have_minted(id, held).await
    }

    async fn end(&self, id: &RequestId, waits: bool) -> Result<RequestView, AuthorityError> {
        self.have_ended(id, waits).await
    }
}

#[async_trait]
impl StatementAuthority for GitHubAuthority {
    fn open_asking(&self, signed: &Signed) -> Result<(RequestStatement, Option<Verified>), IdentityError> {
        // A workload's token was verified, as a run does it, when the request was read: every view comes from a [`Reading`].
        if let Ok(Statement::Request(asked)) = Statement::parse(signed.statement.as_bytes())
            && asked.workload.is_some()
            && asked.header.authority == self.url
        {
            return Ok((*asked, None));
        }
        let (asked, signer) = identity::statement::open_asking(signed, &self.url)?;
        Ok((asked, Some(signer)))
    }

    fn check_break_glass(&self, role: &Name) -> Result<(), AuthorityError> {
        Err(asking::no_emergency(role))
    }

    async fn session(&self) -> Result<Session, AuthorityError> {
        self.whose_session().await
    }

    async fn logout(&self) -> Result<(), AuthorityError> {
        // The token comes from gh, the environment or the keychain. GitHub has no session to end.
        Ok(())
    }

    async fn roles(&self) -> Result<RoleList, AuthorityError> {
        self.list_roles().await
    }

    async fn role(&self, name: &Name) -> Result<RoleView, AuthorityError> {
        self.find_role(name).await
    }

    async fn requests(&self, listing: Listing) -> Result<Vec<RequestView>, AuthorityError> {
        self.list_requests(listing).await
    }

    async fn review(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError> {
        self.give_review(id, signed).await
    }

    async fn take_effect(&self, id: &RequestId) -> Result<(), AuthorityError> {
        self.have_extended(id).await.map(|_| ())
    }

    async fn received(&self, id: &RequestId, sealed: &SealedLease) -> Result<(), AuthorityError> {
        self.clear_away(id, sealed).await
    }

    async fn revoke(&self, id: &RequestId, signed: &Signed) -> Result<RequestView, AuthorityError> {
        self.have_revoked(id, signed).await
    }

    async fn records(&self, after: u64) -> Result<Vec<Record>, AuthorityError> {
        self.read_log(after).await
    }
}
