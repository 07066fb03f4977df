//! Environments: protection rules and the branches that may use them.
//!
//! Sources: <https://docs.github.com/rest/deployments/environments>; "Managing environments for deployment".

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use crate::support::github::access::Level;
use crate::support::github::access::Role;
use crate::support::github::answer::Answer;
use crate::support::github::answer::Fault;
use crate::support::github::answer::Outcome;
use crate::support::github::call::Call;
use crate::support::github::git::difference::url_path;
use crate::support::github::git::rules::matches;
use crate::support::github::plans::Plan;
use crate::support::github::shapes;
use crate::support::github::world::World;

/// A deployment environment.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Its id.
    pub id: u64,
    /// Its name, in its creator's spelling.
    pub name: String,
    /// Minutes to wait before a job.
    pub wait_timer: u64,
    /// Whether the person who caused a run may approve it.
    pub prevent_self_review: bool,
    /// The reviewers of a job: `User` or `Team`, and id. One approval is enough.
    pub reviewers: Vec<(String, u64)>,
    /// The references that may use it: `None` for all, or `(protected branches, named ones)`.
    pub policy: Option<(bool, bool)>,
    /// The named ones: id, pattern, `branch` or `tag`.
    pub policies: Vec<(u64, String, String)>,
    /// Its secrets, and when each was set.
    pub secrets: BTreeMap<String, (String, Timestamp)>,
    /// When it was created.
    pub created_at: Timestamp,
}

impl World {
    /// Makes an environment without protection, as naming one does.
    pub fn add_environment(&mut self, id: u64, name: &str) {
        if self.repository(id).environment(name).is_some() {
            return;
        }
        let environment = Environment {
            id: self.next_id(),
            name: name.to_owned(),
            wait_timer: 0,
            prevent_self_review: false,
            reviewers: Vec::new(),
            policy: None,
            policies: Vec::new(),
            secrets: BTreeMap::new(),
            created_at: self.now(),
        };
        self.repository_mut(id).environments.push(environment);
    }

    /// Whether a branch is protected in any way.
    pub fn is_protected_reference(&self, id: u64, reference: &str) -> bool {
        let branch = reference.strip_prefix("refs/heads/").unwrap_or_default();
        self.repository(id).protections.contains_key(branch) || !self.rules(id, reference).is_empty()
    }

    /// Whether jobs of this reference may use an environment.
    pub fn environment_admits(&self, id: u64, environment: &Environment, reference: &str) -> bool {
        match environment.policy {
            None => true,
            Some((true, _)) => self.is_protected_reference(id, reference),
            Some((false, _)) => environment.policies.iter().any(|(_, pattern, kind)| {
                let start = if kind == "tag" { "refs/tags/" } else { "refs/heads/" };
                match reference.strip_prefix(start) {
                    Some(name) => matches(pattern, name),
                    // A pull request's reference matches only as a whole.
                    None => kind == "branch" && matches(pattern, reference),
                }
            }),
        }
    }
}

/// An environment in the form of answers.
pub fn document(world: &World, id: u64, environment: &Environment) -> Value {
    let mut rules = Vec::new();
    if environment.wait_timer > 0 {
        rules.push(json!({"id": environment.id + 1_000_000, "node_id": shapes::node("Gate", environment.id), "type": "wait_timer", "wait_timer": environment.wait_timer}));
    }
    if !environment.reviewers.is_empty() {
        rules.push(json!({
            "id": environment.id + 2_000_000, "node_id": shapes::node("Gate", environment.id),
            "type": "required_reviewers", "prevent_self_review": environment.prevent_self_review,
            "reviewers": reviewers(world, id, environment),
        }));
    }
    if environment.policy.is_some() {
        rules.push(json!({"id": environment.id + 3_000_000, "node_id": shapes::node("Gate", environment.id), "type": "branch_policy"}));
    }
    let policy = environment.policy.map(
        |(protected, custom)| json!({"protected_branches": protected, "custom_branch_policies": custom}),
    );
    let at = environment.created_at.to_string();
    let path = url_path(&environment.name).replace('/', "%2F");
    json!({
        "id": environment.id, "node_id": shapes::node("Environment", environment.id), "name": environment.name,
        "url": world.repository_url(id, &format!("environments/{path}")),
        "html_url": format!("{}/{}/deployments/activity_log?environments_filter={path}", world.origins.web, world.full_name(id)),
        "created_at": at, "updated_at": at, "can_admins_bypass": true, "protection_rules": rules,
        "deployment_branch_policy": policy,
    })
}

/// The people who may approve, with their documents.
pub fn reviewers(world: &World, id: u64, environment: &Environment) -> Vec<Value> {
    let owner = &world.accounts[&world.repository(id).owner];
    let one = |(kind, reviewer): &(String, u64)| {
        let document = if kind == "Team" {
            owner
                .teams
                .iter()
                .find(|team| team.id == *reviewer)
                .map(|team| world.team_document(owner.id, team))
        } else {
            Some(world.simple_user(*reviewer))
        };
        json!({"type": kind, "reviewer": document})
    };
    environment.reviewers.iter().map(one).collect()
}

fn found<'a>(world: &'a World, id: u64, name: &str) -> Result<&'a Environment, Fault> {
    world.repository(id).environment(name).ok_or_else(Fault::not_found)
}

/// `GET environments`
pub fn list(world: &World, call: &Call, id: u64) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let environments = world.repository(id).environments.iter();
    Answer::named("environments", environments.map(|environment| document(world, id, environment)).collect())
}

/// `GET environments/{name}`
pub fn get(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    Answer::ok(document(world, id, found(world, id, name)?))
}

/// `PUT environments/{name}`: resets members that are not given.
pub fn put(world: &mut World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    world.paid_for(id, Plan::Team)?;
    let policy = &call.body["deployment_branch_policy"];
    let policy = match (policy["protected_branches"].as_bool(), policy["custom_branch_policies"].as_bool()) {
        (Some(protected), Some(custom)) if protected == custom => {
            let message =
                "The `protected_branches` and `custom_branch_policies` fields cannot have the same value.";
            return Err(Fault::unprocessable(message));
        }
        (Some(protected), Some(custom)) => Some((protected, custom)),
        _ => None,
    };
    let reviewers = call.body["reviewers"].as_array().cloned().unwrap_or_default();
    let reviewers: Vec<(String, u64)> = reviewers
        .iter()
        .filter_map(|reviewer| Some((reviewer["type"].as_str()?.to_owned(), reviewer["id"].as_u64()?)))
        .collect();
    if reviewers.len() > 6 {
        return Err(Fault::unprocessable("You can have at most 6 required reviewers"));
    }
    let wait_timer = call.body["wait_timer"].as_u64().unwrap_or_default();
    if (!reviewers.is_empty() || wait_timer > 0) && world.paid_for(id, Plan::Enterprise).is_err() {
        return Err(Fault::unprocessable(
            "Failed to create the environment protection rule. Please ensure the billing plan supports the required reviewers protection rule.",
        ));
    }
    world.add_environment(id, name);
    let environment = world.repository_mut(id).environment_mut(name).unwrap();
    environment.wait_timer = wait_timer;
    environment.prevent_self_review = call.flag("prevent_self_review");
    environment.reviewers = reviewers;
    environment.policy = policy;
    if policy.is_none_or(|(_, custom)| !custom) {
        environment.policies.clear();
    }
    Answer::ok(document(world, id, found(world, id, name)?))
}

/// `DELETE environments/{name}`
pub fn delete(world: &mut World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    found(world, id, name)?;
    world.repository_mut(id).environments.retain(|environment| !environment.name.eq_ignore_ascii_case(name));
    Answer::nothing()
}

fn policy_document((id, name, kind): &(u64, String, String)) -> Value {
    json!({"id": id, "node_id": shapes::node("GateBranchPolicy", *id), "name": name, "type": kind})
}

/// `GET environments/{name}/deployment-branch-policies`
pub fn policies(world: &World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "actions", Level::Read, Role::Read)?;
    let policies = found(world, id, name)?.policies.iter();
    Answer::named("branch_policies", policies.map(policy_document).collect())
}

/// `POST environments/{name}/deployment-branch-policies`: 404 unless the environment uses named ones.
pub fn add_policy(world: &mut World, call: &Call, id: u64, name: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    let policy =
        (world.next_id(), call.needed("name")?.to_owned(), call.text("type").unwrap_or("branch").to_owned());
    let environment = world.repository_mut(id).environment_mut(name).ok_or_else(Fault::not_found)?;
    if environment.policy != Some((false, true)) {
        return Err(Fault::not_found());
    }
    if environment.policies.iter().any(|(_, pattern, _)| *pattern == policy.1) {
        return Ok(Answer::Empty(303));
    }
    environment.policies.push(policy.clone());
    Answer::ok(policy_document(&policy))
}

/// `DELETE environments/{name}/deployment-branch-policies/{id}`
pub fn remove_policy(world: &mut World, call: &Call, id: u64, name: &str, policy: &str) -> Outcome {
    world.require(&call.caller, id, "administration", Level::Write, Role::Admin)?;
    let environment = world.repository_mut(id).environment_mut(name).ok_or_else(Fault::not_found)?;
    let before = environment.policies.len();
    environment.policies.retain(|(id, ..)| id.to_string() != policy);
    if environment.policies.len() == before { Err(Fault::not_found()) } else { Answer::nothing() }
}
