//! Code owners as GitHub reads them: errors in the file, and the teams and people who may write.

use serde::Deserialize;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Account;
use crate::github::api::settings::segment;

/// GitHub's error about a line of CODEOWNERS. GitHub ignores such a line or owner.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OwnersError {
    /// The line, from 1.
    pub line: u64,
    /// `Unknown owner`, `Invalid pattern`, …
    pub kind: String,
    /// How to fix it, in GitHub's words.
    #[serde(default)]
    pub suggestion: Option<String>,
    /// The file.
    pub path: String,
}

/// A team with access to the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TeamAccess {
    /// Its numeric id.
    pub id: u64,
    /// Its name in URLs.
    pub slug: String,
    /// `pull`, `triage`, `push`, `maintain`, `admin`, or a custom role of the organisation.
    pub permission: String,
    /// The permissions that this includes, if GitHub reports them.
    #[serde(default)]
    pub permissions: Option<Allowed>,
    /// `closed` for a visible team, `secret` for one that only its members can see.
    #[serde(default)]
    pub privacy: Option<String>,
}

/// The permissions of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Allowed {
    /// Whether they include writing.
    pub push: bool,
}

impl TeamAccess {
    /// Whether the team may write.
    pub fn may_write(&self) -> bool {
        let named = ["push", "maintain", "admin"].contains(&self.permission.as_str());
        self.permissions.map_or(named, |allowed| allowed.push)
    }

    /// Whether everybody in the organisation can see the team.
    pub fn is_visible(&self) -> bool {
        self.privacy.as_deref() != Some("secret")
    }
}

#[derive(Deserialize)]
struct Errors {
    errors: Vec<OwnersError>,
}

#[derive(Deserialize)]
struct Permission {
    permission: String,
}

impl GitHub {
    /// The errors in CODEOWNERS at a commit or branch.
    pub async fn owners_errors(&self, reference: &str) -> Result<Vec<OwnersError>, GitHubError> {
        let path = self.path(&format!("/codeowners/errors?ref={}", segment(reference)));
        self.get(&path).await.map(|found: Errors| found.errors)
    }

    /// The teams that have direct access to the repository.
    pub async fn teams(&self) -> Result<Vec<TeamAccess>, GitHubError> {
        self.list(&self.path("/teams")).await
    }

    /// How many people are in a team of the repository's organisation. `None` if this token may not see it.
    pub async fn team_size(&self, slug: &str) -> Result<Option<usize>, GitHubError> {
        let path = format!("/orgs/{}/teams/{}/members", segment(&self.slug.owner), segment(slug));
        match self.list::<Account>(&path).await {
            Ok(members) => Ok(Some(members.len())),
            Err(GitHubError::Refused { status: 403 | 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether an account may write to the repository, by its current login. `None` if there is no such account.
    pub async fn may_write(&self, login: &str) -> Result<Option<bool>, GitHubError> {
        let path = self.path(&format!("/collaborators/{}/permission", segment(login)));
        let found: Option<Permission> = self.find(&path).await?;
        Ok(found.map(|found| ["write", "admin"].contains(&found.permission.as_str())))
    }
}
