//! The repository's commits and files, as git fetches them: no call to the API, any number of files, every object held
//! against its id. Whoever has no git reads the same over the API.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::sync::OnceCell;

use super::GitHub;
use crate::github::api::models::Tree;
use crate::github::api::models::TreeEntry;
use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::contained;
use crate::system::files::Lock;
use crate::system::git::ChangedPath;
use crate::system::git::EntryKind;
use crate::system::git::GitError;
use crate::system::git::PartialCopy;
use crate::system::git::copy;

/// The most bytes of a copy.
const MOST: u64 = 256 << 20;
/// How long a process waits for another one that uses the same copy.
const PATIENCE: Duration = Duration::from_secs(5);
/// After so many failures the API is asked instead.
const FAILURES: u32 = 2;

/// A copy of some of the repository's objects.
pub struct Objects {
    system: System,
    copy: Mutex<PartialCopy>,
    /// The file that keeps other processes away. `None` for a copy of this process alone.
    lock: Option<PathBuf>,
    is_there: OnceCell<bool>,
    failures: AtomicU32,
    /// The folder of a copy that goes with this process.
    _folder: Option<tempfile::TempDir>,
}

impl Objects {
    /// A copy that lasts as long as this process, as for a run. `None` if it has no place.
    pub fn passing(system: &System, github: &GitHub) -> Option<Arc<Self>> {
        let folder = tempfile::tempdir().ok()?;
        let copy = copy_of(github, folder.path().join("copy.git"))?;
        Some(Arc::new(Self::with(system, copy, None, Some(folder))))
    }

    /// A copy in a folder that stays.
    pub fn kept(system: &System, github: &GitHub, folder: &Path) -> Option<Arc<Self>> {
        let copy = copy_of(github, folder.to_owned())?;
        let lock = folder.with_extension("lock");
        Some(Arc::new(Self::with(system, copy, Some(lock), None)))
    }

    fn with(
        system: &System,
        copy: PartialCopy,
        lock: Option<PathBuf>,
        folder: Option<tempfile::TempDir>,
    ) -> Self {
        let environment = copy::needed(&system.environment);
        Self {
            system: System { environment, ..system.clone() },
            copy: Mutex::new(copy),
            lock,
            is_there: OnceCell::new(),
            failures: AtomicU32::new(0),
            _folder: folder,
        }
    }

    /// The whole tree of a commit, without the sizes of files. `None` if git cannot say.
    pub(super) async fn tree(&self, commit: &str) -> Option<Tree> {
        let entries = self
            .with_copy(async |system, copy| {
                copy.bring_commits(system, &[commit]).await?;
                copy.walk(system, commit).await
            })
            .await?;
        let tree = entries.into_iter().map(|entry| {
            let (mode, kind) = match entry.kind {
                EntryKind::File(_) => ("100644", "blob"),
                EntryKind::Folder => ("040000", "tree"),
                EntryKind::Link => ("120000", "blob"),
                EntryKind::Other => ("160000", "commit"),
            };
            let (mode, kind) = (mode.to_owned(), kind.to_owned());
            TreeEntry { path: entry.path, mode, kind, sha: entry.id, size: None }
        });
        Some(Tree { sha: commit.to_owned(), tree: tree.collect(), truncated: false })
    }

    /// Fetches commits with their trees at once. Without it each one is fetched when it is read.
    pub(super) async fn bring(&self, commits: &[&str]) {
        self.with_copy(async |system, copy| copy.bring_commits(system, commits).await).await;
    }

    /// The contents of files by their ids, without those that are longer than `limit`, in bytes. `None` if git cannot say.
    pub(super) async fn files(&self, ids: &[&str], limit: u64) -> Option<HashMap<String, Vec<u8>>> {
        self.with_copy(async |system, copy| {
            copy.bring_files(system, ids).await?;
            copy.contents(system, ids, limit).await
        })
        .await
    }

    /// Fetches at once the only parents of these commits, as far as they are among those. Returns them.
    pub(super) async fn bring_parents(&self, commits: &[&str], among: &[String]) -> Vec<String> {
        let brought = self.with_copy(async |system, copy| {
            let mut found = Vec::new();
            for commit in commits {
                let parents = copy.parents(system, commit).await?;
                if let [parent] = parents.as_slice()
                    && among.contains(parent)
                    && !found.contains(parent)
                {
                    found.push(parent.clone());
                }
            }
            let ids: Vec<&str> = found.iter().map(String::as_str).collect();
            copy.bring_commits(system, &ids).await?;
            Ok(found)
        });
        brought.await.unwrap_or_default()
    }

    /// The only parent of a commit, if it is one of these, and the paths that differ between both. `None` if it is not, if it has
    /// several, if they are many, or if git cannot say.
    pub(super) async fn change(&self, commit: &str, among: &[String]) -> Option<(String, Vec<ChangedPath>)> {
        self.with_copy(async |system, copy| {
            copy.bring_commits(system, &[commit]).await?;
            let parents = copy.parents(system, commit).await?;
            let [parent] = parents.as_slice() else { return Ok(None) };
            if !among.contains(parent) {
                return Ok(None);
            }
            copy.bring_commits(system, &[parent]).await?;
            let changes = copy.changes(system, parent, commit).await?;
            Ok(changes.map(|changes| (parent.clone(), changes)))
        })
        .await?
    }

    async fn with_copy<T>(
        &self,
        work: impl AsyncFnOnce(&System, &PartialCopy) -> Result<T, GitError>,
    ) -> Option<T> {
        if self.failures.load(Ordering::Relaxed) >= FAILURES
            || !*self.is_there.get_or_init(|| self.begin()).await
        {
            return None;
        }
        let copy = self.copy.lock().await;
        let _lock = match &self.lock {
            Some(path) => Some(Lock::take_within(path, PATIENCE).ok()??),
            None => None,
        };
        match work(&self.system, &copy).await {
            Ok(done) => Some(done),
            Err(error) => {
                let cause = error.cause().map(|cause| sanitise(&cause));
                tracing::debug!(%error, cause, "git does not help, so GitHub's API is asked");
                let count = if matches!(error, GitError::Failed { .. }) { 1 } else { FAILURES };
                self.failures.fetch_add(count, Ordering::Relaxed);
                None
            }
        }
    }

    /// Whether there is a git that helps. A copy that has grown starts anew.
    async fn begin(&self) -> bool {
        if self.lock.is_some() {
            let folder = self.copy.lock().await.folder.clone();
            if contained::size(&folder) > MOST / 2 {
                let _ = std::fs::remove_dir_all(&folder);
            }
        }
        copy::is_there(&self.system).await
    }
}

fn copy_of(github: &GitHub, folder: PathBuf) -> Option<PartialCopy> {
    let (url, token) = github.git_access()?;
    let protocol = if url.starts_with("https://") { "https" } else { "http" };
    Some(PartialCopy { folder, url, protocol, token, most: MOST })
}
