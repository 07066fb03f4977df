//! Workflows and their dispatches.
//!
//! Source: <https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event>.

use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::triggers::Start;
use super::values::text;
use super::workflow::Workflow;
use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::shapes;
use crate::support::github::world::World;

const FOLDER: &str = ".github/workflows/";

impl World {
    /// Records the workflow files of the default branch, which alone get ids.
    pub fn note_workflows(&mut self, id: u64) {
        let Some(tip) = self.resolve(id, &format!("refs/heads/{}", self.repository(id).default_branch))
        else {
            return;
        };
        let files = self.store(id).files(&tip);
        let paths = files
            .into_keys()
            .filter(|path| path.starts_with(FOLDER) && (path.ends_with(".yml") || path.ends_with(".yaml")));
        for path in paths.collect::<Vec<_>>() {
            if !self.repository(id).workflows.contains_key(&path) {
                let workflow = self.next_id();
                self.repository_mut(id).workflows.insert(path, workflow);
            }
        }
    }

    /// The text of a file at a commit.
    pub fn file(&self, id: u64, commit: &str, path: &str) -> Option<String> {
        let (_, sha) = self.store(id).at(commit, path)?;
        String::from_utf8(self.store(id).blob(&sha)?.to_vec()).ok()
    }

    /// A workflow by id or file name: its path and id.
    ///
    /// # Errors
    /// There is none on the default branch.
    pub fn workflow(&self, id: u64, name: &str) -> Result<(String, u64), Fault> {
        let mut workflows = self.repository(id).workflows.iter();
        let found = workflows.find(|(path, workflow)| {
            path.strip_prefix(FOLDER) == Some(name) || workflow.to_string() == name || path.as_str() == name
        });
        found.map(|(path, workflow)| (path.clone(), *workflow)).ok_or_else(Fault::not_found)
    }
}

fn document(world: &World, id: u64, path: &str, workflow: u64) -> Value {
    let tip = world.resolve(id, &format!("refs/heads/{}", world.repository(id).default_branch));
    let text = tip.and_then(|tip| world.file(id, &tip, path));
    let name = text.as_deref().and_then(|text| Workflow::parse(text).ok()).and_then(|workflow| workflow.name);
    let state = match &text {
        None => "deleted",
        Some(_) if world.repository(id).disabled.contains(path) => "disabled_manually",
        Some(_) => "active",
    };
    let at = world.repository(id).created_at.to_string();
    let html = format!("{}/{}", world.origins.web, world.full_name(id));
    json!({
        "id": workflow, "node_id": shapes::node("Workflow", workflow), "name": name.as_deref().unwrap_or(path),
        "path": path, "state": state, "created_at": at, "updated_at": at,
        "url": world.repository_url(id, &format!("actions/workflows/{workflow}")),
        "html_url": format!("{html}/blob/{}/{path}", world.repository(id).default_branch),
        "badge_url": format!("{html}/workflows/{}/badge.svg", name.as_deref().unwrap_or("workflow").replace(' ', "%20")),
    })
}

/// `GET actions/workflows`
pub fn workflows(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let workflows = world.repository(id).workflows.iter();
    Answer::named(
        "workflows",
        workflows.map(|(path, workflow)| document(world, id, path, *workflow)).collect(),
    )
}

/// `GET actions/workflows/{id or file}`
pub fn workflow(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let (path, workflow) = world.workflow(id, name)?;
    Answer::ok(document(world, id, &path, workflow))
}

/// The inputs of a dispatch, checked against the file's declarations.
fn inputs(given: &Value, declared: &Value) -> Result<Value, Fault> {
    let given = given.as_object().cloned().unwrap_or_default();
    let declared = declared.as_object().cloned().unwrap_or_default();
    if given.len() > 25 {
        return Err(Fault::unprocessable("Invalid request.\n\nNo more than 25 properties are allowed."));
    }
    let unknown: Vec<String> =
        given.keys().filter(|name| !declared.contains_key(*name)).map(|name| format!("{name:?}")).collect();
    if !unknown.is_empty() {
        return Err(Fault::unprocessable(format!("Unexpected inputs provided: [{}]", unknown.join(", "))));
    }
    let mut all = Map::new();
    for (name, input) in declared {
        let value = match given.get(&name) {
            Some(value) => text(value),
            None if input["required"] == true && input["default"].is_null() => {
                return Err(Fault::unprocessable(format!("Required input '{name}' not provided")));
            }
            None => text(&input["default"]),
        };
        let kind = input["type"].as_str().unwrap_or("string");
        let options = input["options"].as_array().cloned().unwrap_or_default();
        if kind == "choice" && !options.iter().any(|option| text(option) == value) {
            return Err(Fault::unprocessable(format!(
                "Provided value '{value}' for input '{name}' not in the list of allowed values"
            )));
        }
        all.insert(name, if kind == "boolean" { json!(value == "true") } else { json!(value) });
    }
    Ok(Value::Object(all))
}

/// `POST actions/workflows/{id or file}/dispatches`: runs the file at `ref`, which must declare the dispatch trigger.
pub fn dispatch(world: &mut World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Write, Role::Write)?;
    let actor = call.caller.somebody()?;
    let (path, workflow_id) = world.workflow(id, name)?;
    if world.repository(id).disabled.contains(&path) {
        return Err(Fault::unprocessable("Cannot trigger a 'workflow_dispatch' on a disabled workflow"));
    }
    let given = call.needed("ref")?.to_owned();
    if world.old_dispatches && call.body.get("return_run_details").is_some() {
        return Err(Fault::new(400, "Invalid request.\n\n\"return_run_details\" is not a permitted key."));
    }
    let short = given.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/");
    let candidates = [format!("refs/heads/{short}"), format!("refs/tags/{short}")];
    let reference =
        candidates.into_iter().find(|candidate| world.repository(id).refs.contains_key(candidate));
    let reference = reference.ok_or_else(|| Fault::unprocessable(format!("No ref found for: {given}")))?;
    let sha = world.repository(id).refs[&reference].clone();
    let missing = || Fault::unprocessable("Workflow does not have 'workflow_dispatch' trigger");
    let file = world.file(id, &sha, &path).ok_or_else(missing)?;
    let workflow = Workflow::parse(&file)
        .map_err(|error| Fault::unprocessable(format!("failed to parse workflow: {error}")))?;
    let declared = workflow.trigger("workflow_dispatch").ok_or_else(missing)?;
    let inputs = inputs(&call.body["inputs"], &declared["inputs"])?;
    let head_branch = short.to_owned();
    let start = Start {
        repository: id,
        path,
        workflow,
        workflow_id,
        event: "workflow_dispatch",
        reference,
        head_branch,
        head_repository: id,
        head_sha: sha.clone(),
        sha,
        pull: None,
        actor,
        inputs,
    };
    let run = world
        .start(start)
        .map_err(|error| Fault::unprocessable(format!("failed to parse workflow: {error}")))?;
    let newer = call.version == "2026-03-10";
    if world.old_dispatches || !(newer || call.flag("return_run_details")) {
        return Answer::nothing();
    }
    Answer::ok(json!({
        "workflow_run_id": run, "run_url": world.repository_url(id, &format!("actions/runs/{run}")),
        "html_url": format!("{}/{}/actions/runs/{run}", world.origins.web, world.full_name(id)),
    }))
}
