//! Reads the policy in a commit through the API, under the same rules as a folder on disk.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

use super::GitHub;
use super::GitHubError;
use crate::github::api::models::Tree;
use crate::github::api::models::TreeEntry;
use crate::grant::Digest;
use crate::grant::text::sanitise;
use crate::policy::Listing;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::system::files;
use crate::system::git::EntryKind;

/// The most bytes of one revision's files in total.
const MOST: u64 = 64 << 20;

/// Why a commit has no usable policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A call to GitHub failed.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// GitHub left entries out of the listing.
    #[error("the repository has more files than GitHub lists at once")]
    Truncated,
    /// There is no `access.toml`.
    #[error("there is no access.toml at the root of {0}, nor in its folder access")]
    Absent(String),
    /// There are two. A person who may write one must not be able to replace the other.
    #[error(
        "both access.toml and access/access.toml are in {0}, so nobody can tell which policy is meant; remove one"
    )]
    Both(String),
    /// It is too large.
    #[error("the policy has more than {} MiB", MOST >> 20)]
    TooLarge,
    /// It does not load.
    #[error("the policy at {commit} does not load: {problems}")]
    Broken {
        /// The commit.
        commit: String,
        /// The problems of the policy, in words.
        problems: String,
    },
}

/// A cache of objects that cannot change, because git names them by their content.
#[derive(Default)]
pub struct Known {
    blobs: Mutex<HashMap<String, Vec<u8>>>,
    policies: Mutex<HashMap<String, Arc<Policy>>>,
    folder: Option<PathBuf>,
}

/// The most files in a folder of blobs. Beyond this, the folder is cleared.
const MOST_KEPT: usize = 4000;
/// The largest blob that is cached, in bytes.
const LARGEST_KEPT: usize = 1 << 20;

impl Known {
    /// Also caches blobs in a private folder, for the next process. Each blob is checked against its id when it is read
    /// back, so that a change of the folder cannot change the policy.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { folder: Some(folder), ..Self::default() }
    }

    fn recall(&self, id: &str) -> Option<Vec<u8>> {
        let known = hold(&self.blobs).get(id).cloned();
        known.or_else(|| {
            let path = self.folder.as_ref().filter(|_| is_id(id))?.join(id);
            let content = files::read_small(&path, LARGEST_KEPT).ok()?.content;
            (blob_id(&content, id.len()).as_deref() == Some(id)).then(|| {
                hold(&self.blobs).insert(id.to_owned(), content.clone());
                content
            })
        })
    }

    fn remember(&self, id: &str, content: &[u8]) {
        hold(&self.blobs).insert(id.to_owned(), content.to_vec());
        let Some(folder) = self.folder.as_ref().filter(|_| is_id(id) && content.len() <= LARGEST_KEPT) else {
            return;
        };
        // Without the folder, the next process needs another call.
        let kept = files::make_private_folder(folder)
            .and_then(|()| if is_full(folder) { std::fs::remove_dir_all(folder) } else { Ok(()) })
            .and_then(|()| files::make_private_folder(folder))
            .and_then(|()| files::replace_private(&folder.join(id), content));
        if let Err(error) = kept {
            tracing::debug!(%error, "a file of the policy is not kept");
        }
    }
}

fn is_full(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| entries.count() >= MOST_KEPT)
}

fn is_id(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Git's id of a blob: the hash of its kind, length and content (git, "Git Objects"). `length` is the id's length in
/// characters, and selects the hash.
fn blob_id(content: &[u8], length: usize) -> Option<String> {
    let algorithm = match length {
        40 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        64 => &digest::SHA256,
        _ => return None,
    };
    let mut hash = digest::Context::new(algorithm);
    hash.update(format!("blob {}\0", content.len()).as_bytes());
    hash.update(content);
    Some(HEXLOWER.encode(hash.finish().as_ref()))
}

/// Reads each blob only once, however many commits contain it.
pub struct Reader<'a> {
    github: &'a GitHub,
    known: Arc<Known>,
}

impl<'a> Reader<'a> {
    /// Makes a reader without a cache.
    pub fn new(github: &'a GitHub) -> Self {
        Self::resume(github, Arc::default())
    }

    /// Makes a reader with an existing cache.
    pub fn resume(github: &'a GitHub, known: Arc<Known>) -> Self {
        Self { github, known }
    }

    /// The client that it reads through.
    pub fn github(&self) -> &'a GitHub {
        self.github
    }

    /// A known commit with this policy revision.
    pub fn commit_of(&self, revision: &Digest) -> Option<String> {
        let known = hold(&self.known.policies);
        known.iter().find(|(_, policy)| policy.revision == *revision).map(|(commit, _)| commit.clone())
    }

    async fn blob(&mut self, id: &str) -> Result<Vec<u8>, GitHubError> {
        if let Some(known) = self.known.recall(id) {
            return Ok(known);
        }
        let bytes = self.github.blob(id).await?;
        if blob_id(&bytes, id.len()).as_deref() != Some(id) {
            return Err(GitHubError::Unreadable {
                asked: format!("GET a file by its id {}", sanitise(id)),
                cause: "its content has another id".to_owned(),
            });
        }
        self.known.remember(id, &bytes);
        Ok(bytes)
    }

    /// The complete listing of a commit.
    pub async fn listing(&mut self, commit: &str) -> Result<Tree, TreeError> {
        let tree = self.github.tree(commit).await?;
        if tree.truncated { Err(TreeError::Truncated) } else { Ok(tree) }
    }

    /// The bytes of a regular file, if the listing has one of at most `limit` bytes.
    pub async fn file(
        &mut self,
        tree: &Tree,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, GitHubError> {
        let fits = |entry: &&TreeEntry| {
            let short =
                entry.size.and_then(|size| usize::try_from(size).ok()).is_some_and(|size| size <= limit);
            entry.path == path && matches!(kind(entry), EntryKind::File(_)) && short
        };
        match tree.tree.iter().find(fits) {
            Some(entry) => self.blob(&entry.sha).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same as [`Reader::policy`], compiled once for each commit.
    ///
    /// # Errors
    /// There is none, or it does not load.
    pub async fn shared_policy(&mut self, commit: &str) -> Result<Arc<Policy>, TreeError> {
        let known = hold(&self.known.policies).get(commit).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let policy = Arc::new(self.policy(commit).await?);
        hold(&self.known.policies).insert(commit.to_owned(), Arc::clone(&policy));
        Ok(policy)
    }

    /// The policy in a commit: at its root, or in its folder `access`.
    pub async fn policy(&mut self, commit: &str) -> Result<Policy, TreeError> {
        self.policy_or_problems(commit).await?.map_err(|problems| TreeError::Broken {
            commit: commit.to_owned(),
            problems: problems.to_string(),
        })
    }

    /// The same, with the problems if it does not load.
    pub async fn policy_or_problems(&mut self, commit: &str) -> Result<Result<Policy, Problems>, TreeError> {
        let tree = self.listing(commit).await?;
        let holds = |root: &&str| {
            let path = format!("{root}access.toml");
            tree.tree.iter().any(|entry| entry.path == path)
        };
        let mut roots = ["", "access/"].into_iter().filter(holds);
        let root = roots.next().ok_or_else(|| TreeError::Absent(commit.to_owned()))?;
        if roots.next().is_some() {
            return Err(TreeError::Both(commit.to_owned()));
        }
        let mut listing = Listing::default();
        let (mut wanted, mut total) = (Vec::new(), 0_u64);
        for entry in &tree.tree {
            let Some(path) = entry.path.strip_prefix(root) else { continue };
            let kind = kind(entry);
            if listing.see(path, kind) {
                if let EntryKind::File(size) = kind {
                    total = total.saturating_add(size);
                }
                wanted.push((path.to_owned(), entry.sha.clone()));
            }
        }
        if total > MOST {
            return Err(TreeError::TooLarge);
        }
        for (path, id) in wanted {
            let content = self.blob(&id).await?;
            listing.put(path, content);
        }
        Ok(listing.compile())
    }
}

fn hold<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kind(entry: &TreeEntry) -> EntryKind {
    match (entry.mode.as_str(), entry.kind.as_str()) {
        ("100644" | "100755" | "100664", "blob") => EntryKind::File(entry.size.unwrap_or(u64::MAX)),
        ("120000", _) => EntryKind::Link,
        (_, "tree") => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_held_against_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("blobs");
        // `printf 'hello\n' | git hash-object --stdin`
        let id = "ce013625030ba8dba906f756967f9e9ca394464a";
        assert_eq!(blob_id(b"hello\n", 40).as_deref(), Some(id));
        let known = Known::in_folder(place.clone());
        assert_eq!(known.recall(id), None);
        known.remember(id, b"hello\n");
        assert_eq!(Known::in_folder(place.clone()).recall(id).as_deref(), Some(&b"hello\n"[..]));
        std::fs::write(place.join(id), "requesters = []\n").unwrap();
        assert_eq!(Known::in_folder(place.clone()).recall(id), None);
        assert_eq!(Known::default().recall(id), None);
        known.remember("../../x", b"y");
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
