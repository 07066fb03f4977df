//! A branch of a git repository, fetched every minute into the broker's own repository.
//!
//! A commit is complete, so one look suffices. It is accepted only if its history contains the commit in force. A
//! rewritten branch, or a server that shows an older state, therefore cannot bring back a replaced policy.

use std::path::Path;

use super::Found;
use super::Trouble;
use super::source::Branch;
use crate::grant::Digest;
use crate::grant::text::sanitise;
use crate::policy::CommitError;
use crate::policy::Listing;
use crate::policy::Policy;
use crate::system::System;
use crate::system::git::GitError;
use crate::system::git::Mirror;
use crate::system::git::mirror;

/// The largest size of the repository's copy, in bytes.
const SIZE: u64 = 512 << 20;

/// A branch of a git repository, as the source of the policy.
pub struct RepositorySource {
    system: System,
    mirror: Mirror,
    folders: Vec<String>,
    accepted: Option<String>,
}

impl RepositorySource {
    /// Makes a source from a branch, copied into the folder `policy.git` in `data`.
    pub fn new(system: &System, branch: Branch, data: &Path) -> Self {
        let folders = match branch.folder {
            Some(folder) => vec![folder],
            None => vec![String::new(), "access/".to_owned()],
        };
        let mirror = Mirror {
            folder: data.join("policy.git"),
            url: branch.url,
            protocol: branch.protocol,
            branch: branch.name,
            most: SIZE,
        };
        let mut system = system.clone();
        if mirror::leave_home(&mut system.environment, data) {
            tracing::warn!(data = %data.display(), "the home folder is in the broker's data, so git ignores its own settings there");
        }
        Self { system, mirror, folders, accepted: branch.accepted }
    }

    /// The branch's commit, and its policy if its revision differs from `current`.
    pub async fn look(&self, current: Option<&Digest>, known: Option<&str>) -> Result<Found, Trouble> {
        if current.is_none() {
            // A copy found at the start may come from a backup or another machine, so none of its objects is used.
            self.mirror.forget().map_err(|error| trouble(&error))?;
        }
        let commit = self.mirror.bring(&self.system, known).await.map_err(|error| trouble(&error))?;
        if known == Some(commit.as_str()) && current.is_some() {
            return Ok(Found { policy: None, commit: Some(commit) });
        }
        // Only at the start, so that nobody can return a running broker to it.
        let accepted = current.is_none() && self.accepted.as_deref() == Some(commit.as_str());
        let refuse = |why: String| Trouble { why, commit: Some(commit.clone()) };
        if let Some(known) = known
            && !accepted
            && !self.mirror.contains(&self.system, &commit, known).await.map_err(|error| trouble(&error))?
        {
            return Err(refuse(format!(
                "the branch was rewritten, or its server shows an older state: the history of its commit {commit} does \
                 not contain {known}, which was in force. If that is meant, start the broker with `--policy-accept {commit}`"
            )));
        }
        let repository = self.mirror.repository(&self.system);
        let listing = Listing::of_commit(&repository, &commit, &self.folders).await;
        let listing = listing.map_err(|error| match error {
            CommitError::Git(error) => trouble(&error),
            CommitError::Nowhere | CommitError::TooLarge => refuse(format!("the commit {commit}: {error}")),
            CommitError::Both(..) => refuse(format!(
                "the commit {commit}: {error}. Say it after the branch: `--policy URL#BRANCH:access`, or `URL#BRANCH:.` for the \
                 root"
            )),
        })?;
        let current = current.copied();
        let compile = tokio::task::spawn_blocking(move || match current {
            Some(current) => listing.compile_unless(&current),
            None => listing.compile().map(Some),
        });
        let policy: Option<Policy> = compile
            .await
            .map_err(|error| Trouble::of(error.to_string()))?
            .map_err(|problems| refuse(problems.to_string()))?;
        Ok(Found { policy, commit: Some(commit) })
    }
}

/// Git's error, sanitised.
fn trouble(error: &GitError) -> Trouble {
    let cause = error.cause().map(|cause| format!(": {}", sanitise(&cause))).unwrap_or_default();
    Trouble::of(format!("the policy's repository cannot be read: {error}{cause}"))
}
