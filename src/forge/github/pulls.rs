//! Pull requests, their reviews and comments.

use http::Method;
use jiff::Timestamp;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use super::models::ChangedFile;
use super::models::Comment;
use super::models::IssueEvent;
use super::models::Pull;
use super::models::ReviewRecord;
use super::transport::FEW;

/// How many pull requests one page holds: each comes with both of its repositories, some twenty kilobytes.
const LONG: usize = 30;

/// How many pages of closed ones are looked at.
const MOST_PAGES: usize = 10;

impl GitHub {
    /// A pull request.
    pub async fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        self.get(&self.path(&format!("/pulls/{number}"))).await
    }

    /// Every open pull request into a branch.
    pub async fn open_pulls(&self, base: &str) -> Result<Vec<Pull>, GitHubError> {
        self.pages(&self.path(&format!("/pulls?state=open&base={base}")), LONG, |page: Vec<Pull>| page).await
    }

    /// The newest closed pull requests into a branch, one page of at most `most`.
    pub async fn closed_pulls(&self, base: &str, most: usize) -> Result<Vec<Pull>, GitHubError> {
        let path = self.path(&format!("/pulls?state=closed&base={base}&sort=created&direction=desc"));
        let page = async |size: usize| self.get(&format!("{path}&per_page={size}")).await;
        match page(most).await {
            Err(GitHubError::TooLarge(_)) => page(FEW.min(most)).await,
            found => found,
        }
    }

    /// The closed pull requests into a branch that were opened since a time; nothing where there are too many to look at.
    pub async fn closed_pulls_since(
        &self,
        base: &str,
        since: Timestamp,
    ) -> Result<Option<Vec<Pull>>, GitHubError> {
        let path = self.path(&format!("/pulls?state=closed&base={base}&sort=created&direction=desc"));
        let mut found = Vec::new();
        for number in 1..=MOST_PAGES {
            let page: Vec<Pull> = match self.get(&format!("{path}&per_page={LONG}&page={number}")).await {
                Err(GitHubError::TooLarge(_)) => return Ok(None),
                page => page?,
            };
            let last = page.len() < LONG || page.iter().any(|pull| pull.created_at < since);
            found.extend(page.into_iter().filter(|pull| pull.created_at >= since));
            if last {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Every pull request from a branch of this repository, closed ones too.
    pub async fn pulls_from(&self, branch: &str) -> Result<Vec<Pull>, GitHubError> {
        let owner = &self.slug.owner;
        self.list(&self.path(&format!("/pulls?state=all&head={owner}:{branch}"))).await
    }

    /// Opens a pull request.
    pub async fn create_pull(
        &self,
        title: &str,
        head: &str,
        base: &str,
        body: &str,
    ) -> Result<Pull, GitHubError> {
        let body = json!({ "title": title, "head": head, "base": base, "body": body });
        self.write(Method::POST, &self.path("/pulls"), &body).await
    }

    /// Closes a pull request.
    pub async fn close_pull(&self, number: u64) -> Result<(), GitHubError> {
        let body = json!({ "state": "closed" });
        self.change(Method::PATCH, &self.path(&format!("/pulls/{number}")), &body).await.map(|_| ())
    }

    /// Asks people and teams for a review, by their names of today.
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

    /// Every review, the oldest first.
    pub async fn reviews(&self, number: u64) -> Result<Vec<ReviewRecord>, GitHubError> {
        self.list(&self.path(&format!("/pulls/{number}/reviews"))).await
    }

    /// Reviews a commit of a pull request. `event` is `APPROVE`, `REQUEST_CHANGES` or `COMMENT`.
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

    /// What happened to a pull request, all pages: what a dismissed review was before.
    pub async fn issue_events(&self, number: u64) -> Result<Vec<IssueEvent>, GitHubError> {
        self.list(&self.path(&format!("/issues/{number}/events"))).await
    }

    /// Every comment on a pull request.
    pub async fn comments(&self, number: u64) -> Result<Vec<Comment>, GitHubError> {
        self.list(&self.path(&format!("/issues/{number}/comments"))).await
    }

    /// Comments on a pull request.
    pub async fn create_comment(&self, number: u64, text: &str) -> Result<Comment, GitHubError> {
        let body = json!({ "body": text });
        self.write(Method::POST, &self.path(&format!("/issues/{number}/comments")), &body).await
    }

    /// Changes a comment.
    pub async fn update_comment(&self, id: u64, text: &str) -> Result<(), GitHubError> {
        let body = json!({ "body": text });
        self.change(Method::PATCH, &self.path(&format!("/issues/comments/{id}")), &body).await.map(|_| ())
    }
}
