//! The source of a running command's next credentials: the grant in this machine's index and at its authority.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::config::Settings;
use crate::deliver::endpoint::LeaseSource;
use crate::deliver::endpoint::RenewError;
use crate::flow::Access;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::Standing;
use crate::flow::asking::extend;
use crate::flow::session::vault::Vault;
use crate::flow::using::end;
use crate::flow::using::obtain;
use crate::grant::AuthorityAddress;
use crate::grant::Lease;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::state::index;
use crate::system::System;

/// One grant that serves a command. It asks and prints nothing, because the terminal belongs to the command.
pub struct Renewal {
    system: System,
    settings: Settings,
    vault: Vault,
    role: Name,
    /// `None` for a direct role, whose session is not renewed.
    request: Option<RequestId>,
    /// The end of a session that is in no index.
    unlisted_until: Option<Timestamp>,
    /// When the last lease expires.
    expires: Mutex<Timestamp>,
}

impl Renewal {
    /// The source for an access.
    pub fn of(client: &Client<'_>, access: &Access) -> Result<Self, Failure> {
        let vault = if access.is_direct() { client.vault_if_any()? } else { client.vault()?.clone() };
        let is_unlisted = access.is_direct() && vault.forgets();
        Ok(Self {
            system: client.system.unattended(),
            settings: client.settings.clone(),
            vault,
            role: access.role.clone(),
            request: access.request.clone(),
            unlisted_until: is_unlisted.then_some(access.until),
            expires: Mutex::new(access.lease.expires),
        })
    }

    /// Updates the index with the authority's view of the grant.
    async fn seen(&self, request: &RequestId) -> Result<(), Failure> {
        let client = Client::resume(&self.system, self.settings.clone(), self.vault.clone());
        let connected = client.connect().await?;
        let view = connected.authority.request(request).await?;
        extend::learn(&client, &Standing::read(view, connected.authority.as_ref())?)
    }

    /// The failure for a grant that has ended. A command never continues with another grant than its own, because that
    /// one may allow more, or less.
    fn over(&self, state: State, request: &RequestId) -> Failure {
        let role = &self.role;
        let failure = Failure::refused(format!("the access to {role} is {}", state.as_str()));
        let authority = self.settings.stated_authority();
        let person = self.settings.login().map(|account| &account.person);
        let entries = index::read(&self.system.files).entries;
        let other = entries.iter().filter(|entry| {
            entry.role == *role
                && entry.is_of(authority.as_deref(), person)
                && entry.id.as_ref() != Some(request)
        });
        match index::by_preference(other, self.system.clock.now()).first().and_then(|other| other.id.as_ref())
        {
            Some(other) => {
                failure.hint(format!("request {other} for {role} is active: start the command again"))
            }
            None => failure.hint(format!("ask for it again with `jit request {role}`")),
        }
    }

    async fn next(&self, request: &RequestId) -> Result<Lease, Failure> {
        let client = Client::resume(&self.system, self.settings.clone(), self.vault.clone());
        let connected = client.connect().await?;
        let view = connected.authority.request(request).await?;
        let standing = Standing::read(view, connected.authority.as_ref())?;
        let state = standing.state_at(client.now());
        if state != State::Active {
            // The authority reported the end. Forgetting the request tells the prompt and all other commands on this
            // machine.
            if state.is_terminal() {
                end::forget(&client, &standing)?;
            }
            return Err(self.over(state, request));
        }
        let before = *self.expires.lock().unwrap_or_else(PoisonError::into_inner);
        let access = obtain::renew(&client, &connected, &standing, before).await?;
        *self.expires.lock().unwrap_or_else(PoisonError::into_inner) = access.lease.expires;
        Ok(access.lease)
    }
}

#[async_trait]
impl LeaseSource for Renewal {
    fn until(&self) -> Option<Timestamp> {
        if self.unlisted_until.is_some() {
            return self.unlisted_until;
        }
        // `jit end` in another terminal removes the grant from the index, and `jit extend` moves its end there.
        let authority = self.request.as_ref().and_then(|_| self.settings.stated_authority());
        let now = self.system.clock.now();
        index::read(&self.system.files)
            .entries
            .iter()
            .find(|entry| entry.role == self.role && entry.id == self.request && entry.is_active(now))
            .filter(|entry| entry.authority == authority)
            .map(|entry| entry.until)
    }

    async fn look(&self) {
        // If nothing is stored, each connection needs a login of its own, so only the renewals check.
        let Some(request) = self.request.as_ref().filter(|_| !self.vault.forgets()) else { return };
        if let Err(failure) = self.seen(request).await {
            tracing::debug!(%failure, "jit cannot see whether the access has ended");
        }
    }

    fn patience(&self) -> Duration {
        // A run on GitHub waits for its runner, and then for two more.
        let on_github = self.settings.address().is_some_and(AuthorityAddress::is_github);
        Duration::from_secs(if on_github { 480 } else { 60 })
    }

    async fn renew(&self) -> Result<Lease, RenewError> {
        let Some(request) = &self.request else {
            let role = &self.role;
            return Err(RenewError::Ended(format!("a session of {role} is not renewed; start it again")));
        };
        self.next(request).await.map_err(|failure| {
            let words = failure.in_one_line();
            if failure.kind == Kind::Refused { RenewError::Ended(words) } else { RenewError::Passing(words) }
        })
    }
}
