//! A folder that only its owner can read and that goes away with the command that made it.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use data_encoding::HEXLOWER;

use super::Environment;
use super::files;
use super::files::Lock;

/// How the folders are called.
const PREFIX: &str = "jit-exec-";
/// The file whose lock says that a folder is in use.
const LOCK: &str = "lock";

/// A new folder, mode 0700, removed with all that is in it when this value is dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    _lock: Lock,
}

impl PrivateFolder {
    /// Makes one in the user's runtime folder (`XDG_RUNTIME_DIR`: in memory, gone at logout) or else in the folder for
    /// temporary files, and first removes what killed processes left there.
    pub fn make(environment: &Environment) -> io::Result<Self> {
        let runtime = environment.get("XDG_RUNTIME_DIR").map(PathBuf::from);
        if let Some(made) = runtime.filter(|folder| folder.is_absolute()).map(|folder| Self::make_in(&folder))
        {
            // A stale variable, after `su` for one, names a folder of somebody else.
            if made.is_ok() {
                return made;
            }
        }
        let temporary = environment.get("TMPDIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
        Self::make_in(&temporary.unwrap_or_else(std::env::temp_dir))
    }

    /// Makes one in this folder.
    pub fn make_in(parent: &Path) -> io::Result<Self> {
        sweep(parent);
        let mut suffix = [0; 16];
        getrandom::fill(&mut suffix).map_err(io::Error::other)?;
        let path = parent.join(format!("{PREFIX}{}", HEXLOWER.encode(&suffix)));
        make_new(&path)?;
        let lock = Lock::try_take(&path.join(LOCK))?
            .ok_or_else(|| io::Error::other("somebody locked the new private folder"))?;
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it, mode 0600, and answers where.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        files::replace_private(&path, content)?;
        Ok(path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Whether a file lies in such a folder.
pub fn holds(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}

fn make_new(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    // Fails when anything of that name is there, a link that somebody laid out included.
    builder.create(path)
}

/// Removes folders of ours whose maker is gone: killed, it could not do so itself.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        // `file_type` does not follow links. A folder without a lock file is being made right now.
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let lock = entry.path().join(LOCK);
        if ours && folder && lock.is_file() && matches!(Lock::try_take(&lock), Ok(Some(_))) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn it_is_private_and_goes_away() {
        let parent = tempfile::tempdir().unwrap();
        let folder = PrivateFolder::make_in(parent.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.write("token", b"secret").unwrap()), 0o600);
        drop(folder);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_a_killed_process_left_is_swept_and_what_is_in_use_stays() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join("jit-exec-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "1").unwrap();
        fs::write(left.join("token"), "secret").unwrap();
        let foreign = parent.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join(LOCK), "1").unwrap();
        std::os::unix::fs::symlink(&foreign, parent.path().join("jit-exec-link")).unwrap();
        let one = PrivateFolder::make_in(parent.path()).unwrap();
        let other = PrivateFolder::make_in(parent.path()).unwrap();
        assert!(!left.exists());
        assert!(foreign.join(LOCK).exists() && one.path().exists() && other.path().exists());
    }
}
