//! `actions/runs`: finding, re-running, cancelling.

use serde_json::Value;
use serde_json::json;

use super::run::Run;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

fn document(world: &World, run: &Run) -> Value {
    let id = run.repository;
    let own = world.repository_url(id, &format!("actions/runs/{}", run.id));
    let commit = world.store(id).commit(&run.head_sha).unwrap();
    let person =
        |who: &crate::support::github::git::objects::Signature| json!({"name": who.name, "email": who.email});
    let side = |repository: u64, branch: &str, sha: &str| {
        let url = world.repository_url(repository, "").trim_end_matches('/').to_owned();
        json!({"ref": branch, "sha": sha, "repo": {"id": repository, "url": url, "name": world.repository(repository).name}})
    };
    // Pull requests from forks are never listed.
    let pull =
        run.pull.map(|number| &world.repository(id).pulls[&number]).filter(|pull| pull.head_repository == id);
    let pulls: Vec<Value> = pull
        .into_iter()
        .map(|pull| {
            json!({
                "id": pull.id, "number": pull.number, "url": world.repository_url(id, &format!("pulls/{}", pull.number)),
                "head": side(pull.head_repository, &pull.head_branch, &pull.head_sha),
                "base": side(id, &pull.base_branch, &pull.base_sha),
            })
        })
        .collect();
    let previous = (run.attempt > 1).then(|| format!("{own}/attempts/{}", run.attempt - 1));
    json!({
        "id": run.id, "name": run.workflow.name.as_deref().unwrap_or(&run.path), "node_id": shapes::node("WorkflowRun", run.id),
        "check_suite_id": run.id + 1_000_000, "check_suite_node_id": shapes::node("CheckSuite", run.id),
        "check_suite_url": world.repository_url(id, &format!("check-suites/{}", run.id + 1_000_000)),
        "head_branch": run.head_branch, "head_sha": run.head_sha, "path": run.path, "run_number": run.number,
        "run_attempt": run.attempt, "referenced_workflows": [], "event": run.event, "status": run.status,
        "conclusion": run.conclusion, "workflow_id": run.workflow_id, "url": own,
        "html_url": format!("{}/{}/actions/runs/{}", world.origins.web, world.full_name(id), run.id),
        "pull_requests": pulls, "created_at": run.created_at.to_string(), "updated_at": run.updated_at.to_string(),
        "run_started_at": run.started_at.to_string(), "actor": world.simple_user(run.actor),
        "triggering_actor": world.simple_user(run.triggering_actor), "jobs_url": format!("{own}/jobs"),
        "logs_url": format!("{own}/logs"), "artifacts_url": format!("{own}/artifacts"), "cancel_url": format!("{own}/cancel"),
        "rerun_url": format!("{own}/rerun"), "previous_attempt_url": previous,
        "workflow_url": world.repository_url(id, &format!("actions/workflows/{}", run.workflow_id)),
        "head_commit": {
            "id": run.head_sha, "tree_id": commit.tree, "message": commit.message,
            "timestamp": shapes::signature(&commit.committer)["date"], "author": person(&commit.author),
            "committer": person(&commit.committer),
        },
        "repository": world.minimal_repository(id), "head_repository": world.minimal_repository(run.head_repository),
        "display_title": run.title,
    })
}

/// Whether a time passes the filter `created`: `>=T`, `>T`, `<=T`, `<T`, `A..B`, or a day.
fn created(run: &Run, filter: &str) -> bool {
    let at = run.created_at.to_string();
    let instant = |text: &str| text.trim_end_matches('Z').to_owned();
    let at = instant(&at);
    let at = at.split('.').next().unwrap_or_default();
    if let Some((from, to)) = filter.split_once("..") {
        return at >= instant(from).as_str() && (to == "*" || at <= instant(to).as_str());
    }
    for (sign, wanted) in [(">=", 0), ("<=", 1), (">", 2), ("<", 3)] {
        if let Some(rest) = filter.strip_prefix(sign) {
            let rest = instant(rest);
            return match wanted {
                0 => at >= rest.as_str(),
                1 => at <= rest.as_str(),
                2 => at > rest.as_str(),
                _ => at < rest.as_str(),
            };
        }
    }
    at.starts_with(filter)
}

/// `GET actions/runs` and `GET actions/workflows/{id}/runs`: newest first. A search finds at most a thousand.
pub fn list(world: &World, call: &Call, id: u64, workflow: Option<&str>) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let workflow = workflow.map(|name| world.workflow(id, name)).transpose()?.map(|(_, workflow)| workflow);
    let is =
        |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value));
    let wanted = |run: &&Run| {
        run.repository == id
            && workflow.is_none_or(|workflow| workflow == run.workflow_id)
            && is("event", run.event)
            && is("branch", &run.head_branch)
            && is("head_sha", &run.head_sha)
            && is("actor", &world.login(run.actor))
            && call
                .query("status")
                .is_none_or(|status| status == run.status || Some(status) == run.conclusion)
            && call.query("created").is_none_or(|filter| created(run, filter))
    };
    let rows = world.runs.values().rev().filter(wanted).take(1_000).map(|run| document(world, run));
    Answer::named("workflow_runs", rows.collect())
}

/// `GET actions/runs/{id}`
pub fn get(world: &World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    Answer::ok(document(world, world.run(id, run)?))
}

/// `GET actions/runs/{id}/attempts/{n}`
pub fn attempt(world: &World, call: &Call, id: u64, run: &str, attempt: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let run = world.run(id, run)?;
    let found = run.earlier.iter().chain([run]).find(|candidate| candidate.attempt.to_string() == attempt);
    Answer::ok(document(world, found.ok_or_else(Fault::not_found)?))
}

/// `POST actions/runs/{id}/rerun`: the same commit, actor and inputs; another attempt and triggering actor.
pub fn rerun(world: &mut World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Write, Role::Write)?;
    let actor = call.caller.somebody()?;
    let mut again = world.run(id, run)?.clone();
    if !again.over() {
        return Err(Fault::new(403, "This workflow is already running"));
    }
    let before = Run { earlier: Vec::new(), ..again.clone() };
    again.earlier.push(before);
    let now = world.now();
    if now.duration_since(again.created_at).as_hours() > 24 * 30 {
        return Err(Fault::new(
            403,
            "Unable to re-run this workflow run because it was created over a month ago",
        ));
    }
    again.attempt += 1;
    again.triggering_actor = actor;
    (again.status, again.conclusion, again.started_at, again.updated_at) = ("queued", None, now, now);
    again.approvals.clear();
    again.logs_deleted = false;
    again.jobs = world.new_jobs(&again);
    let run = again.id;
    world.runs.insert(run, again);
    world.enter_group(run, false);
    Answer::created(json!({}))
}

/// `POST actions/runs/{id}/cancel`
pub fn cancel(world: &mut World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Write, Role::Write)?;
    let found = world.run(id, run)?;
    if found.over() {
        return Err(Fault::new(409, "Cannot cancel a workflow run that is completed."));
    }
    let run = found.id;
    world.finish(run, "cancelled");
    Ok(Answer::Json(202, json!({})))
}
