//! Decides which run and job is next: groups, needs, environments, and how a run ends.

use serde_json::Value;

use super::contexts;
use super::expressions::Standing;
use super::expressions::fill;
use super::expressions::holds;
use super::run::Job;
use super::run::Run;
use super::workflow::JobFile;
use super::workflow::texts;
use crate::support::github::answer::Fault;
use crate::support::github::world::World;

impl World {
    /// The run with an id from a path.
    ///
    /// # Errors
    /// 404.
    pub fn run(&self, id: u64, run: &str) -> Result<&Run, Fault> {
        let found = run.parse().ok().and_then(|run: u64| self.runs.get(&run));
        found.filter(|run| run.repository == id).ok_or_else(Fault::not_found)
    }

    /// The jobs of a new attempt.
    pub fn new_jobs(&mut self, run: &Run) -> Vec<Job> {
        let now = self.now();
        let new = |key: String| Job {
            id: self.next_id(),
            name: run.workflow.jobs[&key].name.clone().unwrap_or_else(|| key.clone()),
            key,
            status: "queued",
            conclusion: None,
            environment: None,
            host: None,
            approved: false,
            outputs: std::collections::BTreeMap::new(),
            steps: Vec::new(),
            log: String::new(),
            created_at: now,
            started_at: now,
            completed_at: None,
        };
        run.workflow.order().into_iter().map(new).collect()
    }

    /// Puts a run into its group: one runs, at most one waits, and a newer one replaces the waiting one.
    pub fn enter_group(&mut self, run: u64, cancels: bool) {
        let Some(group) = self.runs[&run].group.clone() else { return };
        let repository = self.runs[&run].repository;
        let others: Vec<u64> = self
            .runs
            .values()
            .filter(|other| {
                other.id != run
                    && !other.over()
                    && other.repository == repository
                    && other.group.as_ref().is_some_and(|other| other.eq_ignore_ascii_case(&group))
            })
            .map(|other| other.id)
            .collect();
        for other in &others {
            if cancels || self.runs[other].status == "pending" {
                self.finish(*other, "cancelled");
            }
        }
        if others.iter().any(|other| !self.runs[other].over()) {
            self.runs.get_mut(&run).unwrap().status = "pending";
        }
    }

    /// Ends a run, and lets the next of its group begin.
    pub fn finish(&mut self, run: u64, conclusion: &'static str) {
        let now = self.now();
        let run = self.runs.get_mut(&run).unwrap();
        for job in run.jobs.iter_mut().filter(|job| job.status != "completed") {
            (job.status, job.conclusion, job.completed_at) = ("completed", Some(conclusion), Some(now));
        }
        (run.status, run.conclusion, run.updated_at) = ("completed", Some(conclusion), now);
        let (id, repository, group) = (run.id, run.repository, run.group.clone());
        self.token_requests.retain(|_, request| request.run != id);
        if group.is_some() {
            let waiting = self.runs.values_mut().find(|other| {
                other.status == "pending" && other.repository == repository && other.group == group
            });
            if let Some(next) = waiting {
                next.status = "queued";
            }
        }
    }

    /// Ends a run whose jobs have all ended, or marks that it waits for an approval.
    pub fn settle(&mut self, run: u64) {
        let now = self.now();
        let found = self.runs.get_mut(&run).unwrap();
        found.updated_at = now;
        if found.jobs.iter().all(|job| job.status == "completed") {
            let any = |conclusion: &str| found.jobs.iter().any(|job| job.conclusion == Some(conclusion));
            let conclusion = if any("failure") {
                "failure"
            } else if any("cancelled") {
                "cancelled"
            } else if found.jobs.iter().all(|job| job.conclusion == Some("skipped")) {
                "skipped"
            } else {
                "success"
            };
            self.finish(run, conclusion);
        } else if found.jobs.iter().any(|job| job.status == "waiting")
            && !found.jobs.iter().any(|job| job.status == "in_progress")
        {
            found.status = "waiting";
        }
    }

    /// Starts the next job that may run, after skipping or failing earlier ones that may not. `only` restricts it to
    /// one run.
    pub fn next_job(&mut self, only: Option<u64>) -> Option<(u64, u64)> {
        let ids: Vec<u64> = self
            .runs
            .values()
            .filter(|run| !run.over() && run.status != "pending")
            .map(|run| run.id)
            .collect();
        for run in ids.into_iter().filter(|run| only.is_none_or(|only| only == *run)) {
            loop {
                let found = &self.runs[&run];
                let ready = found.jobs.iter().find(|job| {
                    let needs = texts(found.workflow.jobs[&job.key].needs.as_ref());
                    job.status == "queued"
                        && needs.iter().all(|needed| {
                            found.job(needed).is_some_and(|needed| needed.status == "completed")
                        })
                });
                let Some((id, key)) = ready.map(|job| (job.id, job.key.clone())) else { break };
                match self.admit(run, &key) {
                    Ok("in_progress") => {
                        self.runs.get_mut(&run).unwrap().status = "in_progress";
                        self.set_job(run, &key, "in_progress", None, "");
                        let (repository, labels) = {
                            let found = &self.runs[&run];
                            (found.repository, found.workflow.jobs[&key].runs_on.clone())
                        };
                        let host = self.host_for(repository, &labels).map(|host| host.id);
                        let jobs = &mut self.runs.get_mut(&run).unwrap().jobs;
                        jobs.iter_mut().find(|job| job.id == id).unwrap().host = host;
                        return Some((run, id));
                    }
                    Ok("waiting") => self.set_job(run, &key, "waiting", None, ""),
                    Ok(_) => self.set_job(run, &key, "completed", Some("skipped"), ""),
                    Err(reason) => self.set_job(run, &key, "completed", Some("failure"), &reason),
                }
                self.settle(run);
            }
        }
        None
    }

    fn set_job(
        &mut self,
        run: u64,
        key: &str,
        status: &'static str,
        conclusion: Option<&'static str>,
        log: &str,
    ) {
        let now = self.now();
        let jobs = &mut self.runs.get_mut(&run).unwrap().jobs;
        let job = jobs.iter_mut().find(|job| job.key == key).unwrap();
        (job.status, job.conclusion) = (status, conclusion);
        job.log.push_str(log);
        if status == "in_progress" {
            job.started_at = now;
        }
        if status == "completed" {
            job.completed_at = Some(now);
        }
    }

    /// Decides about a job that is next: it begins, waits for an approval, or is skipped.
    ///
    /// # Errors
    /// Why it fails before its first step.
    fn admit(&mut self, run: u64, key: &str) -> Result<&'static str, String> {
        let found = self.runs[&run].clone();
        let file: &JobFile = &found.workflow.jobs[key];
        let mut known = contexts::of_run(self, &found);
        known["needs"] = contexts::needs(&found, key);
        let needed = contexts::ancestors(&found, key);
        let standing = if needed.iter().any(|job| job.conclusion == Some("failure")) {
            Standing::Failure
        } else if needed.iter().any(|job| job.conclusion == Some("cancelled")) {
            Standing::Cancelled
        } else {
            Standing::Success
        };
        let skipped = needed.iter().any(|job| job.conclusion == Some("skipped"));
        let asks = file.condition.as_ref().is_some_and(|condition| {
            ["always()", "failure()", "cancelled()"]
                .iter()
                .any(|word| super::values::text(condition).contains(word))
        });
        if (skipped && !asks) || !holds(file.condition.as_ref(), &known, standing)? {
            return Ok("skipped");
        }
        let named = match &file.environment {
            None => return Ok("in_progress"),
            Some(Value::String(name)) => name.clone(),
            Some(settings) => settings["name"].as_str().unwrap_or_default().to_owned(),
        };
        let name = fill(&named, &known, standing)?;
        if name.is_empty() {
            return Ok("in_progress");
        }
        // Naming an environment creates it, without protection.
        self.add_environment(found.repository, &name);
        let environment = self.repository(found.repository).environment(&name).unwrap().clone();
        if !self.environment_admits(found.repository, &environment, &found.reference) {
            return Err(format!(
                "Branch \"{}\" is not allowed to deploy to {name} due to environment protection rules.\n",
                found.reference_name()
            ));
        }
        let jobs = &mut self.runs.get_mut(&run).unwrap().jobs;
        let job = jobs.iter_mut().find(|job| job.key == key).unwrap();
        // The token contains the name as the job spelled it.
        job.environment = Some(name);
        Ok(if environment.reviewers.is_empty() || job.approved { "in_progress" } else { "waiting" })
    }
}
