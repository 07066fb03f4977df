//! Approvals of environments: `pending_deployments` and `approvals` of a run.

use serde_json::Value;
use serde_json::json;

use super::environments::Environment;
use super::environments::document;
use super::environments::reviewers;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// The members that name an environment.
fn named(world: &World, id: u64, environment: &Environment, members: &[&str]) -> Value {
    let whole = document(world, id, environment);
    members
        .iter()
        .map(|member| ((*member).to_owned(), whole[*member].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn may_approve(world: &World, id: u64, environment: &Environment, account: u64, trigger: u64) -> bool {
    let teams = &world.accounts[&world.repository(id).owner].teams;
    let listed = environment.reviewers.iter().any(|(kind, reviewer)| {
        if kind == "Team" {
            teams.iter().any(|team| team.id == *reviewer && team.members.contains(&account))
        } else {
            *reviewer == account
        }
    });
    listed && !(environment.prevent_self_review && account == trigger)
}

/// The environments that jobs of a run wait for.
fn waited_for(world: &World, id: u64, run: u64) -> Vec<&Environment> {
    let jobs = world.runs[&run].jobs.iter().filter(|job| job.status == "waiting");
    let names = jobs.filter_map(|job| job.environment.as_deref());
    names.filter_map(|name| world.repository(id).environment(name)).collect()
}

/// `GET runs/{id}/pending_deployments`
pub fn pending(world: &World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let run = world.run(id, run)?;
    let members = ["id", "node_id", "name", "url", "html_url"];
    let row = |environment: &Environment| {
        let caller = call.caller.account().unwrap_or_default();
        json!({
            "environment": named(world, id, environment, &members), "wait_timer": environment.wait_timer,
            "wait_timer_started_at": null, "reviewers": reviewers(world, id, environment),
            "current_user_can_approve": may_approve(world, id, environment, caller, run.triggering_actor),
        })
    };
    Answer::ok(waited_for(world, id, run.id).into_iter().map(row).collect())
}

/// `POST runs/{id}/pending_deployments`: by a listed reviewer's own token.
pub fn review(world: &mut World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "deployments", Level::Write, Role::Read)?;
    let account = call.caller.somebody()?;
    let (run_id, trigger) = (world.run(id, run)?.id, world.run(id, run)?.triggering_actor);
    let (state, comment) = (call.needed("state")?, call.needed("comment")?.to_owned());
    let state = if state == "approved" { "approved" } else { "rejected" };
    let wanted: Vec<u64> =
        call.body["environment_ids"].as_array().into_iter().flatten().filter_map(Value::as_u64).collect();
    let concerned: Vec<(u64, String)> = waited_for(world, id, run_id)
        .into_iter()
        .filter(|environment| wanted.contains(&environment.id))
        .map(|environment| (environment.id, environment.name.clone()))
        .collect();
    let allowed = concerned.iter().all(|(_, name)| {
        may_approve(world, id, world.repository(id).environment(name).unwrap(), account, trigger)
    });
    if concerned.is_empty() || !allowed || call.caller.run().is_some() {
        return Err(Fault::unprocessable(
            "There were one or more errors approving or rejecting the deployments",
        ));
    }
    let mut deployments = Vec::new();
    for (environment, name) in concerned {
        let now = world.now();
        let run = world.runs.get_mut(&run_id).unwrap();
        run.approvals.push((environment, state, account, comment.clone()));
        for job in run.jobs.iter_mut().filter(|job| job.environment.as_deref() == Some(&name)) {
            job.approved = state == "approved";
            job.status = if job.approved { "queued" } else { "completed" };
            if !job.approved {
                (job.conclusion, job.completed_at) = (Some("failure"), Some(now));
            }
        }
        run.status = "queued";
        deployments.push(deployment(world, id, run_id, &name, account));
        world.settle(run_id);
    }
    Answer::ok(json!(deployments))
}

fn deployment(world: &mut World, id: u64, run: u64, environment: &str, account: u64) -> Value {
    let deployment = world.next_id();
    let url = world.repository_url(id, &format!("deployments/{deployment}"));
    let (run, at) = (&world.runs[&run], world.now().to_string());
    json!({
        "url": url, "id": deployment, "node_id": shapes::node("Deployment", deployment), "sha": run.head_sha,
        "ref": run.head_branch, "task": "deploy", "payload": {}, "environment": environment, "description": null,
        "creator": world.simple_user(account), "created_at": at, "updated_at": at,
        "statuses_url": format!("{url}/statuses"), "repository_url": world.repository_url(id, "").trim_end_matches('/'),
    })
}

/// `GET runs/{id}/approvals`
pub fn given(world: &World, call: &Call, id: u64, run: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let members = ["id", "node_id", "name", "url", "html_url", "created_at", "updated_at"];
    let rows = world.run(id, run)?.approvals.iter().map(|(environment, state, account, comment)| {
        let environment = world.repository(id).environments.iter().find(|found| found.id == *environment);
        let environments: Vec<Value> =
            environment.into_iter().map(|found| named(world, id, found, &members)).collect();
        json!({"environments": environments, "state": state, "user": world.simple_user(*account), "comment": comment})
    });
    Answer::ok(rows.collect())
}
