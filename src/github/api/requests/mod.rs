//! The facts about a repository and its pull requests that a decision needs, in one query: reviews with their editors, dismissals,
//! heads, and every pull request of a branch.
//!
//! REST remains for four things that GraphQL cannot say: a run and its actor; the merge base of two commits and the files
//! between; what has changed, for free, with the mark of the last answer; and the scopes of a token.

mod answer;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Account;
use crate::github::api::models::Permissions;
use crate::github::api::models::Pull;
use crate::github::api::models::Repository;
use crate::github::api::models::ReviewRecord;
use answer::Actor;
use answer::Answer;
use answer::Found;
use answer::FoundPull;
use answer::Reference;

/// An account's numeric id is a field of each type of actor, and not of the interface.
const ACCOUNT: &str = "
fragment Account on Actor {
  __typename login
  ... on User { databaseId } ... on Bot { databaseId } ... on Organization { databaseId }
  ... on Mannequin { databaseId }
}";

/// A review's id no longer fits into the type `Int` of `databaseId`.
const REVIEWS: &str = "
fragment Reviews on PullRequest {
  reviews(first: $reviews, after: $reviewsAfter) {
    pageInfo { hasNextPage endCursor }
    nodes {
      fullDatabaseId state body submittedAt lastEditedAt
      author { ...Account } editor { ...Account } commit { oid }
    }
  }
  timelineItems(first: $reviews, after: $dismissalsAfter, itemTypes: [REVIEW_DISMISSED_EVENT]) {
    pageInfo { hasNextPage endCursor }
    nodes { ... on ReviewDismissedEvent { previousReviewState review { fullDatabaseId } } }
  }
}";

/// The repository with the heads of its branches, and pull requests.
const REQUESTS: &str = "
query Requests(
  $owner: String!, $name: String!, $list: Boolean!, $one: Boolean!, $number: Int!, $branch: String, $states: [PullRequestState!],
  $order: IssueOrder!, $pulls: Int!, $after: String, $reviews: Int!, $reviewsAfter: String, $dismissalsAfter: String
) {
  viewer { __typename login databaseId }
  repository(owner: $owner, name: $name) {
    databaseId nameWithOwner isPrivate isFork viewerPermission
    owner { ...Account }
    defaultBranchRef { name }
    main: ref(qualifiedName: \"refs/heads/main\") { target { oid } }
    log: ref(qualifiedName: \"refs/heads/jit-log\") { target { oid } }
    pullRequests(headRefName: $branch, states: $states, orderBy: $order, first: $pulls, after: $after)
      @include(if: $list) {
      pageInfo { hasNextPage endCursor }
      nodes { ...Pull }
    }
    pullRequest(number: $number) @include(if: $one) { ...Pull }
  }
}
fragment Pull on PullRequest {
  number state title url createdAt updatedAt
  author { ...Account }
  headRefName headRefOid headRepository { databaseId }
  headRef { associatedPullRequests(first: 20, states: [OPEN, CLOSED, MERGED]) {
    nodes { number baseRepository { databaseId } }
  } }
  baseRefName baseRefOid baseRepository { databaseId }
  ...Reviews
}";

/// The further reviews of a pull request.
const MORE: &str = "
query MoreReviews(
  $owner: String!, $name: String!, $number: Int!, $reviews: Int!, $reviewsAfter: String, $dismissalsAfter: String
) {
  repository(owner: $owner, name: $name) { pullRequestReviews: pullRequest(number: $number) { ...Reviews } }
}";

/// The most pages of one list.
const MOST_PAGES: usize = 150;
/// How often the latest pull requests are read again because something changed meanwhile.
const MOST_TRIES: usize = 3;
/// The pull requests and the reviews of one page.
const USUAL: Size = Size { pulls: 20, reviews: 30 };
/// The same for answers that were too long: two reviews of 65,536 characters, each of at most six bytes.
const FEW: Size = Size { pulls: 1, reviews: 2 };

#[derive(Debug, Clone, Copy)]
struct Size {
    pulls: usize,
    reviews: usize,
}

/// A repository as one query shows it.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The account of the token.
    pub viewer: Account,
    /// The repository.
    pub repository: Repository,
    /// The head commit of `main`, if there is that branch.
    pub main: Option<String>,
    /// The head commit of `jit-log`, if there is that branch.
    pub log: Option<String>,
}

/// A pull request with its reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// The pull request.
    pub pull: Pull,
    /// The numbers of all pull requests from its branch, closed ones too. None of them if the branch is deleted.
    pub siblings: Vec<u64>,
    /// Every review, oldest first.
    pub reviews: Vec<ReviewRecord>,
    /// The earlier state of each dismissed review: `APPROVED`, `CHANGES_REQUESTED`. A missing entry is unknown.
    pub dismissed: BTreeMap<u64, String>,
}

/// The pull requests that a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'a> {
    /// None.
    Nothing,
    /// The one with this number.
    Number(u64),
    /// The one with this number, and those of a branch of this name.
    Request(u64, &'a str),
    /// Those of a branch of this name, of forks too, in any state.
    Branch(&'a str),
    /// The open ones, newest first.
    Open,
    /// The newest closed ones, at most so many.
    Closed(usize),
    /// Those that changed since a time, in any state and with any base. A review counts as a change.
    ChangedSince(Timestamp),
}

impl GitHub {
    /// The repository and the heads of its branches, in one query of one point.
    ///
    /// # Errors
    /// GitHub does not answer, or the repository does not exist for this token.
    pub async fn survey(&self) -> Result<Survey, GitHubError> {
        self.requests(Which::Nothing).await.map(|(survey, _)| survey)
    }

    /// The same with pull requests and all of their reviews: one query for each page.
    ///
    /// # Errors
    /// As for [`GitHub::survey`], or the list does not end.
    pub async fn requests(&self, which: Which<'_>) -> Result<(Survey, Vec<Reviewed>), GitHubError> {
        match self.pages_of_requests(which, USUAL).await {
            Err(GitHubError::TooLarge(_)) => self.pages_of_requests(which, FEW).await,
            all => all,
        }
    }

    /// Every pull request that changed since a time, in any state and with any base. `None` if there are too many to read.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn changed_since(&self, since: Timestamp) -> Result<Option<Vec<Reviewed>>, GitHubError> {
        for _ in 0..MOST_TRIES {
            let found = match self.requests(Which::ChangedSince(since)).await {
                Err(GitHubError::TooLong(_)) => return Ok(None),
                found => found?.1,
            };
            // A pull request that changes between two pages moves from an unread page to one that was read.
            if found.len() < USUAL.pulls || self.newest_change().await? == found.first().map(change) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn newest_change(&self) -> Result<Option<(u64, Option<Timestamp>)>, GitHubError> {
        let variables = self.variables(Which::ChangedSince(Timestamp::MIN), FEW, None);
        let answer: Answer = self.query(&document(REQUESTS), &variables).await?;
        let page = answer.repository.and_then(|repository| repository.pull_requests);
        let newest = page.and_then(|page| page.nodes.into_iter().next());
        Ok(newest.map(|pull| (pull.number, Some(pull.updated_at))))
    }

    async fn pages_of_requests(
        &self,
        which: Which<'_>,
        size: Size,
    ) -> Result<(Survey, Vec<Reviewed>), GitHubError> {
        let most = match which {
            Which::Closed(most) => most,
            _ => usize::MAX,
        };
        let size = Size { pulls: size.pulls.min(most), ..size };
        let (mut after, mut found, mut before) = (None::<String>, Vec::new(), None::<Survey>);
        for _ in 0..MOST_PAGES {
            let answer: Answer =
                self.query(&document(REQUESTS), &self.variables(which, size, after.as_deref())).await?;
            let viewer = answer.viewer.and_then(Actor::account).ok_or_else(|| unreadable("no viewer"))?;
            let mut repository = answer.repository.ok_or_else(|| unreadable("no repository"))?;
            let (page, one) = (repository.pull_requests.take(), repository.pull_request.take());
            // The heads are those of the first page: what follows was there already, or has changed since.
            let first = match before.take() {
                Some(first) => first,
                None => {
                    if let Some(one) = one {
                        found.push(self.complete(one, size).await?);
                    }
                    self.survey_of(repository, viewer)?
                }
            };
            let Some(page) = page else { return Ok((first, found)) };
            let mut is_over = !page.page_info.has_next_page;
            for pull in page.nodes {
                if matches!(which, Which::ChangedSince(since) if pull.updated_at < since) {
                    is_over = true;
                    break;
                }
                if found.iter().all(|known: &Reviewed| known.pull.number != pull.number) {
                    found.push(self.complete(pull, size).await?);
                }
            }
            after = page.page_info.end_cursor;
            if is_over || found.len() >= most {
                return Ok((first, found));
            }
            if after.is_none() {
                return Err(unreadable("a page has no end"));
            }
            before = Some(first);
        }
        Err(GitHubError::TooLong("POST /graphql".to_owned()))
    }

    fn variables(&self, which: Which<'_>, size: Size, after: Option<&str>) -> Value {
        let mut variables = json!({
            "owner": self.slug.owner, "name": self.slug.name, "list": !matches!(which, Which::Nothing | Which::Number(_)),
            "one": matches!(which, Which::Number(_) | Which::Request(..)), "number": 0,
            "order": { "field": "CREATED_AT", "direction": "DESC" },
            "pulls": size.pulls, "reviews": size.reviews, "after": after,
        });
        match which {
            Which::Nothing => {}
            Which::Number(number) => variables["number"] = json!(number),
            Which::Request(number, branch) => {
                variables["number"] = json!(number);
                variables["branch"] = json!(branch);
            }
            Which::Branch(branch) => variables["branch"] = json!(branch),
            Which::Open => variables["states"] = json!(["OPEN"]),
            Which::Closed(_) => variables["states"] = json!(["CLOSED", "MERGED"]),
            Which::ChangedSince(_) => variables["order"]["field"] = json!("UPDATED_AT"),
        }
        variables
    }

    fn survey_of(&self, found: Found, viewer: Account) -> Result<Survey, GitHubError> {
        // The graph follows a former name. Whoever configured it must know.
        if !found.name_with_owner.eq_ignore_ascii_case(&self.slug.to_string()) {
            return Err(GitHubError::Refused {
                status: 301,
                asked: "POST /graphql".to_owned(),
                message: "it has moved: the repository was renamed or transferred".to_owned(),
            });
        }
        let commit = |reference: Option<Reference>| Some(reference?.target?.oid);
        let owner = found.owner.and_then(Actor::account).ok_or_else(|| unreadable("no owner"))?;
        let may_push = |permission: String| Permissions {
            push: matches!(permission.as_str(), "ADMIN" | "MAINTAIN" | "WRITE"),
        };
        Ok(Survey {
            viewer,
            repository: Repository {
                id: found.database_id.ok_or_else(|| unreadable("no number of the repository"))?,
                full_name: found.name_with_owner,
                owner,
                private: found.is_private,
                fork: found.is_fork,
                default_branch: found.default_branch_ref.map(|branch| branch.name).unwrap_or_default(),
                permissions: found.viewer_permission.map(may_push),
            },
            main: commit(found.main),
            log: commit(found.log),
        })
    }

    /// A pull request with the pages of its reviews that the query left out.
    async fn complete(&self, found: FoundPull, size: Size) -> Result<Reviewed, GitHubError> {
        let number = found.number;
        let (mut complete, mut page) = found.open();
        for _ in 0..MOST_PAGES {
            let ends = [&page.reviews.page_info, &page.timeline_items.page_info];
            let more = ends.iter().any(|end| end.has_next_page);
            let [reviews, dismissals] = ends.map(|end| end.end_cursor.clone());
            complete.take(page)?;
            if !more {
                return Ok(complete);
            }
            let variables = json!({
                "owner": self.slug.owner, "name": self.slug.name, "number": number,
                "reviews": size.reviews, "reviewsAfter": reviews, "dismissalsAfter": dismissals,
            });
            let answer: Answer = self.query(&document(MORE), &variables).await?;
            let next = answer.repository.and_then(|repository| repository.pull_request_reviews);
            page = next.ok_or_else(|| unreadable("no pull request"))?;
        }
        Err(GitHubError::TooLong("POST /graphql".to_owned()))
    }
}

/// A query with the fragments that it uses.
fn document(query: &str) -> String {
    [query, REVIEWS, ACCOUNT].concat()
}

/// The mark by which a change of a pull request is seen.
fn change(found: &Reviewed) -> (u64, Option<Timestamp>) {
    (found.pull.number, found.pull.updated_at)
}

fn unreadable(cause: &str) -> GitHubError {
    GitHubError::Unreadable { asked: "POST /graphql".to_owned(), cause: cause.to_owned() }
}
