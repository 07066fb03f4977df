//! The form of the answers to the queries.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::Reviewed;
use super::unreadable;
use crate::github::api::GitHubError;
use crate::github::api::models::Account;
use crate::github::api::models::Edited;
use crate::github::api::models::End;
use crate::github::api::models::Pull;
use crate::github::api::models::RepositoryId;
use crate::github::api::models::ReviewRecord;

#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) viewer: Option<Actor>,
    pub(super) repository: Option<Found>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Found {
    #[serde(default)]
    pub(super) id: String,
    pub(super) database_id: Option<u64>,
    #[serde(default)]
    pub(super) name_with_owner: String,
    #[serde(default)]
    pub(super) is_private: bool,
    #[serde(default)]
    pub(super) is_fork: bool,
    pub(super) viewer_permission: Option<String>,
    pub(super) owner: Option<Actor>,
    pub(super) default_branch_ref: Option<Named>,
    pub(super) main: Option<Reference>,
    pub(super) log: Option<Reference>,
    pub(super) pull_requests: Option<Page<FoundPull>>,
    pub(super) closed: Option<Page<FoundPull>>,
    pub(super) pull_request: Option<FoundPull>,
    pub(super) pull_request_reviews: Option<FoundReviews>,
}

#[derive(Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Deserialize)]
pub(super) struct Reference {
    pub(super) target: Option<Commit>,
}

#[derive(Deserialize)]
pub(super) struct Commit {
    pub(super) oid: String,
    pub(super) tree: Option<Object>,
    /// The newest commits that it contains, itself first.
    pub(super) history: Option<Nodes<Object>>,
}

/// A list without its end.
#[derive(Deserialize)]
pub(super) struct Nodes<T> {
    pub(super) nodes: Vec<T>,
}

#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) oid: String,
}

#[derive(Deserialize)]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    pub(super) kind: String,
    pub(super) login: String,
    #[serde(rename = "databaseId")]
    pub(super) id: Option<u64>,
}

impl Actor {
    /// An account without a number is nobody's.
    pub(super) fn account(self) -> Option<Account> {
        Some(Account { id: self.id?, login: self.login, kind: self.kind })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<T> {
    pub(super) page_info: PageEnd,
    pub(super) nodes: Vec<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageEnd {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundPull {
    pub(super) number: u64,
    pub(super) state: String,
    pub(super) title: String,
    pub(super) body: Option<String>,
    pub(super) url: String,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) author: Option<Actor>,
    pub(super) head_ref_name: String,
    pub(super) head_ref_oid: String,
    pub(super) head_repository: Option<RepositoryNumber>,
    pub(super) head_ref: Option<Branch>,
    pub(super) base_ref_name: String,
    pub(super) base_ref_oid: String,
    pub(super) base_repository: Option<RepositoryNumber>,
    #[serde(flatten)]
    pub(super) reviews: FoundReviews,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Branch {
    pub(super) associated_pull_requests: Nodes<PullNumber>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullNumber {
    pub(super) number: u64,
    pub(super) base_repository: Option<RepositoryNumber>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepositoryNumber {
    pub(super) database_id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundReviews {
    pub(super) reviews: Page<FoundReview>,
    pub(super) timeline_items: Page<Dismissal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FoundReview {
    pub(super) full_database_id: String,
    pub(super) state: String,
    pub(super) body: String,
    pub(super) submitted_at: Option<Timestamp>,
    pub(super) last_edited_at: Option<Timestamp>,
    pub(super) author: Option<Actor>,
    pub(super) editor: Option<Actor>,
    pub(super) commit: Option<Commit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dismissal {
    pub(super) previous_review_state: Option<String>,
    pub(super) review: Option<ReviewNumber>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewNumber {
    pub(super) full_database_id: String,
}

impl FoundPull {
    /// The pull request, and the first page of its reviews.
    pub(super) fn open(self) -> (Reviewed, FoundReviews) {
        let end = |branch, sha, repository: Option<RepositoryNumber>| End {
            branch,
            sha,
            repo: repository.and_then(|repository| repository.database_id).map(|id| RepositoryId { id }),
        };
        let siblings = self.head_ref.map(|branch| branch.associated_pull_requests.nodes);
        // Anybody may open one from here into a fork of their own, where numbers mean something else.
        let here = self.base_repository.as_ref().and_then(|repository| repository.database_id);
        let is_here = |pull: &PullNumber| {
            pull.base_repository.as_ref().and_then(|repository| repository.database_id) == here
        };
        let siblings = siblings.unwrap_or_default().into_iter().filter(is_here);
        let siblings = siblings.map(|pull| pull.number).collect();
        let reviewed = Reviewed {
            pull: Pull {
                number: self.number,
                state: if self.state == "OPEN" { "open" } else { "closed" }.to_owned(),
                title: self.title,
                body: self.body,
                user: self.author.and_then(Actor::account),
                created_at: self.created_at,
                updated_at: Some(self.updated_at),
                head: end(self.head_ref_name, self.head_ref_oid, self.head_repository),
                base: end(self.base_ref_name, self.base_ref_oid, self.base_repository),
                html_url: self.url,
            },
            siblings,
            reviews: Vec::new(),
            dismissed: BTreeMap::new(),
        };
        (reviewed, self.reviews)
    }
}

impl Reviewed {
    /// Adds a page of reviews and dismissals.
    ///
    /// # Errors
    /// A number is none.
    pub(super) fn take(&mut self, page: FoundReviews) -> Result<(), GitHubError> {
        for review in page.reviews.nodes {
            let edited = review.last_edited_at.map(|at| Edited {
                at,
                by: review.editor.and_then(Actor::account).map(|account| account.id),
            });
            self.reviews.push(ReviewRecord {
                id: number(&review.full_database_id)?,
                user: review.author.and_then(Actor::account),
                state: review.state,
                body: Some(review.body),
                commit_id: review.commit.map(|commit| commit.oid),
                submitted_at: review.submitted_at,
                edited,
            });
        }
        for dismissal in page.timeline_items.nodes {
            if let (Some(review), Some(state)) = (dismissal.review, dismissal.previous_review_state) {
                self.dismissed.insert(number(&review.full_database_id)?, state);
            }
        }
        Ok(())
    }
}

/// A `BigInt`, which is written as text.
fn number(text: &str) -> Result<u64, GitHubError> {
    text.parse().map_err(|_| unreadable("a number is none"))
}
