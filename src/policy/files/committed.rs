//! A policy's folder in a commit: found, listed and read without a checkout.

use crate::policy::files::listing::Listing;
use crate::system::git::Entry;
use crate::system::git::EntryKind;
use crate::system::git::GitError;
use crate::system::git::Repository;

/// The most bytes of one revision's files in total.
const MOST: u64 = 256 << 20;

/// Why a commit's policy cannot be read. Compiling checks the content.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// None of the folders contains `access.toml`.
    #[error("there is no access.toml in it")]
    Nowhere,
    /// Two folders contain one. A person who may write one folder must not be able to replace the other's policy.
    #[error("both {0}access.toml and {1}access.toml are in it, so nobody can tell which policy is meant")]
    Both(String, String),
    /// Its files are too large in total.
    #[error("the policy has more than {} MiB", MOST >> 20)]
    TooLarge,
}

impl Listing {
    /// Reads a commit's policy from the one of these folders that contains `access.toml`. A folder ends with `/`,
    /// unless it is the tree's root, which is empty.
    ///
    /// # Errors
    /// None of the folders contains it, or more than one.
    pub async fn of_commit(
        repository: &Repository<'_>,
        commit: &str,
        folders: &[String],
    ) -> Result<Self, CommitError> {
        let (tree, entries) = find(repository, commit, folders).await?;
        let mut listing = Self::default();
        let mut wanted: Vec<(String, String)> = Vec::new();
        let mut total = 0;
        let mut see = |listing: &mut Self, entry: Entry, path: String| {
            if listing.see(&path, entry.kind) {
                if let EntryKind::File(size) = entry.kind {
                    total += size;
                }
                wanted.push((path, entry.id));
            }
        };
        for entry in entries {
            let path = entry.path.clone();
            if Self::is_folder(&path) && entry.kind == EntryKind::Folder {
                for inner in repository.list(&format!("{tree}{path}")).await? {
                    let path = format!("{path}/{}", inner.path);
                    see(&mut listing, inner, path);
                }
            } else {
                see(&mut listing, entry, path);
            }
        }
        if total > MOST {
            return Err(CommitError::TooLarge);
        }
        let ids: Vec<String> = wanted.iter().map(|(_, id)| id.clone()).collect();
        let contents = repository.contents(&ids, total).await?;
        for ((path, _), content) in wanted.into_iter().zip(contents) {
            listing.put(path, content);
        }
        Ok(listing)
    }
}

/// The policy's folder in a commit: `commit:path/`, and its entries.
async fn find(
    repository: &Repository<'_>,
    commit: &str,
    folders: &[String],
) -> Result<(String, Vec<Entry>), CommitError> {
    let mut trouble = None;
    let mut seen = false;
    let mut found: Option<(&String, String, Vec<Entry>)> = None;
    for folder in folders {
        let tree = format!("{commit}:{folder}");
        match repository.list(&tree).await {
            Ok(entries) if entries.iter().any(|entry| entry.path == "access.toml") => {
                seen = true;
                if let Some((first, ..)) = found {
                    return Err(CommitError::Both(first.clone(), folder.clone()));
                }
                found = Some((folder, tree, entries));
            }
            Ok(_) => seen = true,
            Err(error) => trouble = Some(error),
        }
    }
    // A missing folder is no error if another one was listed. A folder that cannot be read may contain the other
    // policy.
    match trouble {
        Some(error) if !seen || !matches!(error, GitError::Failed { .. }) => Err(error.into()),
        _ => found.map(|(_, tree, entries)| (tree, entries)).ok_or(CommitError::Nowhere),
    }
}

/// Converts a folder of a repository to the form that [`Listing::of_commit`] expects.
pub fn folder_in_tree(path: &str) -> String {
    let parts = path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".");
    parts.map(|part| format!("{part}/")).collect()
}
