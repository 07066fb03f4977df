//! Settings that a repository's administrators decide and mostly only they can see: forks, deploy keys, permissions of
//! Actions.

use serde::Deserialize;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Account;
use crate::github::api::settings::Secrets;
use crate::github::api::settings::segment;
use crate::github::api::transport::LONGEST_PAGE;

/// The visibility of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Openness {
    /// The numeric id.
    pub id: u64,
    /// The owner.
    pub owner: Account,
    /// Whether only members can see it.
    pub private: bool,
    /// Whether it is a fork.
    #[serde(default)]
    pub fork: bool,
    /// Whether members may fork it, if GitHub reports it.
    #[serde(default)]
    pub allow_forking: Option<bool>,
    /// The default branch.
    #[serde(default)]
    pub default_branch: String,
}

/// The default permissions of workflows that declare none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowDefaults {
    /// `read` or `write`.
    pub default_workflow_permissions: String,
    /// Whether a workflow's own token may approve pull requests.
    pub can_approve_pull_request_reviews: bool,
}

/// Whether workflows are enabled.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActionsSwitch {
    /// Whether they are enabled.
    pub enabled: bool,
}

/// A key that reads or pushes over SSH.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeployKey {
    /// Its id.
    pub id: u64,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Whether it can only read.
    pub read_only: bool,
}

/// An account with access to the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Collaborator {
    /// Its current login.
    pub login: String,
    /// `read`, `triage`, `write`, `maintain`, `admin`, or a custom role of the organisation.
    #[serde(default)]
    pub role_name: String,
}

/// A workflow, as Actions sees it.
#[derive(Deserialize)]
struct WorkflowState {
    state: String,
}

impl GitHub {
    /// The repository's visibility.
    pub async fn openness(&self) -> Result<Openness, GitHubError> {
        self.get(&self.path("")).await
    }

    /// The names of an environment's secrets.
    pub async fn environment_secrets(&self, environment: &str) -> Result<Vec<String>, GitHubError> {
        let environment = segment(environment);
        self.pages(&self.path(&format!("/environments/{environment}/secrets")), LONGEST_PAGE, Secrets::names)
            .await
    }

    /// The names of the organisation's secrets that this repository may use.
    pub async fn organisation_secrets(&self) -> Result<Vec<String>, GitHubError> {
        self.pages(&self.path("/actions/organization-secrets"), LONGEST_PAGE, Secrets::names).await
    }

    /// Whether workflows are enabled.
    pub async fn actions(&self) -> Result<ActionsSwitch, GitHubError> {
        self.get(&self.path("/actions/permissions")).await
    }

    /// The default permissions of workflows that declare none.
    pub async fn workflow_defaults(&self) -> Result<WorkflowDefaults, GitHubError> {
        self.get(&self.path("/actions/permissions/workflow")).await
    }

    /// The repository's deploy keys.
    pub async fn deploy_keys(&self) -> Result<Vec<DeployKey>, GitHubError> {
        self.list(&self.path("/keys")).await
    }

    /// Everybody with access to the repository, by whatever way.
    pub async fn collaborators(&self) -> Result<Vec<Collaborator>, GitHubError> {
        self.list(&self.path("/collaborators")).await
    }

    /// `active`, or the state of a workflow that somebody or GitHub has disabled, by its path. `None` if there never was one.
    pub async fn workflow_state(&self, path: &str) -> Result<Option<String>, GitHubError> {
        let file = segment(path.rsplit('/').next().unwrap_or(path));
        let found: Option<WorkflowState> =
            self.find(&self.path(&format!("/actions/workflows/{file}"))).await?;
        Ok(found.map(|workflow| workflow.state))
    }
}
