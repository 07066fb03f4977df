//! The revisions that were in force, each in a folder named by its digest.

use std::fs;
use std::io;
use std::path::Path;

use crate::policy::Policy;
use crate::system::files;

/// Stores a revision as a folder, atomically.
pub fn keep(kept: &Path, policy: &Policy) -> io::Result<()> {
    let folder = kept.join(policy.revision.to_string());
    if folder.is_dir() {
        return Ok(());
    }
    let beside = kept.join(format!(".{}", policy.revision));
    if beside.exists() {
        fs::remove_dir_all(&beside)?;
    }
    files::make_private_folder(&beside)?;
    for (path, content) in policy.files.iter() {
        let file = beside.join(path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        files::replace_private(&file, content)?;
    }
    fs::rename(&beside, &folder)?;
    files::sync_folder(kept)
}

/// Loads a folder in the background: compiling a large policy takes a while, and reading may hang on a network disk.
pub async fn load(folder: &Path) -> Result<Policy, String> {
    let folder = folder.to_path_buf();
    tokio::task::spawn_blocking(move || Policy::load(&folder).map_err(|problems| problems.to_string()))
        .await
        .unwrap_or_else(|error| Err(error.to_string()))
}
