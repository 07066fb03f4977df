//! Picks up what a run sealed: the one block in the log of its job `mint`, with the ID token that proves who sealed it
//! (docs/trust.md, "A repository on GitHub that decides").

use std::time::Duration;

use jiff::SignedDuration;

use super::run_error::RunError;
use crate::github::GitHub;
use crate::github::api::jobs::Job;
use crate::github::id_token::Expected;
use crate::github::id_token::TokenError;
use crate::github::job_log;
use crate::github::job_log::LogFault;
use crate::grant::text::sanitise;
use crate::protocol::SealedLease;
use crate::system::System;

/// The job that prints what it sealed.
const JOB: &str = "mint";
/// How long GitHub may take to show the log of a job that has ended.
const APPEARS: SignedDuration = SignedDuration::from_secs(60);
/// The first and the longest pause between two reads of a log that GitHub does not show yet.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(8));

/// Reads and verifies a run's result.
///
/// # Errors
/// The log has no block, more than one block, or another run sealed it.
pub async fn pick_up(
    github: &GitHub,
    system: &System,
    issuer: &str,
    expected: &Expected,
) -> Result<SealedLease, RunError> {
    let empty = || RunError::Empty(format!("run {}", expected.run_id));
    let jobs = github.jobs(expected.run_id).await?;
    let mut named = jobs.iter().filter(|job| job.name == JOB && job.run_id == expected.run_id);
    let (Some(job), more) = (named.next(), named.next()) else { return Err(empty()) };
    if more.is_some() {
        return Err(RunError::Unfit(format!("the run has two jobs `{JOB}`")));
    }
    let log = log_of(github, system, job).await?.ok_or_else(empty)?;
    let delivered = job_log::read(&log).map_err(|fault| match fault {
        LogFault::Nothing => empty(),
        fault => RunError::Unfit(fault.to_string()),
    })?;
    let checked = delivered.check(system, issuer, expected).await;
    checked.map_err(|error| match error {
        // The issuer did not answer: the same log may verify a moment later.
        error @ (TokenError::Network(_) | TokenError::Answer(_)) => {
            RunError::Unproved(sanitise(&error.to_string()))
        }
        error => RunError::Unfit(sanitise(&error.to_string())),
    })?;
    Ok(SealedLease {
        number: delivered.number,
        run: delivered.run,
        sealed: delivered.sealed,
        expires: delivered.expires,
        active_until: delivered.active_until,
    })
}

/// The log of a job that has ended. `None` if GitHub has deleted it or does not show it in time.
async fn log_of(github: &GitHub, system: &System, job: &Job) -> Result<Option<Vec<u8>>, RunError> {
    if job.status != "completed" || job.conclusion.as_deref() == Some("skipped") {
        return Ok(None);
    }
    let began = system.clock.now();
    let mut pause = PAUSES.0;
    loop {
        match github.job_log(job.id).await {
            Ok(log) => return Ok(Some(log)),
            Err(error) if error.status() == Some(410) => return Ok(None),
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error.into()),
        }
        if system.clock.now().duration_since(began) >= APPEARS {
            return Ok(None);
        }
        system.clock.sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Deletes a run's logs, once its result is stored here. Nobody else can open it, and the branch of the log keeps what
/// happened.
pub async fn clear(github: &GitHub, run: u64) -> Result<(), RunError> {
    match github.delete_run_logs(run).await {
        Err(error) if !error.is_missing() => Err(error.into()),
        _ => Ok(()),
    }
}
