//! The jobs of a run, as far as a client needs them.

use serde::Deserialize;

/// A job of a run.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: u64,
    /// The id of its run.
    pub run_id: u64,
    /// Its name.
    pub name: String,
    /// `queued`, `in_progress`, `completed`, `waiting`.
    pub status: String,
    /// `success`, `failure`, …
    pub conclusion: Option<String>,
    /// Its web page.
    #[serde(default)]
    pub html_url: Option<String>,
    /// Its steps.
    #[serde(default)]
    pub steps: Option<Vec<Step>>,
}

/// A step of a job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// `success`, `failure`, …
    #[serde(default)]
    pub conclusion: Option<String>,
}
