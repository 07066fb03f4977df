//! A workflow file as GitHub reads it.
//!
//! Source: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::support::github::access::Level;
use crate::support::github::access::Permissions;

/// A workflow file. Unknown members are refused, so that a test does not silently miss something.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Workflow {
    /// The name. `None` for the path.
    pub name: Option<String>,
    /// The name of runs.
    pub run_name: Option<String>,
    /// Its triggers.
    pub on: Value,
    /// The permissions of its token, for all jobs.
    pub permissions: Option<Value>,
    /// Variables of all steps.
    #[serde(default)]
    pub env: BTreeMap<String, Value>,
    /// `defaults`, of which only `run.shell: bash` is supported.
    pub defaults: Option<Value>,
    /// The group of which only one runs at a time.
    pub concurrency: Option<Value>,
    /// The jobs.
    pub jobs: BTreeMap<String, JobFile>,
}

/// A job in the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JobFile {
    /// The name. `None` for the key.
    pub name: Option<String>,
    /// The labels of its runner, kept for readers of the file.
    pub runs_on: Value,
    /// The jobs that it needs: one, or a list.
    pub needs: Option<Value>,
    /// Whether it runs.
    #[serde(rename = "if")]
    pub condition: Option<Value>,
    /// The permissions of its token, which replace the workflow's.
    pub permissions: Option<Value>,
    /// The environment: a name, or `name` and `url`.
    pub environment: Option<Value>,
    /// The group of which only one runs at a time. Jobs run one after the other here, so this always holds.
    pub concurrency: Option<Value>,
    /// Its outputs.
    #[serde(default)]
    pub outputs: BTreeMap<String, String>,
    /// Variables of its steps.
    #[serde(default)]
    pub env: BTreeMap<String, Value>,
    /// `defaults`, of which only `run.shell: bash` is supported.
    pub defaults: Option<Value>,
    /// Its time limit, in minutes.
    pub timeout_minutes: Option<Value>,
    /// Whether its failure fails the run.
    pub continue_on_error: Option<Value>,
    /// The steps.
    pub steps: Vec<StepFile>,
}

/// A step in the file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepFile {
    /// The name.
    pub name: Option<String>,
    /// The key of its outputs.
    pub id: Option<String>,
    /// Whether it runs.
    #[serde(rename = "if")]
    pub condition: Option<Value>,
    /// Its script.
    pub run: Option<String>,
    /// Its action.
    pub uses: Option<String>,
    /// The action's inputs.
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
    /// Its variables.
    #[serde(default)]
    pub env: BTreeMap<String, Value>,
    /// The shell: `bash`, or absent.
    pub shell: Option<String>,
    /// The folder below the workspace.
    pub working_directory: Option<String>,
    /// Whether its failure fails the job.
    pub continue_on_error: Option<Value>,
    /// Its time limit, in minutes.
    pub timeout_minutes: Option<Value>,
}

/// One or several texts.
pub fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

impl Workflow {
    /// Parses a file.
    ///
    /// # Errors
    /// It is not YAML, not a workflow, or uses an unsupported feature.
    pub fn parse(text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            duplicate_keys: serde_saphyr::DuplicateKeyPolicy::Error,
        };
        let workflow: Self =
            serde_saphyr::from_str_with_options(text, options).map_err(|error| error.to_string())?;
        for (key, job) in &workflow.jobs {
            for step in &job.steps {
                if step.run.is_some() == step.uses.is_some() {
                    return Err(format!("a step of {key} must have either `run` or `uses`"));
                }
            }
            if let Some(missing) =
                texts(job.needs.as_ref()).iter().find(|needed| !workflow.jobs.contains_key(*needed))
            {
                return Err(format!("job {key} needs {missing}, which does not exist"));
            }
        }
        Ok(workflow)
    }

    /// An event's settings. `None` if the event does not start this workflow.
    pub fn trigger(&self, event: &str) -> Option<Value> {
        match &self.on {
            Value::String(one) if one == event => Some(Value::Null),
            Value::Array(many) if many.iter().any(|name| name == event) => Some(Value::Null),
            Value::Object(map) => map.get(event).cloned(),
            _ => None,
        }
    }

    /// The jobs' keys, each after those that it needs. Jobs in a cycle are left out.
    pub fn order(&self) -> Vec<String> {
        let mut ordered: Vec<String> = Vec::new();
        loop {
            let ready = self.jobs.iter().find(|(key, job)| {
                !ordered.contains(*key)
                    && texts(job.needs.as_ref()).iter().all(|needed| ordered.contains(needed))
            });
            let Some((key, _)) = ready else { return ordered };
            ordered.push(key.clone());
        }
    }
}

/// Every permission that `permissions` can name.
const NAMES: [&str; 14] = [
    "actions",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id_token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull_requests",
    "security_events",
    "statuses",
];

/// The permissions that `permissions:` gives: only those that it names, or the repository's default without it. A pull
/// request from a fork always reads only, and gets no ID token.
pub fn permissions(said: Option<&Value>, default: &str, from_fork: bool) -> Permissions {
    let all = |level: Level| NAMES.iter().map(|name| ((*name).to_owned(), level)).collect::<Permissions>();
    let mut granted = match said {
        Some(Value::String(word)) if word == "write-all" => all(Level::Write),
        Some(Value::String(word)) if word == "read-all" => {
            // An ID token has no read permission.
            all(Level::Read).into_iter().filter(|(name, _)| name != "id_token").collect()
        }
        Some(Value::Object(named)) => named
            .iter()
            .filter_map(|(name, level)| {
                let level = match level.as_str()? {
                    "read" => Level::Read,
                    "write" => Level::Write,
                    _ => return None,
                };
                Some((name.replace('-', "_"), level))
            })
            .collect(),
        Some(_) => Permissions::new(),
        None if default == "write" => {
            all(Level::Write).into_iter().filter(|(name, _)| name != "id_token").collect()
        }
        None => BTreeMap::from([("contents".to_owned(), Level::Read), ("packages".to_owned(), Level::Read)]),
    };
    if from_fork {
        granted.remove("id_token");
        granted.values_mut().for_each(|level| *level = Level::Read);
    }
    granted
}
