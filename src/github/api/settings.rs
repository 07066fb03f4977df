//! The settings that the trust in a repository rests on: environments, rulesets, and the form of its tokens' subjects.

use http::Method;
use percent_encoding::NON_ALPHANUMERIC;
use percent_encoding::utf8_percent_encode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::BranchPattern;
use crate::github::api::models::Environment;
use crate::github::api::models::RulesetEntry;
use crate::github::api::models::SubjectForm;
use crate::github::api::transport::LONGEST_PAGE;

#[derive(Deserialize)]
struct Patterns {
    branch_policies: Vec<BranchPattern>,
}

/// A page of secrets. GitHub never shows their values.
#[derive(Deserialize)]
pub(super) struct Secrets {
    secrets: Vec<SecretName>,
}

#[derive(Deserialize)]
struct SecretName {
    name: String,
}

impl Secrets {
    /// The secrets' names.
    pub(super) fn names(self) -> Vec<String> {
        self.secrets.into_iter().map(|secret| secret.name).collect()
    }
}

impl GitHub {
    /// The form of the subjects in ID tokens.
    pub async fn subject_form(&self) -> Result<SubjectForm, GitHubError> {
        self.get(&self.path("/actions/oidc/customization/sub")).await
    }

    /// Sets the form of the subjects.
    pub async fn set_subject_form(&self, form: &SubjectForm) -> Result<(), GitHubError> {
        self.change(Method::PUT, &self.path("/actions/oidc/customization/sub"), form).await.map(|_| ())
    }

    /// An environment, if there is one of this name.
    pub async fn environment(&self, name: &str) -> Result<Option<Environment>, GitHubError> {
        self.find(&self.path(&format!("/environments/{}", segment(name)))).await
    }

    /// Creates or changes an environment so that only listed branches may use it.
    pub async fn protect_environment(&self, name: &str) -> Result<(), GitHubError> {
        let body = json!({
            "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true },
        });
        let path = self.path(&format!("/environments/{}", segment(name)));
        self.change(Method::PUT, &path, &body).await.map(|_| ())
    }

    /// The branches that an environment lists.
    pub async fn environment_branches(&self, name: &str) -> Result<Vec<BranchPattern>, GitHubError> {
        let path = self.path(&format!("/environments/{}/deployment-branch-policies", segment(name)));
        self.pages(&path, LONGEST_PAGE, |page: Patterns| page.branch_policies).await
    }

    /// Lets a branch use an environment.
    pub async fn allow_branch(&self, environment: &str, branch: &str) -> Result<(), GitHubError> {
        let path = self.path(&format!("/environments/{}/deployment-branch-policies", segment(environment)));
        let body = json!({ "name": branch, "type": "branch" });
        self.change(Method::POST, &path, &body).await.map(|_| ())
    }

    /// The names of the secrets that every workflow of the repository can read.
    pub async fn secrets(&self) -> Result<Vec<String>, GitHubError> {
        self.pages(&self.path("/actions/secrets"), LONGEST_PAGE, Secrets::names).await
    }

    /// The repository's rulesets.
    pub async fn rulesets(&self) -> Result<Vec<RulesetEntry>, GitHubError> {
        self.list(&self.path("/rulesets")).await
    }

    /// A whole ruleset, in GitHub's form.
    pub async fn ruleset(&self, id: u64) -> Result<Value, GitHubError> {
        self.get(&self.path(&format!("/rulesets/{id}"))).await
    }

    /// Creates a ruleset.
    pub async fn create_ruleset(&self, ruleset: &Value) -> Result<(), GitHubError> {
        self.change(Method::POST, &self.path("/rulesets"), ruleset).await.map(|_| ())
    }

    /// Replaces a ruleset.
    pub async fn update_ruleset(&self, id: u64, ruleset: &Value) -> Result<(), GitHubError> {
        self.change(Method::PUT, &self.path(&format!("/rulesets/{id}")), ruleset).await.map(|_| ())
    }
}

/// Encodes a name as one segment of a URL path.
pub(super) fn segment(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC).to_string()
}
