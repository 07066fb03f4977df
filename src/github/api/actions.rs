//! GitHub Actions: dispatches, runs, jobs, and their logs.

use std::collections::BTreeMap;

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::jobs::Job;
use crate::github::api::models::Dispatched;
use crate::github::api::models::Run;
use crate::github::api::transport::LONGEST_PAGE;

#[derive(Deserialize)]
struct Runs {
    workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Jobs {
    jobs: Vec<Job>,
}

impl GitHub {
    /// Starts a workflow on a branch. Returns `None` if GitHub does not return the run, which is then found by its
    /// name.
    pub async fn dispatch(
        &self,
        workflow: &str,
        branch: &str,
        inputs: &BTreeMap<&str, String>,
    ) -> Result<Option<Dispatched>, GitHubError> {
        let path = self.path(&format!("/actions/workflows/{workflow}/dispatches"));
        let body = json!({ "ref": branch, "inputs": inputs, "return_run_details": true });
        match self.change(Method::POST, &path, &body).await {
            Ok(response) => Ok(serde_json::from_slice(&response.body).ok()),
            // Older servers do not know `return_run_details`.
            Err(error) if matches!(error.status(), Some(400 | 422)) => {
                let body = json!({ "ref": branch, "inputs": inputs });
                self.change(Method::POST, &path, &body).await.map(|_| None)
            }
            Err(error) => Err(error),
        }
    }

    /// A run.
    pub async fn run(&self, id: u64) -> Result<Run, GitHubError> {
        self.get(&self.path(&format!("/actions/runs/{id}"))).await
    }

    /// The newest dispatched runs of a workflow, at most one page.
    pub async fn newest_runs(&self, workflow: &str) -> Result<Vec<Run>, GitHubError> {
        let path = format!("/actions/workflows/{workflow}/runs?event=workflow_dispatch&per_page=50");
        self.get(&self.path(&path)).await.map(|runs: Runs| runs.workflow_runs)
    }

    /// The jobs of a run.
    pub async fn jobs(&self, run: u64) -> Result<Vec<Job>, GitHubError> {
        self.pages(&self.path(&format!("/actions/runs/{run}/jobs")), LONGEST_PAGE, |page: Jobs| page.jobs)
            .await
    }

    /// The log of a job that has ended. GitHub redirects to another host, which answers 404 until the log is written.
    pub async fn job_log(&self, job: u64) -> Result<Vec<u8>, GitHubError> {
        self.download(&self.path(&format!("/actions/jobs/{job}/logs"))).await
    }

    /// Deletes the logs of all jobs of a run.
    pub async fn delete_run_logs(&self, run: u64) -> Result<(), GitHubError> {
        self.remove(&self.path(&format!("/actions/runs/{run}/logs"))).await
    }
}
