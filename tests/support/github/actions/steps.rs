//! The steps of one job, in order.
//!
//! Sources: "Variables reference" for the steps' variables; "Workflow commands" for the files that they write.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use super::checkout;
use super::contexts;
use super::expressions::Standing;
use super::expressions::fill;
use super::expressions::holds;
use super::run::Run;
use super::runner::Grant;
use super::runner::JobEnd;
use super::shell::Shell;
use super::shell::StepCall;
use super::shell::written;
use super::values::text;
use super::workflow::JobFile;
use super::workflow::StepFile;
use crate::support::github::GitHub;

/// The commit of an action that declares Node 20, which GitHub's runners removed in September 2026: `checkout` 4.2.2.
const NODE_20: &str = "@11bd71901bbe5b1630ceea73d27597364c9af683";

/// A running job.
pub struct JobRun<'a> {
    github: &'a GitHub,
    shell: &'a dyn Shell,
    run: &'a Run,
    key: &'a str,
    file: &'a JobFile,
    grant: &'a Grant,
    workspace: PathBuf,
    known: Value,
    standing: Standing,
    /// Variables that steps added, and folders that they added to the path.
    added: BTreeMap<String, String>,
    masks: Vec<String>,
    steps: Vec<(String, Option<&'static str>)>,
    log: String,
}

impl<'a> JobRun<'a> {
    /// A job before its first step.
    pub fn new(
        github: &'a GitHub,
        shell: &'a dyn Shell,
        run: &'a Run,
        key: &'a str,
        grant: &'a Grant,
        workspace: &Path,
    ) -> Self {
        let mut known = contexts::of_run(&github.world(), run);
        known["needs"] = contexts::needs(run, key);
        known["github"]["token"] = json!(grant.token);
        known["github"]["job"] = json!(key);
        known["github"]["workspace"] = json!(workspace.join("work"));
        known["secrets"] = json!(grant.secrets);
        known["secrets"]["GITHUB_TOKEN"] = json!(grant.token);
        known["steps"] = json!({});
        known["job"] = json!({"status": "success"});
        known["runner"] = json!({"os": "Linux", "arch": "X64", "temp": workspace.join("temp"), "environment": "github-hosted"});
        let masks =
            grant.secrets.values().chain([&grant.token]).filter(|value| !value.is_empty()).cloned().collect();
        Self {
            github,
            shell,
            run,
            key,
            file: &run.workflow.jobs[key],
            grant,
            workspace: workspace.to_owned(),
            known,
            standing: Standing::Success,
            added: BTreeMap::new(),
            masks,
            steps: Vec::new(),
            log: String::new(),
        }
    }

    /// Runs the steps and returns the result.
    pub fn finish(mut self) -> JobEnd {
        for folder in ["work", "temp"] {
            std::fs::create_dir_all(self.workspace.join(folder)).unwrap();
        }
        let event = contexts::event(&self.github.world(), self.run);
        std::fs::write(self.workspace.join("event.json"), event.to_string()).unwrap();
        let file = self.file;
        for (index, step) in file.steps.iter().enumerate() {
            let name = step.name.clone().or_else(|| step.uses.clone()).unwrap_or_else(|| {
                format!("Run {}", step.run.as_deref().unwrap_or_default().lines().next().unwrap_or_default())
            });
            let conclusion = match self.step(index, &name, step) {
                Ok(conclusion) => conclusion,
                Err(reason) => {
                    self.note(&format!("{reason}\n"));
                    "failure"
                }
            };
            if conclusion == "failure"
                && !step.continue_on_error.as_ref().is_some_and(|flag| *flag == json!(true))
            {
                self.standing = Standing::Failure;
                self.known["job"]["status"] = json!("failure");
            }
            if let Some(id) = &step.id {
                self.known["steps"][id]["outcome"] = json!(conclusion);
                self.known["steps"][id]["conclusion"] = json!(conclusion);
            }
            self.steps.push((name, Some(conclusion)));
        }
        let outputs = self.outputs();
        JobEnd { standing: self.standing, outputs, steps: self.steps, log: self.log }
    }

    /// Appends to the log with every secret masked, as the runner does.
    fn note(&mut self, text: &str) {
        let mut text = text.to_owned();
        for mask in &self.masks {
            text = text.replace(mask, "***");
        }
        self.log.push_str(&text);
    }

    /// The job's outputs. One that contains a secret is left out, and the log says so.
    fn outputs(&mut self) -> BTreeMap<String, String> {
        let mut outputs = BTreeMap::new();
        for (name, template) in &self.file.outputs {
            match fill(template, &self.known, self.standing) {
                Ok(value) if self.masks.iter().any(|mask| value.contains(mask)) => {
                    self.note(&format!("Skip output '{name}' since it may contain secret.\n"));
                }
                Ok(value) => {
                    outputs.insert(name.clone(), value);
                }
                Err(reason) => self.note(&format!("{reason}\n")),
            }
        }
        outputs
    }

    fn filled(&self, variables: &BTreeMap<String, Value>) -> Result<BTreeMap<String, String>, String> {
        let one = |(name, value): (&String, &Value)| {
            Ok((name.clone(), fill(&text(value), &self.known, self.standing)?))
        };
        variables.iter().map(one).collect()
    }

    fn step(&mut self, index: usize, name: &str, step: &StepFile) -> Result<&'static str, String> {
        let mut variables = self.filled(&self.run.workflow.env)?;
        self.known["env"] = json!(variables);
        variables.extend(self.filled(&self.file.env)?);
        variables.extend(self.added.clone());
        self.known["env"] = json!(variables);
        variables.extend(self.filled(&step.env)?);
        self.known["env"] = json!(variables);
        if !holds(step.condition.as_ref(), &self.known, self.standing)? {
            return Ok("skipped");
        }
        let work = self.workspace.join("work");
        if let Some(uses) = &step.uses {
            if uses.ends_with(NODE_20) {
                return Err(format!("{uses} runs on node20, which this runner does not have"));
            }
            if !uses.starts_with("actions/checkout@") {
                return Err(format!("{uses} is not known to this GitHub"));
            }
            let outputs = checkout::run(self.github, self.run, &self.grant.token, &work)?;
            self.keep(step, &outputs);
            return Ok("success");
        }
        if let Some(shell) = step.shell.as_deref().filter(|shell| *shell != "bash") {
            return Err(format!("the shell {shell} is not known to this GitHub"));
        }
        let script = fill(step.run.as_deref().unwrap_or_default(), &self.known, self.standing)?;
        self.group(&script, &variables);
        let mut environment = self.told();
        let files = ["GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"]
            .map(|file| (file, self.workspace.join(format!("{file}.{index}"))));
        for (name, file) in &files {
            std::fs::write(file, "").unwrap();
            environment.insert((*name).to_owned(), file.display().to_string());
        }
        // The file's value for a runner variable is ignored, as on GitHub.
        for (name, value) in variables {
            environment.entry(name).or_insert(value);
        }
        let folder = step.working_directory.as_ref().map_or_else(|| work.clone(), |folder| work.join(folder));
        let call = StepCall { job: self.key.to_owned(), name: name.to_owned(), script, environment, folder };
        let ended = self.shell.run(&call);
        for line in ended.log.lines() {
            if let Some(mask) = line.strip_prefix("::add-mask::").filter(|mask| !mask.is_empty()) {
                self.masks.push(mask.to_owned());
            }
        }
        self.note(&ended.log);
        let [output, variables, path, _] = &files;
        self.keep(step, &written(&output.1)?.into_iter().collect());
        self.added.extend(written(&variables.1)?);
        for folder in std::fs::read_to_string(&path.1).unwrap_or_default().lines() {
            let paths = self.added.entry("PATH".to_owned()).or_default();
            *paths = if paths.is_empty() { folder.to_owned() } else { format!("{folder}:{paths}") };
        }
        if ended.code != 0 {
            self.note(&format!("Error: Process completed with exit code {}.\n", ended.code));
            return Ok("failure");
        }
        Ok("success")
    }

    /// Prints the script and the variables that the file sets, as the runner does before each step.
    fn group(&mut self, script: &str, variables: &BTreeMap<String, String>) {
        let first = script.lines().next().unwrap_or_default();
        let mut text = format!("##[group]Run {first}\n{}\n", script.trim_end());
        if !variables.is_empty() {
            text.push_str("env:\n");
        }
        variables.iter().for_each(|(name, value)| text.push_str(&format!("  {name}: {value}\n")));
        text.push_str("##[endgroup]\n");
        self.note(&text);
    }

    fn keep(&mut self, step: &StepFile, outputs: &BTreeMap<String, String>) {
        if let Some(id) = &step.id {
            self.known["steps"][id] = json!({"outputs": outputs});
        }
    }

    fn runner_environment(&self) -> &'static str {
        let own = self.run.job(self.key).is_some_and(|job| job.host.is_some());
        if own { "self-hosted" } else { "github-hosted" }
    }

    /// The variables that the runner sets. `GITHUB_TOKEN` is not one of them: a workflow has to pass it on.
    fn told(&self) -> BTreeMap<String, String> {
        let github = &self.known["github"];
        let mut told = BTreeMap::new();
        for name in [
            "event_name",
            "repository",
            "repository_id",
            "repository_owner",
            "repository_owner_id",
            "ref",
            "ref_name",
            "ref_type",
            "ref_protected",
            "sha",
            "run_id",
            "run_number",
            "run_attempt",
            "actor",
            "actor_id",
            "triggering_actor",
            "workflow",
            "workflow_ref",
            "workflow_sha",
            "head_ref",
            "base_ref",
            "api_url",
            "server_url",
            "graphql_url",
            "job",
            "workspace",
        ] {
            told.insert(format!("GITHUB_{}", name.to_uppercase()), text(&github[name]));
        }
        let path = |name: &str| self.workspace.join(name).display().to_string();
        for (name, value) in [
            ("CI", "true".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_EVENT_PATH", path("event.json")),
            ("RUNNER_TEMP", path("temp")),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            ("RUNNER_ENVIRONMENT", self.runner_environment().to_owned()),
            ("HOME", path("temp")),
        ] {
            told.insert(name.to_owned(), value);
        }
        if let Some((url, token)) = &self.grant.id_token {
            told.insert("ACTIONS_ID_TOKEN_REQUEST_URL".to_owned(), url.clone());
            told.insert("ACTIONS_ID_TOKEN_REQUEST_TOKEN".to_owned(), token.clone());
        }
        told
    }
}
