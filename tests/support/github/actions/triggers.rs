//! The triggers of runs: dispatches, pushes and pull requests.
//!
//! Sources: "Events that trigger workflows"; "Triggering a workflow" (actions of `GITHUB_TOKEN` start only dispatches);
//! "Concurrency".

use regex::Regex;
use serde_json::Value;
use serde_json::json;

use super::contexts;
use super::expressions::Standing;
use super::expressions::fill;
use super::run::Run;
use super::workflow::Workflow;
use super::workflow::texts;
use crate::support::github::access::Caller;
use crate::support::github::git::difference::changes;
use crate::support::github::git::objects::Commit;
use crate::support::github::git::objects::Object;
use crate::support::github::pulls::merging::merged_files;
use crate::support::github::world::World;

/// The parameters of a new run.
pub struct Start {
    /// The repository.
    pub repository: u64,
    /// The workflow's file.
    pub path: String,
    /// The workflow.
    pub workflow: Workflow,
    /// Its id.
    pub workflow_id: u64,
    /// The event.
    pub event: &'static str,
    /// The full reference.
    pub reference: String,
    /// The branch as runs show it.
    pub head_branch: String,
    /// The repository of the head.
    pub head_repository: u64,
    /// The commit that the run shows.
    pub head_sha: String,
    /// The commit that jobs see.
    pub sha: String,
    /// The pull request.
    pub pull: Option<u64>,
    /// The account that caused it.
    pub actor: u64,
    /// The inputs.
    pub inputs: Value,
}

/// Whether a filter of `branches`, `tags` or `paths` accepts a name: `**` crosses slashes, `!` excludes again.
fn passes(patterns: &[String], name: &str) -> bool {
    let mut passed = false;
    for pattern in patterns {
        let (takes, pattern) =
            pattern.strip_prefix('!').map_or((true, pattern.as_str()), |rest| (false, rest));
        let expression = regex::escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*");
        if Regex::new(&format!("^{expression}$")).is_ok_and(|expression| expression.is_match(name)) {
            passed = takes;
        }
    }
    passed
}

fn filtered(settings: &Value, name: &str, filter: &str, ignored: &str) -> bool {
    let (wanted, unwanted) = (texts(settings.get(filter)), texts(settings.get(ignored)));
    (settings.get(filter).is_none() || passes(&wanted, name)) && !passes(&unwanted, name)
}

/// Whether any changed file passes `paths`.
fn touches(settings: &Value, files: &[String]) -> bool {
    let wanted = texts(settings.get("paths"));
    let ignored = texts(settings.get("paths-ignore"));
    (settings.get("paths").is_none() || files.iter().any(|file| passes(&wanted, file)))
        && (ignored.is_empty() || files.iter().any(|file| !passes(&ignored, file)))
}

impl World {
    /// Makes a run in its first attempt.
    ///
    /// # Errors
    /// `run-name` or the concurrency group is not a valid expression.
    pub fn start(&mut self, start: Start) -> Result<u64, String> {
        let (id, now) = (self.next_id(), self.now());
        let numbers = &mut self.repository_mut(start.repository).run_numbers;
        let number = numbers.entry(start.path.clone()).or_default();
        *number += 1;
        let mut run = Run {
            id,
            repository: start.repository,
            path: start.path,
            workflow: start.workflow,
            workflow_id: start.workflow_id,
            event: start.event,
            reference: start.reference,
            head_branch: start.head_branch,
            head_repository: start.head_repository,
            head_sha: start.head_sha,
            sha: start.sha,
            pull: start.pull,
            actor: start.actor,
            triggering_actor: start.actor,
            attempt: 1,
            number: *number,
            inputs: start.inputs,
            title: String::new(),
            group: None,
            status: "queued",
            conclusion: None,
            jobs: Vec::new(),
            approvals: Vec::new(),
            logs_deleted: false,
            earlier: Vec::new(),
            created_at: now,
            started_at: now,
            updated_at: now,
        };
        let known = contexts::of_run(self, &run);
        let message = self.store(run.repository).commit(&run.head_sha).map(|commit| commit.message.clone());
        run.title = match (&run.workflow.run_name, run.pull) {
            (Some(name), _) => fill(name, &known, Standing::Success)?,
            (None, Some(pull)) => self.repository(run.repository).pulls[&pull].title.clone(),
            (None, None) if run.event == "push" => {
                message.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
            }
            (None, None) => run.workflow.name.clone().unwrap_or_else(|| run.path.clone()),
        };
        let (group, cancels) = match &run.workflow.concurrency {
            Some(Value::String(group)) => (Some(group.clone()), false),
            Some(settings) => (
                settings["group"].as_str().map(str::to_owned),
                contexts::flag(&settings["cancel-in-progress"], &known)?,
            ),
            None => (None, false),
        };
        run.group = group.map(|group| fill(&group, &known, Standing::Success)).transpose()?;
        run.jobs = self.new_jobs(&run);
        self.runs.insert(id, run);
        self.enter_group(id, cancels);
        Ok(id)
    }

    /// Starts the workflows for a push to a branch.
    pub fn started_by_push(&mut self, caller: &Caller, id: u64, reference: &str, sha: &str) {
        if reference == format!("refs/heads/{}", self.repository(id).default_branch) {
            self.note_workflows(id);
        }
        if caller.run().is_some() {
            return;
        }
        let Some(branch) = reference.strip_prefix("refs/heads/").map(str::to_owned) else { return };
        let store = self.store(id);
        let parent = store.commit(sha).and_then(|commit| commit.parents.first().cloned());
        let files: Vec<String> =
            changes(store, parent.as_deref(), sha).into_iter().map(|change| change.path).collect();
        for (path, workflow, settings) in self.listening(id, sha, "push") {
            if !filtered(&settings, &branch, "branches", "branches-ignore") || !touches(&settings, &files) {
                continue;
            }
            if settings.get("tags").is_some() && settings.get("branches").is_none() {
                continue;
            }
            let workflow_id = self.workflow(id, &path).map(|(_, id)| id).unwrap_or_default();
            let start = Start {
                repository: id,
                path,
                workflow,
                workflow_id,
                event: "push",
                reference: reference.to_owned(),
                head_branch: branch.clone(),
                head_repository: id,
                head_sha: sha.to_owned(),
                sha: sha.to_owned(),
                pull: None,
                actor: caller.account().unwrap_or_default(),
                inputs: Value::Null,
            };
            // An invalid workflow starts nothing. GitHub shows a failed run for it.
            let _ = self.start(start);
        }
    }

    /// Starts the workflows for a pull request, from the files of its merge with the base.
    pub fn started_by_pull(&mut self, caller: &Caller, id: u64, number: u64, action: &str) {
        if caller.run().is_some() {
            return;
        }
        let pull = self.repository(id).pulls[&number].clone();
        let Some(tip) = self.resolve(id, &format!("refs/heads/{}", pull.base_branch)) else { return };
        // A pull request that cannot be merged starts nothing.
        let Ok(files) = merged_files(self, id, &tip, &pull.head_sha) else { return };
        let actor = caller.account().unwrap_or_default();
        let signature = self.signature(actor);
        let tree = self.store_mut(id).put_files(&files);
        let sha = self.store_mut(id).put(Object::Commit(Commit {
            tree,
            parents: vec![tip.clone(), pull.head_sha.clone()],
            author: signature.clone(),
            committer: signature,
            message: format!("Merge {} into {tip}", pull.head_sha),
        }));
        let store = self.store(id);
        let parted = store.merge_base(&tip, &pull.head_sha);
        let touched: Vec<String> =
            changes(store, parted.as_deref(), &pull.head_sha).into_iter().map(|change| change.path).collect();
        for (path, workflow, settings) in self.listening(id, &sha, "pull_request") {
            let types = texts(settings.get("types"));
            let wanted = if types.is_empty() {
                ["opened", "synchronize", "reopened"].contains(&action)
            } else {
                types.iter().any(|kind| kind == action)
            };
            if !wanted
                || !filtered(&settings, &pull.base_branch, "branches", "branches-ignore")
                || !touches(&settings, &touched)
            {
                continue;
            }
            let workflow_id = self.workflow(id, &path).map(|(_, id)| id).unwrap_or_default();
            let start = Start {
                repository: id,
                path,
                workflow,
                workflow_id,
                event: "pull_request",
                reference: format!("refs/pull/{number}/merge"),
                head_branch: pull.head_branch.clone(),
                head_repository: pull.head_repository,
                head_sha: pull.head_sha.clone(),
                sha: sha.clone(),
                pull: Some(number),
                actor,
                inputs: json!({"action": action}),
            };
            let _ = self.start(start);
        }
    }

    /// Starts the workflows for a new comment, on an issue or a pull request: always the files of the default branch, at its tip
    /// (GitHub, "Events that trigger workflows", `issue_comment`). The person who wrote it may have no right but to read.
    pub fn started_by_comment(&mut self, caller: &Caller, id: u64, number: u64, comment: u64) {
        if caller.run().is_some() {
            return;
        }
        let head_branch = self.repository(id).default_branch.clone();
        let reference = format!("refs/heads/{head_branch}");
        let Some(sha) = self.resolve(id, &reference) else { return };
        for (path, workflow, settings) in self.listening(id, &sha, "issue_comment") {
            let types = texts(settings.get("types"));
            if !types.is_empty() && !types.iter().any(|kind| kind == "created") {
                continue;
            }
            let workflow_id = self.workflow(id, &path).map(|(_, id)| id).unwrap_or_default();
            let start = Start {
                repository: id,
                path,
                workflow,
                workflow_id,
                event: "issue_comment",
                reference: reference.clone(),
                head_branch: head_branch.clone(),
                head_repository: id,
                head_sha: sha.clone(),
                sha: sha.clone(),
                pull: None,
                actor: caller.account().unwrap_or_default(),
                inputs: json!({ "action": "created", "issue": number, "comment": comment }),
            };
            let _ = self.start(start);
        }
    }

    /// The workflow files at a commit that an event starts, with the event's settings.
    fn listening(&self, id: u64, sha: &str, event: &str) -> Vec<(String, Workflow, Value)> {
        let files = self.store(id).files(sha);
        let disabled = &self.repository(id).disabled;
        let paths = files
            .into_keys()
            .filter(|path| path.starts_with(".github/workflows/") && !disabled.contains(path));
        let read = |path: String| {
            let workflow = Workflow::parse(&self.file(id, sha, &path)?).ok()?;
            let settings = workflow.trigger(event)?;
            Some((path, workflow, settings))
        };
        paths.filter_map(read).collect()
    }
}
