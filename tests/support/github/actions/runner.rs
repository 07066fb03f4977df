//! The runner: takes the jobs that are ready, one after the other, and runs their steps.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::SignedDuration;

use super::expressions::Standing;
use super::issuer::TokenRequest;
use super::run::Run;
use super::shell::Shell;
use super::steps::JobRun;
use super::workflow::permissions;
use crate::support::github::GitHub;
use crate::support::github::access::Level;
use crate::support::github::access::Token;
use crate::support::github::access::TokenKind;
use crate::support::github::world::ACTIONS_BOT;

/// A hosted runner.
pub struct Runner<'a> {
    github: GitHub,
    shell: &'a dyn Shell,
    folder: tempfile::TempDir,
}

/// The tokens and secrets that a job gets.
pub struct Grant {
    /// `GITHUB_TOKEN`.
    pub token: String,
    /// The URL and the credential for ID tokens, if it may have them.
    pub id_token: Option<(String, String)>,
    /// Its secrets.
    pub secrets: BTreeMap<String, String>,
}

impl<'a> Runner<'a> {
    /// A runner that runs its steps in this shell.
    pub fn new(github: &GitHub, shell: &'a dyn Shell) -> Self {
        Self { github: github.clone(), shell, folder: tempfile::tempdir().unwrap() }
    }

    /// Runs every job that is ready, until none is.
    pub fn run_all(&self) {
        while self.run_next(None).is_some() {}
    }

    /// Runs the next ready job, of one run if one is named. Returns its run and key.
    pub fn run_next(&self, only: Option<u64>) -> Option<(u64, String)> {
        let (run, job, grant) = {
            let mut world = self.github.world();
            let (run, job) = world.next_job(only)?;
            let run = world.runs[&run].clone();
            drop(world);
            let grant = self.grant(&run, job);
            (run, job, grant)
        };
        let key = run.jobs.iter().find(|found| found.id == job).map(|found| found.key.clone())?;
        let workspace = self.folder.path().join(job.to_string());
        std::fs::create_dir_all(&workspace).unwrap();
        let ended = JobRun::new(&self.github, self.shell, &run, &key, &grant, &workspace).finish();
        self.end(&run, job, &grant, ended, &workspace);
        Some((run.id, key))
    }

    /// The job's tokens and secrets, by its permissions, environment and origin.
    fn grant(&self, run: &Run, job: u64) -> Grant {
        let mut world = self.github.world();
        let repository = world.repository(run.repository);
        let found = run.jobs.iter().find(|found| found.id == job).unwrap();
        let said = run.workflow.jobs[&found.key].permissions.as_ref().or(run.workflow.permissions.as_ref());
        let from_fork = run.head_repository != run.repository;
        let mut granted = permissions(said, repository.default_permissions, from_fork);
        let environment = found.environment.as_deref().and_then(|name| repository.environment(name));
        let mut secrets = BTreeMap::new();
        if !from_fork {
            let own = environment.map(|environment| environment.secrets.clone()).unwrap_or_default();
            for (name, (value, _)) in
                repository.lent_secrets.clone().into_iter().chain(repository.secrets.clone()).chain(own)
            {
                secrets.insert(name, value);
            }
        }
        let may_ask = granted.remove("id_token") == Some(Level::Write);
        let token = world.next_secret("ghs_");
        let expires = world.now() + SignedDuration::from_hours(6);
        let kind = TokenKind::Job(run.id, run.repository, granted);
        world.tokens.insert(token.clone(), Token { account: ACTIONS_BOT, kind, expires_at: Some(expires) });
        let id_token = may_ask.then(|| {
            let bearer = world.next_secret("eyJ");
            world.token_requests.insert(bearer.clone(), TokenRequest { run: run.id, job });
            // It has a query already, so an audience is appended with `&`.
            let url = format!("{}/{}/{job}/idtoken?api-version=2.0", world.origins.issuer, run.id);
            (url, bearer)
        });
        Grant { token, id_token, secrets }
    }

    fn end(&self, run: &Run, job: u64, grant: &Grant, ended: JobEnd, workspace: &Path) {
        let _ = std::fs::remove_dir_all(workspace);
        let mut world = self.github.world();
        world.tokens.remove(&grant.token);
        world.token_requests.retain(|_, request| request.job != job);
        let now = world.now();
        let Some(found) =
            world.runs.get_mut(&run.id).and_then(|run| run.jobs.iter_mut().find(|found| found.id == job))
        else {
            return;
        };
        found.log.push_str(&ended.log);
        found.steps = ended.steps;
        // Cancelled meanwhile, so it stays cancelled.
        if found.status != "completed" {
            found.outputs = ended.outputs;
            found.status = "completed";
            found.conclusion = Some(if ended.standing == Standing::Success { "success" } else { "failure" });
            found.completed_at = Some(now);
            world.settle(run.id);
        }
    }
}

/// The result of a job.
pub struct JobEnd {
    /// Whether a step failed.
    pub standing: Standing,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its steps.
    pub steps: Vec<(String, Option<&'static str>)>,
    /// The output of its steps.
    pub log: String,
}
