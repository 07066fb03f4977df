//! The jobs of a run's newest attempt.

use serde_json::Value;
use serde_json::json;

use super::run::Job;
use super::run::Run;
use super::workflow::texts;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

fn document(world: &World, run: &Run, job: &Job) -> Value {
    let url = |rest: &str| world.repository_url(run.repository, rest);
    let html = format!("{}/{}/actions/runs/{}", world.origins.web, world.full_name(run.repository), run.id);
    let steps: Vec<Value> = job
        .steps
        .iter()
        .enumerate()
        .map(|(index, (name, conclusion))| {
            let status = if conclusion.is_some() { "completed" } else { "in_progress" };
            json!({"name": name, "status": status, "conclusion": conclusion, "number": index + 1})
        })
        .collect();
    let begun = job.status == "in_progress" || job.status == "completed";
    json!({
        "id": job.id, "node_id": shapes::node("CheckRun", job.id), "run_id": run.id, "run_attempt": run.attempt,
        "run_url": url(&format!("actions/runs/{}", run.id)), "url": url(&format!("actions/jobs/{}", job.id)),
        "html_url": format!("{html}/job/{}", job.id), "check_run_url": url(&format!("check-runs/{}", job.id)),
        "head_sha": run.head_sha, "head_branch": run.head_branch, "name": job.name, "status": job.status,
        "conclusion": job.conclusion, "created_at": job.created_at.to_string(), "started_at": job.started_at.to_string(),
        "completed_at": job.completed_at.map(|at| at.to_string()), "steps": steps,
        "workflow_name": run.workflow.name, "labels": texts(Some(&run.workflow.jobs[&job.key].runs_on)),
        "runner_id": begun.then_some(1), "runner_name": begun.then_some("GitHub Actions 1"),
        "runner_group_id": begun.then_some(0), "runner_group_name": begun.then_some("GitHub Actions"),
    })
}

/// `GET actions/runs/{id}/jobs`
pub fn list(world: &World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let run = world.run(id, run)?;
    Answer::named("jobs", run.jobs.iter().map(|job| document(world, run, job)).collect())
}

/// `GET actions/jobs/{id}`
pub fn get(world: &World, call: &Call, id: u64, job: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let runs = world.runs.values().filter(|run| run.repository == id);
    let mut jobs = runs.flat_map(|run| run.jobs.iter().map(move |job| (run, job)));
    let (run, job) = jobs.find(|(_, found)| found.id.to_string() == job).ok_or_else(Fault::not_found)?;
    Answer::ok(document(world, run, job))
}
