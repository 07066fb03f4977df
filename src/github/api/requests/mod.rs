//! The facts about a repository and its pull requests that a decision needs, in one query: reviews with their editors, dismissals,
//! heads, and every pull request of a branch.
//!
//! REST remains for four things that GraphQL cannot say: a run and its actor; the merge base of two commits and the files
//! between, where git does not say them; what has changed, for free, with the mark of the last answer; and the scopes of a
//! token.

mod answer;
mod asking;
mod documents;

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
pub use asking::NewRequest;
use documents::more_reviews;
use documents::requests;

/// The most pages of one list.
const MOST_PAGES: usize = 150;
/// How often the latest pull requests are read again because something changed meanwhile.
const MOST_TRIES: usize = 3;
/// The pull requests and the reviews of one page.
const USUAL: Size = Size { pulls: 20, reviews: 30 };
/// The same for answers that were too long: two reviews of 65,536 characters, each of at most six bytes.
const FEW: Size = Size { pulls: 1, reviews: 2 };
/// The open pull requests of a page beside thirty closed ones: together they still cost one point.
const BESIDE_CLOSED: usize = 15;

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
    /// The repository's id in the graph.
    pub node: String,
    /// The head commit of `main`, if there is that branch.
    pub main: Option<String>,
    /// The newest commits of `main`, its head first: a hundred at most.
    pub newest: Vec<String>,
    /// The tree of the head commit of `main`.
    pub tree: Option<String>,
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
    /// The open ones and the newest closed ones, at most so many of these: one query where two would ask the same.
    OpenAndClosed(usize),
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
        match (self.pages_of_requests(which, USUAL).await, which) {
            (Err(GitHubError::TooLarge(_)), Which::OpenAndClosed(most)) => {
                let (survey, mut all) = self.pages_of_requests(Which::Open, FEW).await?;
                all.extend(self.pages_of_requests(Which::Closed(most), FEW).await?.1);
                Ok((survey, all))
            }
            (Err(GitHubError::TooLarge(_)), _) => self.pages_of_requests(which, FEW).await,
            (all, _) => all,
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
        let answer: Answer = self.query(&requests(), &variables).await?;
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
        let size = match which {
            Which::OpenAndClosed(_) => Size { pulls: size.pulls.min(BESIDE_CLOSED), ..size },
            _ => Size { pulls: size.pulls.min(most), ..size },
        };
        let (mut after, mut found, mut before) = (None::<String>, Vec::new(), None::<Survey>);
        for _ in 0..MOST_PAGES {
            let answer: Answer =
                self.query(&requests(), &self.variables(which, size, after.as_deref())).await?;
            let viewer = answer.viewer.and_then(Actor::account).ok_or_else(|| unreadable("no viewer"))?;
            let mut repository = answer.repository.ok_or_else(|| unreadable("no repository"))?;
            let (page, one) = (repository.pull_requests.take(), repository.pull_request.take());
            let closed = repository.closed.take();
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
            for pull in closed.into_iter().flat_map(|page| page.nodes) {
                found.push(self.complete(pull, size).await?);
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
            "pulls": size.pulls, "reviews": size.reviews, "after": after, "both": false, "closed": 1,
            // A text has 65,536 characters, which do not fit beside many reviews.
            "text": size.reviews > FEW.reviews,
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
            Which::OpenAndClosed(most) => {
                variables["states"] = json!(["OPEN"]);
                // They come with the first page.
                variables["both"] = json!(after.is_none());
                variables["closed"] = json!(most);
            }
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
        let commit = |reference: Option<Reference>| reference?.target;
        let owner = found.owner.and_then(Actor::account).ok_or_else(|| unreadable("no owner"))?;
        let may_push = |permission: String| Permissions {
            push: matches!(permission.as_str(), "ADMIN" | "MAINTAIN" | "WRITE"),
        };
        let main = commit(found.main);
        let newest = main.as_ref().and_then(|main| main.history.as_ref());
        let newest = newest.map(|all| all.nodes.iter().map(|commit| commit.oid.clone()).collect());
        Ok(Survey {
            viewer,
            node: found.id,
            newest: newest.unwrap_or_default(),
            tree: main.as_ref().and_then(|main| main.tree.as_ref()).map(|tree| tree.oid.clone()),
            repository: Repository {
                id: found.database_id.ok_or_else(|| unreadable("no number of the repository"))?,
                full_name: found.name_with_owner,
                owner,
                private: found.is_private,
                fork: found.is_fork,
                default_branch: found.default_branch_ref.map(|branch| branch.name).unwrap_or_default(),
                permissions: found.viewer_permission.map(may_push),
            },
            main: main.map(|main| main.oid),
            log: commit(found.log).map(|log| log.oid),
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
            let answer: Answer = self.query(&more_reviews(), &variables).await?;
            let next = answer.repository.and_then(|repository| repository.pull_request_reviews);
            page = next.ok_or_else(|| unreadable("no pull request"))?;
        }
        Err(GitHubError::TooLong("POST /graphql".to_owned()))
    }
}

/// The mark by which a change of a pull request is seen.
fn change(found: &Reviewed) -> (u64, Option<Timestamp>) {
    (found.pull.number, found.pull.updated_at)
}

fn unreadable(cause: &str) -> GitHubError {
    GitHubError::Unreadable { asked: "POST /graphql".to_owned(), cause: cause.to_owned() }
}
