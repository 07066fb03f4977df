//! A job of another repository that asks as a workload: its token, the access repository, and the policy there.

use jiff::SignedDuration;

use super::WorkloadError;
use super::taking::number;
use crate::config::inputs;
use crate::github::GitHub;
use crate::github::MAIN;
use crate::github::api::Slug;
use crate::github::api::app;
use crate::github::api::models::Repository;
use crate::github::authority;
use crate::github::gather::GatherError;
use crate::github::id_token;
use crate::github::id_token::KeySet;
use crate::github::id_token::Verified;
use crate::github::tree::Reader;
use crate::github::workload;
use crate::grant::Name;
use crate::grant::WorkloadRun;
use crate::policy::Policy;
use crate::secret::Secret;
use crate::system::System;

/// The audience of the token that tells this job which workload it is.
const WHO: &str = "jit-workload";

/// A job that asks as a workload.
pub(super) struct Job {
    /// A client of the access repository, with the token of the app that asks for workloads.
    pub(super) github: GitHub,
    /// The access repository, with its ids.
    pub(super) repository: Repository,
    /// The commit of its `main`.
    pub(super) main: String,
    /// The policy there.
    pub(super) policy: Policy,
    /// The issuer of ID tokens.
    pub(super) issuer: String,
    /// The numeric id of the app's account.
    pub(super) app: u64,
    /// The workload.
    pub(super) name: Name,
    /// This run.
    pub(super) run: WorkloadRun,
}

impl Job {
    /// Identifies this job's workload by the job's own token and the policy.
    ///
    /// # Errors
    /// GitHub does not answer, or the policy has no such workload.
    pub(super) async fn open(system: &System) -> Result<Self, WorkloadError> {
        let environment = &system.environment;
        let slug = inputs::ACCESS.read(environment)?;
        let slug = Slug::parse(&slug).ok_or(WorkloadError::NoRepository)?;
        let api = inputs::API.read(environment)?;
        let key = Secret::new(inputs::ACCESS_APP_KEY.read(environment)?);
        let app = number(system, inputs::ACCESS_APP)?;
        let token = app::asker(&api, &slug, app, &key, system).await?;
        let github = GitHub::new(&api, slug, token, system)?;
        let repository = github.repository().await?;
        let main = github.branch(MAIN).await?.ok_or(GatherError::NoMain)?;
        let policy = Reader::new(&github).policy(&main).await.map_err(GatherError::from)?;
        let forge = policy.forge().cloned().unwrap_or_default();
        let app = forge.workload_app.ok_or(WorkloadError::NoWorkloads)?;
        let keys = github.issuer_keys(&forge.issuer).await?;
        let token = own(system, &keys, WHO).await?;
        workload::check_run(&token.claims).map_err(|cause| WorkloadError::CannotAsk(cause.to_string()))?;
        let name = policy.workload_of_claims(&forge.issuer, &token.texts);
        let name = name.map(|workload| workload.name.clone()).ok_or_else(|| unknown(&token))?;
        let run = workload::run_of(&token.claims).ok_or_else(|| unknown(&token))?;
        Ok(Self { github, repository, main, policy, issuer: forge.issuer, app, name, run })
    }

    /// The name of the access repository in statements.
    pub(super) fn authority(&self) -> String {
        authority(self.repository.id)
    }
}

/// Fetches this job's token for an audience, and verifies it with the issuer's keys.
async fn own(system: &System, keys: &KeySet, audience: &str) -> Result<Verified, WorkloadError> {
    let token = id_token::fetch(system, audience).await?;
    let token = id_token::verify_by(keys, token.expose())?;
    id_token::check_times(&token.claims, system.clock.now(), SignedDuration::ZERO)?;
    Ok(token)
}

fn unknown(token: &Verified) -> WorkloadError {
    let claims = &token.claims;
    WorkloadError::Unknown {
        repository: claims.repository_id.clone(),
        workflow: claims.job_workflow_ref.clone(),
        environment: claims.environment.clone(),
    }
}
