//! The deletion of branches.

use super::GitHub;
use super::GitHubError;

impl GitHub {
    /// Deletes a branch. GitHub then closes the pull requests from it. It needs `contents: write` and no rule against
    /// deletions; the ruleset of requests has none, because it only forbids updates.
    pub async fn delete_branch(&self, branch: &str) -> Result<(), GitHubError> {
        self.remove(&self.path(&format!("/git/refs/heads/{branch}"))).await
    }
}
