//! The changes of a pull request: the newest commit of `main` that its head contains, and the files between both.

use crate::github::GitHubError;
use crate::github::api::models::ChangedFile;
use crate::github::tree::Reader;
use crate::system::git::ChangedPath;

/// The changes of a head against `main`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// The merge base: the newest commit of `main` that the head contains.
    pub base: String,
    /// The files that differ between the merge base and the head: the first 300 of them at most.
    pub files: Vec<ChangedFile>,
}

impl Reader<'_> {
    /// Compares a head with `main`. `newest` are the newest commits of `main`, its head first.
    ///
    /// A request is one commit on one of them. Git says so from the objects themselves, without a call to the API. For
    /// everything else, and where git is of no help, GitHub is asked.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn between(&self, main: &str, newest: &[String], head: &str) -> Result<Between, GitHubError> {
        if let Some(between) = self.between_by_git(main, newest, head).await {
            return Ok(between);
        }
        let comparison = self.github().compare(main, head).await?;
        Ok(Between { base: comparison.merge_base_commit.sha, files: comparison.files })
    }

    async fn between_by_git(&self, main: &str, newest: &[String], head: &str) -> Option<Between> {
        if newest.first().map(String::as_str) != Some(main) || newest.iter().any(|commit| commit == head) {
            return None;
        }
        // A head with one parent, which `main` contains, has this parent as its merge base, unless `main` contains the
        // head, too.
        let (base, changes) = self.change(head, newest).await?;
        let tree = self.tree_at_hand(main).await?;
        let is_merged = |changed: &ChangedPath| tree.tree.iter().any(|entry| entry.path == changed.path);
        if changes.iter().any(|changed| changed.status == 'A' && is_merged(changed)) {
            return None;
        }
        let file = |changed: ChangedPath| ChangedFile {
            filename: changed.path,
            status: match changed.status {
                'A' => "added",
                'D' => "removed",
                _ => "modified",
            }
            .to_owned(),
            previous_filename: None,
        };
        Some(Between { base, files: changes.into_iter().map(file).collect() })
    }
}
