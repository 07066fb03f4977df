//! Pull requests, their reviews and comments.

use http::Method;
use jiff::Timestamp;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::ChangedFile;
use crate::github::api::models::IssueEvent;
use crate::github::api::models::Pull;
use crate::github::api::models::ReviewRecord;
use crate::github::api::transport::FEW;

/// How many pull requests one page has. Each includes both of its repositories, some twenty kilobytes.
const LONG: usize = 30;

/// How many pages of the latest pull requests are read.
const MOST_PAGES: usize = 10;
/// How often the latest pull requests are read again because something changed meanwhile.
const MOST_TRIES: usize = 3;

/// The pull requests that changed last.
const LATEST: &str = "/pulls?state=all&sort=updated&direction=desc";

/// The pull request that changed last, and when.
type Change = Option<(u64, Option<Timestamp>)>;

fn change(pull: &Pull) -> (u64, Option<Timestamp>) {
    (pull.number, pull.updated_at)
}

impl GitHub {
    /// A pull request.
    pub async fn pull(&self, number: u64) -> Result<Pull, GitHubError> {
        self.get(&self.path(&format!("/pulls/{number}"))).await
    }

    /// Every open pull request into a branch.
    pub async fn open_pulls(&self, base: &str) -> Result<Vec<Pull>, GitHubError> {
        self.pages(&self.path(&format!("/pulls?state=open&base={base}")), LONG, |page: Vec<Pull>| page).await
    }

    /// Every open pull request into any branch, because its author can change the base at any time.
    pub async fn open_pulls_anywhere(&self) -> Result<Vec<Pull>, GitHubError> {
        self.pages(&self.path("/pulls?state=open"), LONG, |page: Vec<Pull>| page).await
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

    /// Every pull request that was updated since a time, in any state and with any base. `None` if there are too many
    /// to read. A review counts as an update.
    pub async fn pulls_changed_since(&self, since: Timestamp) -> Result<Option<Vec<Pull>>, GitHubError> {
        for _ in 0..MOST_TRIES {
            let Some((first, found)) = self.changed_since(since).await? else { return Ok(None) };
            // A pull request that is updated between two pages moves from an unread page to one that was read.
            if found.len() < LONG || self.newest_change().await? == first {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn changed_since(&self, since: Timestamp) -> Result<Option<(Change, Vec<Pull>)>, GitHubError> {
        let mut found: Vec<Pull> = Vec::new();
        let mut first = None;
        for number in 1..=MOST_PAGES {
            let page: Vec<Pull> =
                match self.get(&self.path(&format!("{LATEST}&per_page={LONG}&page={number}"))).await {
                    Err(GitHubError::TooLarge(_)) => return Ok(None),
                    page => page?,
                };
            if number == 1 {
                first = page.first().map(change);
            }
            let is_old = |pull: &Pull| pull.updated_at.is_some_and(|at| at < since);
            let last = page.len() < LONG || page.iter().any(is_old);
            found.extend(page.into_iter().filter(|pull| !is_old(pull)));
            if last {
                return Ok(Some((first, found)));
            }
        }
        Ok(None)
    }

    async fn newest_change(&self) -> Result<Change, GitHubError> {
        let page: Vec<Pull> = self.get(&self.path(&format!("{LATEST}&per_page=1&page=1"))).await?;
        Ok(page.first().map(change))
    }

    /// Every pull request from a branch of the repository with this numeric id, including closed ones. A fork in the
    /// same organisation has the same owner, so the id excludes its branches.
    pub async fn pulls_from(&self, repository: u64, branch: &str) -> Result<Vec<Pull>, GitHubError> {
        let owner = &self.slug.owner;
        let mut pulls: Vec<Pull> =
            self.list(&self.path(&format!("/pulls?state=all&head={owner}:{branch}"))).await?;
        pulls.retain(|pull| pull.is_from(repository));
        Ok(pulls)
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

    /// The events of a pull request, all pages. They contain the earlier states of dismissed reviews.
    pub async fn issue_events(&self, number: u64) -> Result<Vec<IssueEvent>, GitHubError> {
        self.list(&self.path(&format!("/issues/{number}/events"))).await
    }
}
