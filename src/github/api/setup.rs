//! The calls that only the setup of a repository makes: its first commit, and a pull request that is meant to be merged.

use data_encoding::BASE64;
use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Pull;

/// One rule that applies to a branch.
#[derive(Deserialize)]
struct BranchRule {
    #[serde(rename = "type")]
    kind: String,
}

impl GitHub {
    /// The kinds of the active rules for a branch ("Get rules for a branch"), whether or not the branch exists. Classic protections
    /// are not among them.
    pub async fn rules_of(&self, branch: &str) -> Result<Vec<String>, GitHubError> {
        let rules: Vec<BranchRule> = self.list(&self.path(&format!("/rules/branches/{branch}"))).await?;
        Ok(rules.into_iter().map(|rule| rule.kind).collect())
    }

    /// Creates a file on the default branch ("Create or update file contents"). It works in an empty repository, where all calls of
    /// the git database answer 409 ("Git Repository is empty.").
    pub async fn create_file(&self, path: &str, content: &[u8], message: &str) -> Result<(), GitHubError> {
        let body = json!({ "message": message, "content": BASE64.encode(content) });
        self.change(Method::PUT, &self.path(&format!("/contents/{path}")), &body).await.map(|_| ())
    }

    /// Opens a pull request that is to be merged. Unlike a request's, it is no draft.
    pub async fn propose(
        &self,
        title: &str,
        head: &str,
        base: &str,
        body: &str,
    ) -> Result<Pull, GitHubError> {
        let body = json!({ "title": title, "head": head, "base": base, "body": body });
        self.write(Method::POST, &self.path("/pulls"), &body).await
    }
}
