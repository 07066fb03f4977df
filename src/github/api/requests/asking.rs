//! Opens a request in one mutation, and asks for the names of people in one query.

use serde::Deserialize;
use serde_json::json;

use super::Reviewed;
use super::USUAL;
use super::answer::FoundPull;
use super::answer::Nodes;
use super::documents::ask;
use super::documents::people;
use super::unreadable;
use crate::github::api::GitHub;
use crate::github::api::GitHubError;
use crate::github::api::models::Account;

/// A request that is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewRequest<'a> {
    /// The repository's id in the graph.
    pub repository: &'a str,
    /// The new branch.
    pub branch: &'a str,
    /// The commit that it points at.
    pub commit: &'a str,
    /// The branch that the pull request is into.
    pub base: &'a str,
    /// The title of the pull request.
    pub title: &'a str,
    /// Its text.
    pub body: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    create_pull_request: Option<Made>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    pull_request: Option<FoundPull>,
}

#[derive(Deserialize)]
struct People {
    repository: Option<Assignable>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignable {
    assignable_users: Nodes<Person>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    login: String,
    database_id: Option<u64>,
}

impl GitHub {
    /// Makes a branch that is not there yet, and opens its pull request as a draft. GitHub does not merge drafts, and a merged
    /// request would move `main`. One call, which is not repeated.
    ///
    /// # Errors
    /// The branch is there already, GitHub refuses one of both, or does not answer. The branch may be there then.
    pub async fn open_request(&self, new: &NewRequest<'_>) -> Result<Reviewed, GitHubError> {
        let NewRequest { repository, branch, commit, base, title, body } = new;
        let variables = json!({
            "branch": { "repositoryId": repository, "name": format!("refs/heads/{branch}"), "oid": commit },
            "pull": {
                "repositoryId": repository, "baseRefName": base, "headRefName": branch, "title": title, "body": body,
                "draft": true,
            },
            "reviews": USUAL.reviews, "reviewsAfter": null, "dismissalsAfter": null,
        });
        let asked: Asked = self.perform(&ask(), &variables).await?;
        let made = asked.create_pull_request.and_then(|made| made.pull_request);
        let made = made.ok_or_else(|| unreadable("no pull request"))?;
        self.complete(made, USUAL).await
    }

    /// People who may be asked for a review, with the names that their accounts have today: a hundred of them at most.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn assignable(&self) -> Result<Vec<Account>, GitHubError> {
        let variables = json!({ "owner": self.slug.owner, "name": self.slug.name });
        let found: People = self.query(&people(), &variables).await?;
        let users = found.repository.map(|found| found.assignable_users.nodes).unwrap_or_default();
        let account = |person: Person| {
            Some(Account { id: person.database_id?, login: person.login, kind: "User".to_owned() })
        };
        Ok(users.into_iter().filter_map(account).collect())
    }
}
