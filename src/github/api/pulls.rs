//! Pull requests, their reviews and comments.

use http::Method;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::ChangedFile;
use crate::github::api::models::Pull;
use crate::github::api::models::ReviewRecord;

impl GitHub {
    /// A pull request.
    pub async fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        self.get(&self.path(&format!("/pulls/{number}"))).await
    }

    /// Opens a pull request as a draft. GitHub does not merge drafts, and a merged request would move `main`.
    pub async fn create_pull(
        &self,
        title: &str,
        head: &str,
        base: &str,
        body: &str,
    ) -> Result<Pull, GitHubError> {
        let body = json!({ "title": title, "head": head, "base": base, "body": body, "draft": true });
        self.write(Method::POST, &self.path("/pulls"), &body).await
    }

    /// Closes a pull request.
    pub async fn close_pull(&self, number: u64) -> Result<(), GitHubError> {
        let body = json!({ "state": "closed" });
        self.change(Method::PATCH, &self.path(&format!("/pulls/{number}")), &body).await.map(|_| ())
    }

    /// Asks people and teams for a review, by their current names.
    pub async fn request_reviewers(
        &self,
        number: u64,
        people: &[String],
        teams: &[String],
    ) -> Result<(), GitHubError> {
        let body = json!({ "reviewers": people, "team_reviewers": teams });
        let path = self.path(&format!("/pulls/{number}/requested_reviewers"));
        self.change(Method::POST, &path, &body).await.map(|_| ())
    }

    /// The files that a pull request changes, all pages.
    pub async fn pull_files(&self, number: u64) -> Result<Vec<ChangedFile>, GitHubError> {
        self.list(&self.path(&format!("/pulls/{number}/files"))).await
    }

    /// Every review, oldest first.
    pub async fn reviews(&self, number: u64) -> Result<Vec<ReviewRecord>, GitHubError> {
        self.list(&self.path(&format!("/pulls/{number}/reviews"))).await
    }

    /// Submits a review of a pull request's commit. `event` is `APPROVE`, `REQUEST_CHANGES` or `COMMENT`.
    pub async fn create_review(
        &self,
        number: u64,
        commit: &str,
        event: &str,
        body: &str,
    ) -> Result<ReviewRecord, GitHubError> {
        let body = json!({ "commit_id": commit, "event": event, "body": body });
        self.write(Method::POST, &self.path(&format!("/pulls/{number}/reviews")), &body).await
    }
}
