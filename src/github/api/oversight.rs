//! What a repository's administrators decide, and mostly they alone see: who may fork, which keys push, what Actions may do.

use serde::Deserialize;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Account;
use crate::github::api::transport::LONGEST_PAGE;

/// How open a repository is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Openness {
    /// The numeric id.
    pub id: u64,
    /// Who owns it.
    pub owner: Account,
    /// Whether only members see it.
    pub private: bool,
    /// Whether it is a fork.
    #[serde(default)]
    pub fork: bool,
    /// Whether members may make forks, where GitHub tells.
    #[serde(default)]
    pub allow_forking: Option<bool>,
    /// The default branch.
    #[serde(default)]
    pub default_branch: String,
}

/// What workflows get that say nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WorkflowDefaults {
    /// `read` or `write`.
    pub default_workflow_permissions: String,
    /// Whether a workflow's own token may approve pull requests.
    pub can_approve_pull_request_reviews: bool,
}

/// Whether workflows run at all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ActionsSwitch {
    /// Whether they do.
    pub enabled: bool,
}

/// A key that reads or pushes over SSH.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DeployKey {
    /// Its id.
    pub id: u64,
    /// What somebody called it.
    #[serde(default)]
    pub title: String,
    /// Whether it only reads.
    pub read_only: bool,
}

/// Somebody who may do something in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Collaborator {
    login: String,
    #[serde(default)]
    role_name: String,
}

#[derive(Deserialize)]
struct Secrets {
    secrets: Vec<SecretName>,
}

#[derive(Deserialize)]
struct SecretName {
    name: String,
}

fn names(page: Secrets) -> Vec<String> {
    page.secrets.into_iter().map(|secret| secret.name).collect()
}

impl GitHub {
    /// How open the repository is.
    pub async fn openness(&self) -> Result<Openness, GitHubError> {
        self.get(&self.path("")).await
    }

    /// The names of an environment's secrets.
    pub async fn environment_secrets(&self, environment: &str) -> Result<Vec<String>, GitHubError> {
        let environment = crate::github::api::settings::segment(environment);
        self.pages(&self.path(&format!("/environments/{environment}/secrets")), LONGEST_PAGE, names).await
    }

    /// The names of the secrets that the organisation lends to this repository.
    pub async fn organisation_secrets(&self) -> Result<Vec<String>, GitHubError> {
        self.pages(&self.path("/actions/organization-secrets"), LONGEST_PAGE, names).await
    }

    /// Whether workflows run.
    pub async fn actions(&self) -> Result<ActionsSwitch, GitHubError> {
        self.get(&self.path("/actions/permissions")).await
    }

    /// What workflows get that say nothing of it.
    pub async fn workflow_defaults(&self) -> Result<WorkflowDefaults, GitHubError> {
        self.get(&self.path("/actions/permissions/workflow")).await
    }

    /// The keys that read or push over SSH.
    pub async fn deploy_keys(&self) -> Result<Vec<DeployKey>, GitHubError> {
        self.list(&self.path("/keys")).await
    }

    /// The names of today of those who administer the repository.
    pub async fn administrators(&self) -> Result<Vec<String>, GitHubError> {
        let all: Vec<Collaborator> = self.list(&self.path("/collaborators?permission=admin")).await?;
        // An older server may not know the filter.
        Ok(all.into_iter().filter(|one| one.role_name == "admin").map(|one| one.login).collect())
    }
}
