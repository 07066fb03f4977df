//! A run of a workflow and its jobs, as stored.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::workflow::Workflow;

/// A run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id, which it keeps when re-run.
    pub id: u64,
    /// Its repository.
    pub repository: u64,
    /// The workflow's file.
    pub path: String,
    /// The workflow as it was at `head_sha`.
    pub workflow: Workflow,
    /// The workflow's id.
    pub workflow_id: u64,
    /// `workflow_dispatch`, `pull_request`, `push`.
    pub event: &'static str,
    /// The full reference: `refs/heads/main`, `refs/pull/1/merge`.
    pub reference: String,
    /// The branch as runs show it.
    pub head_branch: String,
    /// The repository that the head is in: a fork's for its pull requests.
    pub head_repository: u64,
    /// The commit.
    pub head_sha: String,
    /// The commit that jobs see: for a pull request the tried merge, otherwise the same.
    pub sha: String,
    /// The pull request that started it.
    pub pull: Option<u64>,
    /// The account that caused it.
    pub actor: u64,
    /// The account that caused this attempt.
    pub triggering_actor: u64,
    /// The number of this attempt, from 1.
    pub attempt: u64,
    /// The number among the workflow's runs.
    pub number: u64,
    /// The inputs of a dispatch.
    pub inputs: Value,
    /// `run-name`, or its default.
    pub title: String,
    /// The concurrency group, if it is in one.
    pub group: Option<String>,
    /// `queued`, `pending`, `waiting`, `in_progress`, `completed`.
    pub status: &'static str,
    /// How the run ended. `None` if it has not ended.
    pub conclusion: Option<&'static str>,
    /// Whether somebody deleted its logs.
    pub logs_deleted: bool,
    /// Its jobs, in the order in which they may run.
    pub jobs: Vec<Job>,
    /// Approvals of environments: environment, `approved` or `rejected`, the reviewer, and the comment.
    pub approvals: Vec<(u64, &'static str, u64, String)>,
    /// The attempts before this one.
    pub earlier: Vec<Self>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When this attempt began.
    pub started_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A job of a run's newest attempt.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: u64,
    /// Its key in the file.
    pub key: String,
    /// Its name.
    pub name: String,
    /// `queued`, `waiting`, `in_progress`, `completed`.
    pub status: &'static str,
    /// How the job ended. `None` if it has not ended.
    pub conclusion: Option<&'static str>,
    /// Its environment, once that is known.
    pub environment: Option<String>,
    /// The self-hosted runner that it runs on. `None` for one of GitHub's.
    pub host: Option<u64>,
    /// Whether somebody approved it for that environment.
    pub approved: bool,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// Its steps: name, conclusion.
    pub steps: Vec<(String, Option<&'static str>)>,
    /// Its log, with masked secrets: before each step its script and variables, then its output.
    pub log: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

impl Job {
    /// What its steps wrote, without what the runner prints before each of them.
    pub fn output(&self) -> String {
        let mut inside = false;
        let own = |line: &&str| {
            inside |= line.starts_with("##[group]Run ");
            let shown = !inside;
            inside &= *line != "##[endgroup]";
            shown
        };
        self.log
            .split_inclusive('\n')
            .map(|line| line.trim_end_matches('\n'))
            .filter(own)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Run {
    /// Whether it has ended.
    pub fn over(&self) -> bool {
        self.status == "completed"
    }

    /// The job with a key.
    pub fn job(&self, key: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.key == key)
    }

    /// The reference's kind and name, as in `github.ref_type` and `github.ref_name`.
    pub fn reference_name(&self) -> &str {
        let short = self.reference.trim_start_matches("refs/");
        short.trim_start_matches("heads/").trim_start_matches("tags/").trim_start_matches("pull/")
    }
}
