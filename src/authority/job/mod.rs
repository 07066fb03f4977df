//! A job that asks a broker as a workload. Its own ID token says who it is, a key of its own signs for as long as the process
//! runs, and nothing is stored: a later step of the same run comes in anew and takes what was approved for the run.

mod asking;
mod entering;
mod error;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::OnceCell;

use super::Asked;
use super::Authority;
use super::AuthorityError;
use super::BrokerClient;
use super::Listing;
use super::StatementAuthority;
use super::wishes::Handed;
use super::wishes::Wish;
use super::wishes::WishAuthority;
use super::wishes::WishView;
use crate::config::inputs;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::protocol::RequestView;
use crate::system::System;
use entering::Entered;
pub use error::JobError;

/// How long `jit exec` in a job waits for a decision, one round of waiting after the other.
const ROUND: Duration = Duration::from_secs(50);

/// A broker, seen from a job.
pub struct JobAuthority {
    system: System,
    url: String,
    entered: OnceCell<Entered>,
}

impl JobAuthority {
    /// The broker that this process asks as a workload. `None` if this process is no job that names one. Asks nobody.
    pub fn of_job(system: &System) -> Option<Self> {
        let url = system.environment.get(inputs::BROKER.name)?.to_owned();
        Some(Self { system: system.clone(), url, entered: OnceCell::new() })
    }

    async fn entered(&self) -> Result<&Entered, AuthorityError> {
        self.entered.get_or_try_init(|| entering::enter(&self.system)).await
    }

    /// The run's own open request for a role, by any of the role's names.
    async fn open(&self, role: &Name) -> Result<Option<RequestView>, AuthorityError> {
        let entered = self.entered().await?;
        let name = entered.broker.role(role).await?.name;
        let own = entered.broker.requests(Listing::Mine).await?;
        let is_meant = |view: &RequestView| {
            !view.state.is_terminal()
                && asking::statement(view)
                    .is_some_and(|asked| asked.role == name && asked.job.as_ref() == Some(&entered.job))
        };
        Ok(own.into_iter().find(is_meant))
    }

    fn view(&self, view: &RequestView) -> Result<WishView, AuthorityError> {
        let asked = asking::statement(view).ok_or_else(|| JobError::Unreadable(view.id.clone()))?;
        Ok(WishView {
            who: asked.header.who,
            role: asked.role,
            id: view.id.clone(),
            digest: view.digest,
            pull: None,
            address: format!("{}/v1/requests/{}", self.url, view.id),
            state: view.state,
            missing: view.missing.iter().map(|missing| missing.demand.clone()).collect(),
        })
    }
}

/// The broker's word that a request is open already. This run's own was looked for before, so it is another run's.
fn held(error: AuthorityError, role: &Name) -> AuthorityError {
    match error.code() {
        Some("conflict") => JobError::Held { role: role.clone(), cause: error.to_string() }.into(),
        _ => error,
    }
}

#[async_trait]
impl Authority for JobAuthority {
    type Asking = Wish;
    type View = WishView;
    type Credentials = Handed;

    fn url(&self) -> &str {
        &self.url
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(25)
    }

    async fn ask(&self, wish: &Wish) -> Result<Asked<WishView>, AuthorityError> {
        if let Some(open) = self.open(&wish.role).await? {
            return Ok(Asked { view: self.view(&open)?, reused: true });
        }
        let asked = asking::ask(&self.system, self.entered().await?, wish).await;
        let asked = asked.map_err(|error| held(error, &wish.role))?;
        Ok(Asked { view: self.view(&asked.view)?, reused: asked.reused })
    }

    async fn request(&self, id: &RequestId) -> Result<WishView, AuthorityError> {
        self.view(&Authority::request(&self.entered().await?.broker, id).await?)
    }

    async fn changed(
        &self,
        id: &RequestId,
        seen: &WishView,
        limit: Duration,
    ) -> Result<Option<WishView>, AuthorityError> {
        let broker: &BrokerClient = &self.entered().await?.broker;
        let before = Authority::request(broker, id).await?;
        let view = self.view(&before)?;
        if (view.state, &view.missing) != (seen.state, &seen.missing) {
            return Ok(Some(view));
        }
        broker.changed(id, &before, limit).await?.map(|view| self.view(&view)).transpose()
    }

    /// Waits until the request is decided, and takes the credentials.
    async fn obtain(&self, id: &RequestId, _held: Option<u32>) -> Result<Handed, AuthorityError> {
        let entered = self.entered().await?;
        let mut view = Authority::request(&entered.broker, id).await?;
        if view.state == State::Pending {
            let missing: Vec<&str> = view.missing.iter().map(|missing| missing.demand.as_str()).collect();
            let waits =
                format!("request {id} waits for {}", crate::grant::text::sanitise(&missing.join(", ")));
            self.system.console.say(&format!("note: {waits}"));
        }
        while view.state == State::Pending {
            if let Some(newer) = entered.broker.changed(id, &view, ROUND).await? {
                view = newer;
            }
        }
        asking::take(&self.system, entered, &view).await
    }

    async fn end(&self, id: &RequestId, waits: bool) -> Result<WishView, AuthorityError> {
        self.view(&self.entered().await?.broker.end(id, waits).await?)
    }
}

#[async_trait]
impl WishAuthority for JobAuthority {
    fn to_ask<'a>(&self, roles: &'a [Name], _waits: bool) -> Result<&'a Name, AuthorityError> {
        let [role] = roles else { return Err(JobError::One("asks for").into()) };
        Ok(role)
    }

    fn to_run<'a>(&self, roles: &'a [Name], serves: bool) -> Result<&'a Name, AuthorityError> {
        let [role] = roles else { return Err(JobError::One("runs with").into()) };
        if serves {
            return Err(JobError::Serves.into());
        }
        Ok(role)
    }

    fn to_end(&self, typed: &str) -> Result<Name, AuthorityError> {
        typed.parse().map_err(|error| JobError::NoName(error).into())
    }

    /// The run's own request: the one that an earlier step made, else a new one, without a reason.
    async fn own(&self, role: &Name) -> Result<RequestId, AuthorityError> {
        if let Some(open) = self.open(role).await? {
            return Ok(open.id);
        }
        let wish = Wish {
            role: role.clone(),
            scope: None,
            duration: None,
            reason: String::new(),
            start: None,
            agent: false,
        };
        let asked = asking::ask(&self.system, self.entered().await?, &wish).await;
        let asked = asked.map_err(|error| match error.code() {
            Some("policy") => JobError::NotAsked { role: role.clone(), cause: error.to_string() }.into(),
            _ => held(error, role),
        })?;
        Ok(asked.view.id)
    }

    async fn open_own(&self, role: &Name) -> Result<RequestId, AuthorityError> {
        let open = self.open(role).await?;
        Ok(open.ok_or_else(|| JobError::NothingOpen(role.clone()))?.id)
    }
}
