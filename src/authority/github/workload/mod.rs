//! A job of another repository that asks a repository on GitHub as a workload. Its own ID tokens say who it is, an app opens
//! the pull request for it, and nothing is kept: the request is handed on from job to job by the workflow.

mod asking;
mod error;
mod job;
mod taking;

use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::sync::Mutex;
use tokio::sync::OnceCell;

use super::memory::Memory;
use super::run_error::RunError;
use super::runs;
use super::runs::Order;
use super::runs::Runs;
use crate::authority::Asked;
use crate::authority::Authority;
use crate::authority::AuthorityError;
use crate::authority::wishes::Handed;
use crate::authority::wishes::Wish;
use crate::authority::wishes::WishAuthority;
use crate::authority::wishes::WishView;
use crate::config::inputs;
use crate::forge::log::Action;
use crate::github::evidence::Dispatch;
use crate::grant::AuthorityAddress;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::system::System;
pub use error::WorkloadError;
use job::Job;
use taking::Read;

/// How often a request is looked at while somebody waits for news of it.
const PACE: Duration = Duration::from_secs(15);

/// The access repository, seen from a job.
pub struct WorkloadAuthority {
    /// The outside world.
    system: System,
    /// `github:` and the repository's name, as the workflow names it.
    url: String,
    /// Which workload this is, once that was found out.
    job: OnceCell<Job>,
    /// The request that this process made.
    made: Mutex<Option<Dispatch>>,
    /// The request that was found for its role, until something is done about it.
    found: Mutex<Option<Read>>,
}

impl WorkloadAuthority {
    /// The authority that this process asks as a workload; `None` if this process is no job that names one. Asks nobody.
    pub fn of_job(system: &System) -> Option<Self> {
        let repository = system.environment.get(inputs::ACCESS.name)?;
        Some(Self {
            system: system.clone(),
            url: AuthorityAddress::GitHub(repository).to_string(),
            job: OnceCell::new(),
            made: Mutex::default(),
            found: Mutex::default(),
        })
    }

    async fn job(&self) -> Result<&Job, AuthorityError> {
        Ok(self.job.get_or_try_init(|| Job::open(&self.system)).await?)
    }

    /// The request that is meant: the one that this process made, else the one that the workflow hands on.
    async fn dispatch(&self) -> Result<Dispatch, AuthorityError> {
        match self.made.lock().await.clone() {
            Some(made) => Ok(made),
            None => Ok(taking::dispatch(&self.system)?),
        }
    }

    /// The request with this id as it was just found for its role, else as it is read now.
    async fn found(&self, id: &RequestId) -> Result<Read, AuthorityError> {
        let found = self.found.lock().await.take();
        match found.filter(|read| read.dispatch.digest.request_id() == *id) {
            Some(read) => Ok(read),
            None => self.read(id).await,
        }
    }

    /// Reads the request with this id, if it is the one that is meant and this run's own.
    async fn read(&self, id: &RequestId) -> Result<Read, AuthorityError> {
        let dispatch = self.dispatch().await?;
        if dispatch.digest.request_id() != *id {
            return Err(AuthorityError::Nothing(format!("this job has no request {id}")));
        }
        let job = self.job().await?;
        Ok(taking::read(&self.system, job, None, dispatch).await?)
    }

    /// Has a run of the access repository's workflow do something about a request; answers the run's id. It stays remembered.
    async fn carry_out(&self, job: &Job, memory: &Memory, order: &Order) -> Result<u64, RunError> {
        let runs = Runs { github: &job.github, system: &self.system, account: job.app, memory };
        Ok(runs.carry_out(order).await?.id)
    }
}

#[async_trait]
impl Authority for WorkloadAuthority {
    type Asking = Wish;
    type View = WishView;
    type Credentials = Handed;

    fn url(&self) -> &str {
        &self.url
    }

    fn patience(&self) -> Duration {
        runs::PATIENCE
    }

    /// Asks. Sets the outputs `request`, `pull` and `digest` for the job that will take the credentials.
    async fn ask(&self, wish: &Wish) -> Result<Asked<WishView>, AuthorityError> {
        let view = asking::ask(&self.system, self.job().await?, wish).await?;
        if let Some(pull) = view.pull {
            *self.made.lock().await = Some(Dispatch { pull, digest: view.digest });
        }
        Ok(Asked { view, reused: false })
    }

    async fn request(&self, id: &RequestId) -> Result<WishView, AuthorityError> {
        Ok(self.read(id).await?.view_at(self.system.clock.now())?)
    }

    async fn changed(
        &self,
        id: &RequestId,
        seen: &WishView,
        limit: Duration,
    ) -> Result<Option<WishView>, AuthorityError> {
        let clock = &self.system.clock;
        let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
        let began = clock.now();
        loop {
            let view = self.request(id).await?;
            if (view.state, &view.missing) != (seen.state, &seen.missing) {
                return Ok(Some(view));
            }
            let left: Duration = (limit - clock.now().duration_since(began)).try_into().unwrap_or_default();
            if left.is_zero() {
                return Ok(None);
            }
            clock.sleep(PACE.min(left)).await;
        }
    }

    async fn obtain(&self, id: &RequestId, _held: Option<u32>) -> Result<Handed, AuthorityError> {
        let read = self.found(id).await?;
        self.take(self.job().await?, &read).await
    }

    async fn end(&self, id: &RequestId, waits: bool) -> Result<WishView, AuthorityError> {
        let read = self.found(id).await?;
        let job = self.job().await?;
        let memory = Memory::new(&self.system.files, &job.authority());
        let order = taking::order(Action::End, &read.dispatch, None);
        if !waits {
            let runs = Runs { github: &job.github, system: &self.system, account: job.app, memory: &memory };
            runs.begin(&order).await?;
            return Ok(read.view_at(self.system.clock.now())?);
        }
        self.carry_out(job, &memory, &order).await?;
        memory.finish(order.action, &order.id())?;
        Ok(read.view(State::Ended, Vec::new()))
    }
}

#[async_trait]
impl WishAuthority for WorkloadAuthority {
    fn to_ask<'a>(&self, roles: &'a [Name], waits: bool) -> Result<&'a Name, AuthorityError> {
        let [role] = roles else { return Err(WorkloadError::AsksForOne.into()) };
        if waits {
            return Err(WorkloadError::Waits(role.clone()).into());
        }
        Ok(role)
    }

    fn to_run<'a>(&self, roles: &'a [Name], serves: bool) -> Result<&'a Name, AuthorityError> {
        let [role] = roles else { return Err(WorkloadError::RunsWithOne.into()) };
        if serves {
            return Err(WorkloadError::Serves.into());
        }
        Ok(role)
    }

    fn to_end(&self, typed: &str) -> Result<Name, AuthorityError> {
        typed.parse().map_err(|error| WorkloadError::NoName(error).into())
    }

    async fn own(&self, role: &Name) -> Result<RequestId, AuthorityError> {
        let job = self.job().await?;
        let dispatch = self.dispatch().await?;
        let read = taking::read(&self.system, job, Some(role), dispatch).await?;
        let id = read.dispatch.digest.request_id();
        *self.found.lock().await = Some(read);
        Ok(id)
    }
}
