//! The logs of jobs: served from another host once they are written, and deleted by run.

use axum::body::Body;
use axum::http::Response;
use jiff::SignedDuration;

use super::run::Job;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::receive::Received;
use crate::support::github::world::World;

/// How long the address of a log is valid, in seconds.
const VALID: i64 = 60;

impl World {
    /// A job by its id, if it is in this repository.
    fn job(&self, id: Option<u64>, job: &str) -> Option<(u64, &Job)> {
        let runs = self.runs.values().filter(|run| id.is_none_or(|id| run.repository == id));
        let mut jobs = runs.flat_map(|run| run.jobs.iter().map(move |job| (run.id, job)));
        jobs.find(|(_, found)| found.id.to_string() == job)
    }
}

/// `GET actions/jobs/{id}/logs`: redirects to another host, whether or not the log is written yet.
pub fn get(world: &World, call: &Call, id: u64, job: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    call.caller.somebody()?;
    let (run, _) = world.job(Some(id), job).ok_or_else(Fault::not_found)?;
    if world.runs[&run].logs_deleted {
        return Err(Fault::new(410, "The logs for this run have been deleted and are no longer available."));
    }
    let until = world.now().as_second() + VALID;
    let signature = signed(&format!("{job} {until}"));
    let query = format!("until={until}&sig={signature}");
    Ok(Answer::Redirect(302, format!("{}/logs/{job}.txt?{query}", world.origins.storage)))
}

/// `DELETE actions/runs/{id}/logs`: the logs of all its jobs, once it has ended.
pub fn delete(world: &mut World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Write, Role::Write)?;
    let found = world.run(id, run)?;
    if !found.over() {
        return Err(Fault::new(403, "The logs of a run that is in progress cannot be deleted."));
    }
    let run = found.id;
    world.runs.get_mut(&run).unwrap().logs_deleted = true;
    Answer::nothing()
}

/// The signature of an address.
fn signed(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, format!("storage {text}").as_bytes());
    data_encoding::HEXLOWER.encode(digest.as_ref())
}

/// Answers for the storage site. Refuses a call with another site's `Authorization`, as real storage does.
pub fn serve(world: &World, received: &Received<'_>) -> Response<Body> {
    let refuse = |status: u16, code: &str| {
        let text = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
        let builder = Response::builder().status(status).header("content-type", "application/xml");
        builder.body(Body::from(text)).unwrap()
    };
    if received.headers.contains_key("authorization") {
        return refuse(400, "InvalidAuthenticationInfo");
    }
    let job = received.path.strip_prefix("/logs/").and_then(|name| name.strip_suffix(".txt"));
    let Some(job) = job else { return refuse(404, "ResourceNotFound") };
    let value =
        |name: &str| received.query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    let until = value("until").unwrap_or_default();
    let valid = until.parse::<i64>().is_ok_and(|until| until > world.now().as_second());
    if !valid || value("sig") != Some(signed(&format!("{job} {until}")).as_str()) {
        return refuse(403, "AuthenticationFailed");
    }
    let found = world.job(None, job).filter(|(run, found)| {
        let late = SignedDuration::from_secs(world.log_delay);
        let written = found.completed_at.is_some_and(|at| world.now().duration_since(at) >= late);
        found.status == "completed" && written && !world.runs[run].logs_deleted
    });
    let Some((_, found)) = found else { return refuse(404, "BlobNotFound") };
    let builder = Response::builder().header("content-type", "text/plain; charset=utf-8");
    builder.body(Body::from(text(found))).unwrap()
}

/// The log as GitHub stores it: a byte order mark, and before each line the time at which it was written.
fn text(job: &Job) -> String {
    let (at, fraction) = (job.started_at, job.started_at.subsec_nanosecond() / 100);
    let at = at.to_string();
    let whole = at.trim_end_matches('Z').split('.').next().unwrap_or_default();
    let lines = job.log.lines().map(|line| format!("{whole}.{fraction:07}Z {line}\n"));
    format!("\u{feff}{}", lines.collect::<String>())
}
