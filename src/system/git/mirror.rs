//! Follows one branch of another repository, in a bare repository of our own.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use super::GitError;
use super::Repository;
use super::contact::Contact;
use super::contact::prepare;
use super::contact::remove;
use crate::system::Environment;
use crate::system::System;

/// The ref of the followed branch in the copy.
const OURS: &str = "refs/jit/policy";
/// The ref of the commit that was in force, if it was fetched by its id.
const KNOWN: &str = "refs/jit/known";
/// A private copy of one branch. Nothing else may use its folder at the same time.
#[derive(Debug, Clone)]
pub struct Mirror {
    /// The folder of the copy.
    pub folder: PathBuf,
    /// The other repository: `https`, `ssh`, `file`, or http on this machine.
    pub url: String,
    /// Its protocol, as git names it.
    pub protocol: &'static str,
    /// The branch. `None` for the other side's HEAD.
    pub branch: Option<String>,
    /// The most bytes that the copy may hold.
    pub most: u64,
}

impl Mirror {
    /// The copy in its present state.
    pub fn repository<'a>(&self, system: &'a System) -> Repository<'a> {
        Repository::bare(system, &self.folder)
    }

    /// Fetches the branch and returns its commit. Without `known`, a commit to compare with, only the newest commit is
    /// fetched. A copy that exceeded its limit is removed, so that the next try starts over.
    ///
    /// # Errors
    /// The other side is unreachable, has no such branch, or sends too much or too slowly.
    pub async fn bring(&self, system: &System, known: Option<&str>) -> Result<String, GitError> {
        let fetched = self.fetch_whole(system, known).await;
        if matches!(fetched, Err(GitError::TooLarge(_))) {
            let _ = fs::remove_dir_all(&self.folder);
        }
        fetched
    }

    async fn fetch_whole(&self, system: &System, known: Option<&str>) -> Result<String, GitError> {
        prepare(&self.folder).map_err(GitError::Copy)?;
        let repository = self.repository(system);
        let branch = self.branch.as_ref().map_or("HEAD".to_owned(), |branch| format!("refs/heads/{branch}"));
        let branch = format!("+{branch}:{OURS}");
        if repository.commit(OURS).await?.is_some() {
            self.fetch(system, None, &branch).await?;
        } else if let Some(known) = known {
            // With the known commit here, only newer ones need to be fetched. Not every server serves commits by id.
            let known = format!("+{known}:{KNOWN}");
            match self.fetch(system, Some("--depth=1"), &known).await {
                Ok(()) | Err(GitError::Failed { .. }) => self.fetch(system, None, &branch).await?,
                Err(error) => return Err(error),
            }
        } else {
            self.fetch(system, Some("--depth=1"), &branch).await?;
        }
        if let Some(known) = known
            && repository.commit(known).await?.is_none()
            && self.folder.join("shallow").exists()
        {
            self.fetch(system, Some("--unshallow"), &branch).await?;
        }
        repository.commit(OURS).await?.ok_or_else(|| GitError::NoObject(OURS.to_owned()))
    }

    /// Whether the history of `newer` contains `older`. A commit contains itself.
    ///
    /// # Errors
    /// Git does not run.
    pub async fn contains(&self, system: &System, newer: &str, older: &str) -> Result<bool, GitError> {
        if newer == older {
            return Ok(true);
        }
        let repository = self.repository(system);
        match repository.run(&["merge-base", "--is-ancestor", older, newer], b"", 0).await {
            Ok(_) => Ok(true),
            // This also covers an older commit that is missing here.
            Err(GitError::Failed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes the copy, so that the next fetch starts over.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self) -> Result<(), GitError> {
        remove(&self.folder).map_err(GitError::Copy)
    }

    async fn fetch(&self, system: &System, depth: Option<&str>, wanted: &str) -> Result<(), GitError> {
        let contact = Contact { folder: &self.folder, protocol: self.protocol, most: self.most };
        let options: Vec<&str> = depth.into_iter().collect();
        contact.fetch(system, &options, &self.url, &[wanted], b"").await
    }
}

/// Keeps git from settings in this folder, in case the home or a settings file lies in it. Returns whether one did.
pub fn leave_home(environment: &mut Environment, folder: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = real(folder);
    let mut left = false;
    for name in ["GIT_CONFIG_GLOBAL", "HOME", "XDG_CONFIG_HOME"] {
        let lies_within =
            environment.get(name).is_some_and(|path| real(Path::new(path)).starts_with(&folder));
        if lies_within {
            environment.set(name, "/dev/null");
            left = true;
        }
    }
    left
}
