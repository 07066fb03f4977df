//! The contexts that expressions may read.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::expressions::Standing;
use super::expressions::evaluate;
use super::run::Job;
use super::run::Run;
use super::values::truthy;
use super::workflow::texts;
use crate::support::github::pulls::documents;
use crate::support::github::world::World;

/// The event's document, as in `GITHUB_EVENT_PATH`.
pub fn event(world: &World, run: &Run) -> Value {
    let repository = world.repository_document(run.repository);
    let mut event = json!({"repository": repository, "sender": world.simple_user(run.actor)});
    match (run.event, run.pull) {
        ("workflow_dispatch", _) => {
            event["inputs"] = run.inputs.clone();
            event["ref"] = json!(run.reference);
            event["workflow"] = json!(run.path);
        }
        (_, Some(number)) => {
            let pull = &world.repository(run.repository).pulls[&number];
            event["pull_request"] = documents::full(world, run.repository, pull);
            event["number"] = json!(number);
            event["action"] = run.inputs["action"].clone();
        }
        _ => {
            event["ref"] = json!(run.reference);
            event["after"] = json!(run.sha);
        }
    }
    event
}

/// The contexts that are known before any job: `github`, `inputs`, `vars`.
pub fn of_run(world: &World, run: &Run) -> Value {
    let repository = world.repository(run.repository);
    let name = world.full_name(run.repository);
    let workflow_ref = format!("{name}/{}@{}", run.path, run.reference);
    let pull = run.pull.map(|number| &repository.pulls[&number]);
    let inputs = if run.event == "workflow_dispatch" { run.inputs.clone() } else { json!({}) };
    json!({
        "github": {
            "event": event(world, run), "event_name": run.event, "repository": name,
            "repository_id": run.repository.to_string(), "repository_owner": world.login(repository.owner),
            "repository_owner_id": repository.owner.to_string(), "ref": run.reference, "ref_name": run.reference_name(),
            "ref_type": if run.reference.starts_with("refs/tags/") { "tag" } else { "branch" }, "sha": run.sha,
            "ref_protected": world.is_protected_reference(run.repository, &run.reference),
            "run_id": run.id.to_string(), "run_number": run.number.to_string(), "run_attempt": run.attempt.to_string(),
            "actor": world.login(run.actor), "actor_id": run.actor.to_string(),
            "triggering_actor": world.login(run.triggering_actor),
            "workflow": run.workflow.name.clone().unwrap_or_else(|| run.path.clone()),
            "workflow_ref": workflow_ref, "workflow_sha": run.sha,
            "head_ref": pull.map(|pull| pull.head_branch.clone()).unwrap_or_default(),
            "base_ref": pull.map(|pull| pull.base_branch.clone()).unwrap_or_default(),
            "api_url": world.origins.api, "server_url": world.origins.web, "graphql_url": format!("{}/graphql", world.origins.api),
            "token": "",
        },
        "inputs": inputs, "vars": {}, "needs": {}, "strategy": {}, "matrix": {},
    })
}

/// The `needs` of a job: results and outputs of the named jobs, not of their own needs.
pub fn needs(run: &Run, key: &str) -> Value {
    let needed = texts(run.workflow.jobs[key].needs.as_ref());
    let one = |name: String| {
        let job = run.job(&name)?;
        let value = json!({"result": job.conclusion.unwrap_or_default(), "outputs": job.outputs});
        Some((name, value))
    };
    Value::Object(needed.into_iter().filter_map(one).collect::<Map<_, _>>())
}

/// All jobs before a job.
pub fn ancestors<'a>(run: &'a Run, key: &str) -> Vec<&'a Job> {
    let mut found: Vec<&Job> = Vec::new();
    for needed in texts(run.workflow.jobs[key].needs.as_ref()) {
        found.extend(run.job(&needed));
        found.extend(ancestors(run, &needed));
    }
    found
}

/// A flag that may be an expression.
///
/// # Errors
/// It is not a valid expression.
pub fn flag(value: &Value, known: &Value) -> Result<bool, String> {
    match value {
        Value::String(text) => {
            let source = text.trim();
            let inner = source.strip_prefix("${{").and_then(|inner| inner.strip_suffix("}}"));
            inner.map_or(Ok(source == "true"), |inner| {
                evaluate(inner, known, Standing::Success).map(|value| truthy(&value))
            })
        }
        value => Ok(truthy(value)),
    }
}
