//! The objects of the repository that were read before.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;

use crate::github::api::models::Tree;
use crate::grant::Digest;
use crate::policy::Policy;
use crate::system::files;

/// A cache of objects that cannot change, because git names them by their content.
#[derive(Default)]
pub struct Known {
    blobs: Mutex<HashMap<String, Vec<u8>>>,
    policies: Mutex<HashMap<String, Arc<Policy>>>,
    trees: Mutex<HashMap<String, Arc<Tree>>>,
    folder: Option<PathBuf>,
}

/// The most trees that are kept.
const MOST_TREES: usize = 64;
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

    pub(super) fn recall(&self, id: &str) -> Option<Vec<u8>> {
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

    /// A commit whose policy has this revision.
    pub(super) fn commit_of(&self, revision: &Digest) -> Option<String> {
        let known = hold(&self.policies);
        known.iter().find(|(_, policy)| policy.revision == *revision).map(|(commit, _)| commit.clone())
    }

    pub(super) fn policy(&self, commit: &str) -> Option<Arc<Policy>> {
        hold(&self.policies).get(commit).cloned()
    }

    pub(super) fn put_policy(&self, commit: &str, policy: &Arc<Policy>) {
        hold(&self.policies).insert(commit.to_owned(), Arc::clone(policy));
    }

    pub(super) fn tree(&self, commit: &str) -> Option<Arc<Tree>> {
        hold(&self.trees).get(commit).cloned()
    }

    pub(super) fn put_tree(&self, commit: &str, tree: &Arc<Tree>) {
        let mut trees = hold(&self.trees);
        if trees.len() >= MOST_TREES {
            trees.clear();
        }
        trees.insert(commit.to_owned(), Arc::clone(tree));
    }

    /// Keeps files that git keeps already, for this process.
    pub(super) fn take(&self, files: HashMap<String, Vec<u8>>) {
        hold(&self.blobs).extend(
            files.into_iter().filter(|(id, content)| blob_id(content, id.len()).as_deref() == Some(id)),
        );
    }

    /// Keeps a file for this process, under both of the ids that git may have for it.
    pub(super) fn keep(&self, content: &[u8]) {
        let ids = [40, 64].into_iter().filter_map(|length| blob_id(content, length));
        hold(&self.blobs).extend(ids.map(|id| (id, content.to_vec())));
    }

    /// The length of a file that is kept, in bytes.
    pub(super) fn length(&self, id: &str) -> Option<u64> {
        hold(&self.blobs).get(id).map(|content| content.len() as u64)
    }

    pub(super) fn remember(&self, id: &str, content: &[u8]) {
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

pub(super) fn is_id(id: &str) -> bool {
    matches!(id.len(), 40 | 64) && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Git's id of a blob: the hash of its kind, length and content (git, "Git Objects"). `length` is the id's length in
/// characters, and selects the hash.
pub(super) fn blob_id(content: &[u8], length: usize) -> Option<String> {
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

fn hold<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
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
