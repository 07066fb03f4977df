//! The policy in a commit, through the API, held to the same rules as a folder on disk.

use std::collections::HashMap;

use super::GitHub;
use super::GitHubError;
use super::github::models::Tree;
use super::github::models::TreeEntry;
use crate::policy::Listing;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::system::git::EntryKind;

/// The most bytes of one revision's files, together.
const MOST: u64 = 64 << 20;

/// Why there is no policy in a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// GitHub did not answer as it should.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// GitHub left entries out of the listing.
    #[error("the repository has more files than GitHub lists at once")]
    Truncated,
    /// There is no `access.toml`.
    #[error("there is no access.toml at the root of {0}, nor in its folder access")]
    Absent(String),
    /// It holds too much.
    #[error("the policy has more than {} MiB", MOST >> 20)]
    TooLarge,
    /// It does not load.
    #[error("the policy at {commit} does not load: {problems}")]
    Broken {
        /// Which commit.
        commit: String,
        /// Why.
        problems: String,
    },
}

/// Reads blobs once, however many commits have them.
pub struct Reader<'a> {
    github: &'a GitHub,
    blobs: HashMap<String, Vec<u8>>,
}

impl<'a> Reader<'a> {
    /// Reads through a client.
    pub fn new(github: &'a GitHub) -> Self {
        Self { github, blobs: HashMap::new() }
    }

    async fn blob(&mut self, id: &str) -> Result<Vec<u8>, GitHubError> {
        if let Some(known) = self.blobs.get(id) {
            return Ok(known.clone());
        }
        let bytes = self.github.blob(id).await?;
        self.blobs.insert(id.to_owned(), bytes.clone());
        Ok(bytes)
    }

    /// The listing of a commit, whole.
    pub async fn listing(&mut self, commit: &str) -> Result<Tree, TreeError> {
        let tree = self.github.tree(commit).await?;
        if tree.truncated { Err(TreeError::Truncated) } else { Ok(tree) }
    }

    /// The bytes of a regular file, where a listing has one of at most `limit` bytes.
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

    /// The policy in a commit: at its root, or in its folder `access`.
    pub async fn policy(&mut self, commit: &str) -> Result<Policy, TreeError> {
        self.policy_or_problems(commit).await?.map_err(|problems| TreeError::Broken {
            commit: commit.to_owned(),
            problems: problems.to_string(),
        })
    }

    /// The same, with what keeps it from loading.
    pub async fn policy_or_problems(&mut self, commit: &str) -> Result<Result<Policy, Problems>, TreeError> {
        let tree = self.listing(commit).await?;
        let root = ["", "access/"].into_iter().find(|root| {
            let path = format!("{root}access.toml");
            tree.tree.iter().any(|entry| entry.path == path)
        });
        let root = root.ok_or_else(|| TreeError::Absent(commit.to_owned()))?;
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

fn kind(entry: &TreeEntry) -> EntryKind {
    match (entry.mode.as_str(), entry.kind.as_str()) {
        ("100644" | "100755" | "100664", "blob") => EntryKind::File(entry.size.unwrap_or(u64::MAX)),
        ("120000", _) => EntryKind::Link,
        (_, "tree") => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}
