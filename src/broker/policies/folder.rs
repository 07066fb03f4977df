//! A policy folder on this machine, read every two seconds. One that every user of the machine may change is no policy.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Found;
use super::Trouble;
use crate::grant::Digest;
use crate::policy::Policy;
use crate::system::guarded_file::check_folder;

/// How long reading the folder may take. It may be on a network disk.
const LOOK_FOR: Duration = Duration::from_secs(10);

/// A policy folder on this machine, as the source of the policy.
pub struct FolderSource {
    folder: PathBuf,
    /// Whether an earlier read has not returned. A second one would hang beside it.
    reading: Arc<AtomicBool>,
}

impl FolderSource {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, reading: Arc::default() }
    }

    /// The folder's policy, if its revision differs from `current`.
    pub async fn look(&self, current: Option<&Digest>) -> Result<Found, Trouble> {
        if self.reading.swap(true, Ordering::AcqRel) {
            return Err(Trouble::of("the policy's folder has not been read to its end yet"));
        }
        let (folder, current, reading) = (self.folder.clone(), current.copied(), Arc::clone(&self.reading));
        let read = tokio::task::spawn_blocking(move || {
            let checked = check_folder(&folder).map_err(|error| Trouble::of(error.to_string()));
            let found = match current {
                _ if checked.is_err() => Ok(None),
                Some(current) => Policy::load_unless(&folder, &current),
                None => Policy::load(&folder).map(Some),
            };
            reading.store(false, Ordering::Release);
            checked.and(found.map_err(|problems| Trouble::of(problems.to_string())))
        });
        match tokio::time::timeout(LOOK_FOR, read).await {
            Ok(found) => found
                .unwrap_or_else(|error| Err(Trouble::of(error.to_string())))
                .map(|policy| Found { policy, commit: None }),
            Err(_) => Err(Trouble::of("the policy's folder cannot be read in time")),
        }
    }
}
