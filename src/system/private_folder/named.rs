//! Access by name, on systems that give each user their own folder for temporary files.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use super::LOCK;
use super::PREFIX;
use crate::system::files::Lock;

/// The parent of private folders.
pub struct Parent(PathBuf);

/// A private folder, with its lock.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    lock: Option<Lock>,
}

impl Parent {
    /// A folder that is only this user's.
    pub fn private(path: &Path) -> io::Result<Self> {
        Self::shared(path)
    }

    /// A folder for temporary files.
    pub fn shared(path: &Path) -> io::Result<Self> {
        Ok(Self(path.to_owned()))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Makes a private folder and takes its lock.
    pub fn make(&self, name: &str) -> io::Result<Held> {
        let path = self.0.join(name);
        fs::create_dir(&path)?;
        let lock = Lock::try_take(&path.join(LOCK))?
            .ok_or_else(|| io::Error::other("somebody locked the new private folder"))?;
        Ok(Held { path, lock: Some(lock) })
    }

    /// Removes folders whose maker was killed before it could remove them.
    pub fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.0) else { return };
        for entry in entries.flatten() {
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
            // `file_type` does not follow links. A folder without a lock file is just being made.
            let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let lock = entry.path().join(LOCK);
            if ours && folder && lock.is_file() && matches!(Lock::try_take(&lock), Ok(Some(_))) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Held {
    /// Removes the folder with its content. Frees the lock first: Windows may keep the name of a removed file until nobody has the file
    /// open, and a folder with a name in it stays.
    pub fn remove(&mut self) {
        self.lock = None;
        let _ = fs::remove_dir_all(&self.path);
    }
}
