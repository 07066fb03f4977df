//! Reads the policy in a commit through the API, under the same rules as a folder on disk.

use std::sync::Arc;

use super::GitHub;
use super::GitHubError;
use super::known::blob_id;
use super::known::is_id;
use crate::github::api::models::Tree;
use crate::github::api::models::TreeEntry;
use crate::github::known::Known;
use crate::github::objects::Objects;
use crate::grant::Digest;
use crate::grant::text::sanitise;
use crate::policy::Listing;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::system::git::ChangedPath;
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

/// Reads each blob only once, however many commits contain it: by git, or over the API where there is none.
#[derive(Clone)]
pub struct Reader<'a> {
    github: &'a GitHub,
    known: Arc<Known>,
    objects: Option<Arc<Objects>>,
}

impl<'a> Reader<'a> {
    /// Makes a reader without a cache.
    pub fn new(github: &'a GitHub) -> Self {
        Self::resume(github, Arc::default())
    }

    /// Makes a reader with an existing cache.
    pub fn resume(github: &'a GitHub, known: Arc<Known>) -> Self {
        Self { github, known, objects: None }
    }

    /// The same with a copy that git fills.
    pub fn through(self, objects: Option<Arc<Objects>>) -> Self {
        Self { objects, ..self }
    }

    /// Fetches at once what will be read one by one: commits, the policies in some of them, and files at their paths; and for
    /// requests, the commits of `main` that they branched off from, with their policies. Only git can do that, and whatever fails
    /// here is tried again when it is read.
    pub async fn bring(
        &self,
        commits: &[&str],
        policies: &[&str],
        files: &[(&str, &str)],
        (requests, newest): (&[&str], &[String]),
    ) {
        let Some(objects) = &self.objects else { return };
        if commits.is_empty() || !commits.iter().all(|commit| is_id(commit)) {
            return;
        }
        objects.bring(commits).await;
        let bases = objects.bring_parents(requests, newest).await;
        let mut ids = Vec::new();
        for commit in policies.iter().copied().chain(bases.iter().map(String::as_str)) {
            if let Some(tree) = self.tree_at_hand(commit).await {
                ids.extend(policy_files(&tree));
            }
        }
        for (commit, path) in files {
            if let Some(tree) = self.tree_at_hand(commit).await {
                ids.extend(tree.tree.iter().find(|entry| entry.path == *path).map(|entry| entry.sha.clone()));
            }
        }
        ids.sort();
        ids.dedup();
        self.load(&ids).await;
    }

    /// Reads files by git, as many as it can.
    async fn load(&self, ids: &[String]) {
        let Some(objects) = &self.objects else { return };
        let missing: Vec<&str> = ids
            .iter()
            .map(String::as_str)
            .filter(|id| is_id(id) && self.known.recall(id).is_none())
            .collect();
        if !missing.is_empty()
            && let Some(files) = objects.files(&missing, MOST).await
        {
            self.known.take(files);
        }
    }

    /// The client that it reads through.
    pub fn github(&self) -> &'a GitHub {
        self.github
    }

    /// A known commit with this policy revision.
    pub fn commit_of(&self, revision: &Digest) -> Option<String> {
        self.known.commit_of(revision)
    }

    async fn blob(&self, id: &str) -> Result<Vec<u8>, GitHubError> {
        if self.known.recall(id).is_none() {
            self.load(&[id.to_owned()]).await;
        }
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

    /// Keeps a file whose content is at hand, under the id that git has for it.
    pub fn keep(&self, content: &[u8]) {
        self.known.keep(content);
    }

    /// The only parent of a commit, if it is one of these, and the paths that differ. `None` if git cannot say.
    pub(super) async fn change(&self, commit: &str, among: &[String]) -> Option<(String, Vec<ChangedPath>)> {
        self.objects.as_ref().filter(|_| is_id(commit))?.change(commit, among).await
    }

    /// The complete listing of a commit.
    pub async fn listing(&self, commit: &str) -> Result<Arc<Tree>, TreeError> {
        if let Some(tree) = self.tree_at_hand(commit).await {
            return Ok(tree);
        }
        self.listing_over_api(commit).await
    }

    /// The same, with the sizes of the files, which git does not say.
    async fn listing_over_api(&self, commit: &str) -> Result<Arc<Tree>, TreeError> {
        let tree = self.github.tree(commit).await?;
        if tree.truncated {
            return Err(TreeError::Truncated);
        }
        let tree = Arc::new(tree);
        self.known.put_tree(commit, &tree);
        Ok(tree)
    }

    /// The listing of a commit, if it was read before or git has it.
    pub(super) async fn tree_at_hand(&self, commit: &str) -> Option<Arc<Tree>> {
        if let Some(known) = self.known.tree(commit) {
            return Some(known);
        }
        let objects = self.objects.as_ref().filter(|_| is_id(commit))?;
        let tree = Arc::new(objects.tree(commit).await?);
        self.known.put_tree(commit, &tree);
        Some(tree)
    }

    /// The contents of these files of a listing, in its order.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn files(
        &self,
        tree: &Tree,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<Vec<u8>>, GitHubError> {
        let entries = tree.tree.iter().filter(|entry| entry.kind == "blob" && wanted(&entry.path));
        let ids: Vec<String> = entries.map(|entry| entry.sha.clone()).collect();
        self.load(&ids).await;
        let mut contents = Vec::with_capacity(ids.len());
        for id in &ids {
            contents.push(self.blob(id).await?);
        }
        Ok(contents)
    }

    /// The bytes of a regular file, if the listing has one of at most `limit` bytes.
    pub async fn file(&self, tree: &Tree, path: &str, limit: usize) -> Result<Option<Vec<u8>>, GitHubError> {
        let is_short = |size: u64| usize::try_from(size).is_ok_and(|size| size <= limit);
        let fits = |entry: &&TreeEntry| {
            entry.path == path && matches!(kind(entry), EntryKind::File(_)) && entry.size.is_none_or(is_short)
        };
        let Some(entry) = tree.tree.iter().find(fits) else { return Ok(None) };
        let content = self.blob(&entry.sha).await?;
        // Git does not say a size before it has the file.
        Ok(Some(content).filter(|content| is_short(content.len() as u64)))
    }

    /// The bytes of a regular file in a commit. `None` if it has none of at most `limit` bytes there.
    ///
    /// # Errors
    /// GitHub does not answer.
    pub async fn content(
        &self,
        commit: &str,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, TreeError> {
        if let Some(tree) = self.tree_at_hand(commit).await {
            return Ok(self.file(&tree, path, limit).await?);
        }
        // One call, however large the tree is.
        let content = self.github.content(path, commit).await?;
        Ok(content.filter(|content| content.len() <= limit))
    }

    /// The same as [`Reader::policy`], compiled once for each commit.
    ///
    /// # Errors
    /// There is none, or it does not load.
    pub async fn shared_policy(&self, commit: &str) -> Result<Arc<Policy>, TreeError> {
        if let Some(known) = self.known.policy(commit) {
            return Ok(known);
        }
        let policy = Arc::new(self.policy(commit).await?);
        self.known.put_policy(commit, &policy);
        Ok(policy)
    }

    /// The policy in a commit: at its root, or in its folder `access`.
    pub async fn policy(&self, commit: &str) -> Result<Policy, TreeError> {
        self.policy_or_problems(commit).await?.map_err(|problems| TreeError::Broken {
            commit: commit.to_owned(),
            problems: problems.to_string(),
        })
    }

    /// The same, with the problems if it does not load.
    pub async fn policy_or_problems(&self, commit: &str) -> Result<Result<Policy, Problems>, TreeError> {
        let mut tree = self.listing(commit).await?;
        let ids = policy_files(&tree);
        self.load(&ids).await;
        if tree.tree.iter().any(|entry| {
            entry.size.is_none() && ids.contains(&entry.sha) && self.known.length(&entry.sha).is_none()
        }) {
            // Git named the files and then could not bring them. The API's listing has their sizes.
            tree = self.listing_over_api(commit).await?;
        }
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
            let kind = match kind(entry) {
                EntryKind::File(_) if entry.size.is_none() => {
                    EntryKind::File(self.known.length(&entry.sha).unwrap_or(u64::MAX))
                }
                kind => kind,
            };
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

/// The ids of the files that a policy at the root or in the folder `access` may consist of.
fn policy_files(tree: &Tree) -> Vec<String> {
    let is_wanted = |entry: &&TreeEntry| {
        let path = entry.path.strip_prefix("access/").unwrap_or(&entry.path);
        matches!(kind(entry), EntryKind::File(_)) && Listing::default().see(path, EntryKind::File(0))
    };
    tree.tree.iter().filter(is_wanted).map(|entry| entry.sha.clone()).collect()
}

fn kind(entry: &TreeEntry) -> EntryKind {
    match (entry.mode.as_str(), entry.kind.as_str()) {
        ("100644" | "100755" | "100664", "blob") => EntryKind::File(entry.size.unwrap_or(u64::MAX)),
        ("120000", _) => EntryKind::Link,
        (_, "tree") => EntryKind::Folder,
        _ => EntryKind::Other,
    }
}
