//! A repository and everything that belongs to it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::access::Role;
use super::actions::environments::Environment;
use super::pulls::Pull;

/// A repository.
#[derive(Debug, Clone)]
pub struct Repository {
    /// The numeric id, which survives renaming.
    pub id: u64,
    /// The owner's account.
    pub owner: u64,
    /// The name.
    pub name: String,
    /// Whether only accounts with a role can see it.
    pub private: bool,
    /// The default branch.
    pub default_branch: String,
    /// The repository that it is a fork of.
    pub fork_of: Option<u64>,
    /// The root of its network, whose objects it shares.
    pub network: u64,
    /// Direct collaborators.
    pub collaborators: BTreeMap<u64, Role>,
    /// Teams' roles.
    pub teams: BTreeMap<u64, Role>,
    /// Deploy keys: id, title, line, and whether it may only read. They push over SSH, past tokens and roles.
    pub deploy_keys: Vec<(u64, String, String, bool)>,
    /// Full ref names and commits.
    pub refs: BTreeMap<String, String>,
    /// Pull requests, by number.
    pub pulls: BTreeMap<u64, Pull>,
    /// The newest number of an issue or pull request.
    pub last_number: u64,
    /// Rulesets, by id, as GitHub shows them.
    pub rulesets: BTreeMap<u64, Value>,
    /// Classic branch protections, as they are set.
    pub protections: BTreeMap<String, Value>,
    /// Environments. Their names are compared case-insensitively.
    pub environments: Vec<Environment>,
    /// Whether readers may fork it.
    pub allow_forking: bool,
    /// Secrets of the organisation that it may use.
    pub lent_secrets: BTreeMap<String, (String, Timestamp)>,
    /// Repository secrets.
    pub secrets: BTreeMap<String, (String, Timestamp)>,
    /// Ids of all workflow files that were ever on the default branch, by path.
    pub workflows: BTreeMap<String, u64>,
    /// Workflows that somebody disabled, by path.
    pub disabled: BTreeSet<String>,
    /// Names of an organisation's own roles, shown in the place of the role that they are based on.
    pub custom_roles: BTreeMap<u64, String>,
    /// How many runs each workflow had.
    pub run_numbers: BTreeMap<String, u64>,
    /// How subjects of Actions tokens are formed.
    pub subject: Subject,
    /// The permissions of a workflow without `permissions`: `write` or `read`.
    pub default_permissions: &'static str,
    /// Whether `GITHUB_TOKEN` may approve pull requests.
    pub actions_may_approve: bool,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How the `sub` of Actions tokens is formed in a repository.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The chosen claims. `None` for the default form.
    pub keys: Option<Vec<String>>,
    /// Whether names include their ids: `repo:OWNER@id/NAME@id`.
    pub immutable: bool,
}

impl Repository {
    /// The environment with this name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.name.eq_ignore_ascii_case(name))
    }

    /// The environment with this name, to change it.
    pub fn environment_mut(&mut self, name: &str) -> Option<&mut Environment> {
        self.environments.iter_mut().find(|environment| environment.name.eq_ignore_ascii_case(name))
    }
}
