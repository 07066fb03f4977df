//! The changes of a plan, without the values that it would write.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::error::Category;

use super::action::Action;
use super::format::Head;
use super::format::Plan;
use super::format::Resource;

/// The longest plan, in bytes of JSON.
pub const MAX_PLAN: usize = 64 << 20;
/// The longest address, name or other text of a plan that is shown, in bytes.
const MAX_TEXT: usize = 4 << 10;
/// The major version of the format that is read. Every minor version of it only adds members.
const MAJOR: &str = "1";

/// Why bytes are not a plan that can be shown. No text has a value of the plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// More than [`MAX_PLAN`] bytes.
    #[error("it is larger than {} MiB", MAX_PLAN >> 20)]
    Large,
    /// Not JSON, or JSON that breaks off.
    #[error("it is not whole, valid JSON: the reader stopped in line {0}, column {1}")]
    Json(usize, usize),
    /// A member is missing, twice there, or of another kind than the format says.
    #[error(
        "it is not in the documented format: a member is missing, doubled or of another kind before line {0}, column {1}"
    )]
    Shape(usize, usize),
    /// The JSON has no version.
    #[error("it has no format_version, so it is no output of `terraform show -json`")]
    Version,
    /// Another major version.
    #[error("it has the format {0:?}, and this jit reads version 1.x")]
    Newer(String),
    /// The JSON of a state.
    #[error("it has no planned_values, so it shows a state and not a plan")]
    State,
    /// The plan has resources, and says nothing about their changes.
    #[error("it has resources, and no resource_changes")]
    NoChanges,
    /// A change that names no object.
    #[error("an address or a name in it is empty")]
    Empty,
    /// An address that would fill the window.
    #[error("an address or a name in it is longer than {MAX_TEXT} bytes")]
    Long,
    /// Two changes of one object, or of one output.
    #[error("{0:?} has two changes")]
    Twice(String),
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        // Its text may quote a value.
        match error.classify() {
            Category::Data => Self::Shape(error.line(), error.column()),
            Category::Syntax | Category::Eof | Category::Io => Self::Json(error.line(), error.column()),
        }
    }
}

/// A change of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The action.
    pub action: Action,
    /// The words of the plan for an unknown action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Vec<String>>,
    /// The object's address.
    pub address: String,
    /// The address that it had before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_address: Option<String>,
    /// The key of an old object that a failed replacement left behind. `None` for the current object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposed: Option<String>,
    /// Whether an existing object comes under management first.
    pub imports: bool,
}

impl Change {
    /// Every text of the plan in it.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let words = self.words.iter().flatten();
        words.chain([&self.address]).chain(&self.previous_address).chain(&self.deposed)
    }
}

/// How the plan's checks ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Checks {
    /// All of them.
    pub all: usize,
    /// Those that failed, or ended in a way that the format does not have.
    pub failed: usize,
    /// Those that only the apply can decide.
    pub unknown: usize,
}

/// A plan, without its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The version of the program that made the JSON.
    pub terraform_version: Option<String>,
    /// The time of the plan, as it says.
    pub timestamp: Option<String>,
    /// Every change, the worst action first, else in the order of the plan.
    pub changes: Vec<Change>,
    /// How many resources stay as they are.
    pub unchanged: usize,
    /// The addresses of resources that something else than Terraform has changed.
    pub drift: Vec<String>,
    /// The names of the outputs that change.
    pub outputs: Vec<String>,
    /// The addresses of changes and actions that wait for a later plan.
    pub deferred: Vec<String>,
    /// The addresses of providers' actions that the apply starts.
    pub invokes: Vec<String>,
    /// The checks.
    pub checks: Checks,
    /// Whether the plan ended with an error. `None` if it does not say so.
    pub errored: Option<bool>,
    /// Whether nothing is left for a later plan. `None` if it does not say so.
    pub complete: Option<bool>,
    /// Whether Terraform would apply it. `None` if it does not say so.
    pub applyable: Option<bool>,
}

impl Summary {
    /// Reads the JSON of a plan.
    ///
    /// # Errors
    /// It is not the documented form, or says two things of one object.
    pub fn read(json: &[u8]) -> Result<Self, Unreadable> {
        if json.len() > MAX_PLAN {
            return Err(Unreadable::Large);
        }
        let head: Head = serde_json::from_slice(json)?;
        let version = head.format_version.ok_or(Unreadable::Version)?;
        if version.split('.').next() != Some(MAJOR) {
            return Err(Unreadable::Newer(version));
        }
        if head.planned_values.is_none() {
            return Err(Unreadable::State);
        }
        Self::of(serde_json::from_slice(json)?)
    }

    fn of(plan: Plan) -> Result<Self, Unreadable> {
        if plan.resource_changes.is_none() && plan.planned_values.has_resources() {
            return Err(Unreadable::NoChanges);
        }
        let mut changes = changes(plan.resource_changes)?;
        let all = changes.len();
        changes.retain(|change| change.action != Action::Nothing);
        let unchanged = all - changes.len();
        changes.sort_by_key(|change| change.action);
        let drift = changes_of_drift(plan.resource_drift)?;
        let outputs: Vec<(String, Action)> = plan.output_changes.map_or_else(Vec::new, |outputs| {
            let action =
                |(name, change): (String, super::format::Change)| (name, Action::of(&change.actions));
            outputs.0.into_iter().map(action).collect()
        });
        once(outputs.iter().map(|(name, _)| name.as_str()))?;
        let is_changed = |(name, action): (String, Action)| (action != Action::Nothing).then_some(name);
        let deferred = plan.deferred_changes.into_iter().flatten().map(|one| one.resource_change.address);
        let later = plan.deferred_action_invocations.into_iter().flatten();
        let deferred = deferred.chain(later.map(|one| one.action_invocation.address)).collect();
        let checks: Vec<String> = plan.checks.into_iter().flatten().map(|check| check.status).collect();
        let ended = |wanted: &dyn Fn(&str) -> bool| checks.iter().filter(|status| wanted(status)).count();
        let unknown = ended(&|status| status == "unknown");
        let summary = Self {
            terraform_version: plan.terraform_version,
            timestamp: plan.timestamp,
            changes,
            unchanged,
            drift,
            outputs: outputs.into_iter().filter_map(is_changed).collect(),
            deferred,
            invokes: plan.action_invocations.into_iter().flatten().map(|one| one.address).collect(),
            checks: Checks {
                all: checks.len(),
                failed: ended(&|status| status != "pass") - unknown,
                unknown,
            },
            errored: plan.errored,
            complete: plan.complete,
            applyable: plan.applyable,
        };
        if summary.texts().any(String::is_empty) {
            return Err(Unreadable::Empty);
        }
        if summary.texts().any(|text| text.len() > MAX_TEXT) {
            return Err(Unreadable::Long);
        }
        Ok(summary)
    }

    /// Every text of the plan in it.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let changes = self.changes.iter().flat_map(Change::texts);
        let named = [&self.drift, &self.outputs, &self.deferred, &self.invokes].into_iter().flatten();
        changes.chain(named).chain(&self.terraform_version).chain(&self.timestamp)
    }

    /// How many changes have this action.
    pub fn count(&self, action: Action) -> usize {
        self.changes.iter().filter(|change| change.action == action).count()
    }
}

fn changes(resources: Option<Vec<Resource>>) -> Result<Vec<Change>, Unreadable> {
    let changes: Vec<Change> = resources.into_iter().flatten().map(change).collect();
    let mut seen = BTreeSet::new();
    for Change { address, deposed, .. } in &changes {
        if !seen.insert((address, deposed)) {
            return Err(Unreadable::Twice(address.clone()));
        }
    }
    Ok(changes)
}

fn changes_of_drift(resources: Option<Vec<Resource>>) -> Result<Vec<String>, Unreadable> {
    Ok(changes(resources)?.into_iter().map(|change| change.address).collect())
}

fn change(resource: Resource) -> Change {
    let Resource { address, previous_address, deposed, change } = resource;
    let previous_address = previous_address.filter(|previous| *previous != address);
    let imports = change.importing.is_some();
    let action = match Action::of(&change.actions) {
        Action::Nothing if imports => Action::Import,
        Action::Nothing if previous_address.is_some() => Action::Move,
        action => action,
    };
    let words = (action == Action::Unknown).then_some(change.actions);
    Change { action, words, address, previous_address, deposed, imports }
}

/// Refuses a name that comes twice.
fn once<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Unreadable> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Unreadable::Twice(name.to_owned()));
        }
    }
    Ok(())
}
