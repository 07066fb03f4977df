//! Code owners as GitHub sees them: what is wrong with the file, and which teams and people may write.

use serde::Deserialize;

use super::GitHub;
use super::GitHubError;
use crate::github::api::settings::segment;

/// What GitHub finds wrong with a line of CODEOWNERS. Such a line, or such an owner, counts for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OwnersError {
    /// The line, from 1.
    pub line: u64,
    /// `Unknown owner`, `Invalid pattern`, …
    pub kind: String,
    /// What to do about it, in GitHub's words.
    #[serde(default)]
    pub suggestion: Option<String>,
    /// The file.
    pub path: String,
}

/// A team that was given the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct TeamAccess {
    /// Its name in addresses.
    pub slug: String,
    /// `pull`, `triage`, `push`, `maintain`, `admin`, or a role of the organisation's own making.
    pub permission: String,
    /// What that amounts to, where GitHub tells.
    #[serde(default)]
    pub permissions: Option<Allowed>,
    /// `closed` for a visible team, `secret` for one that only its members see.
    #[serde(default)]
    pub privacy: Option<String>,
}

/// What a permission amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Allowed {
    /// Whether it includes writing.
    pub push: bool,
}

impl TeamAccess {
    /// Whether the team may write.
    pub fn may_write(&self) -> bool {
        let named = ["push", "maintain", "admin"].contains(&self.permission.as_str());
        self.permissions.map_or(named, |allowed| allowed.push)
    }

    /// Whether everybody in the organisation sees the team.
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
    /// What is wrong with CODEOWNERS at a commit or branch.
    pub async fn owners_errors(&self, reference: &str) -> Result<Vec<OwnersError>, GitHubError> {
        let path = self.path(&format!("/codeowners/errors?ref={}", segment(reference)));
        self.get(&path).await.map(|found: Errors| found.errors)
    }

    /// The teams that were given the repository by name.
    pub async fn teams(&self) -> Result<Vec<TeamAccess>, GitHubError> {
        self.list(&self.path("/teams")).await
    }

    /// Whether somebody may write to the repository, by the login of today. `None` if there is no such account.
    pub async fn may_write(&self, login: &str) -> Result<Option<bool>, GitHubError> {
        let path = self.path(&format!("/collaborators/{}/permission", segment(login)));
        let found: Option<Permission> = self.find(&path).await?;
        Ok(found.map(|found| ["write", "admin"].contains(&found.permission.as_str())))
    }
}
