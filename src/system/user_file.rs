//! Changing a file that belongs to the user: nothing of it is ever lost.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use super::files;

/// A file as it was read, to be written back only if nobody has changed it since.
#[derive(Debug)]
pub struct UserFile {
    /// Where it really is, past every symbolic link.
    path: PathBuf,
    /// What it held; nothing when it did not exist.
    before: Option<Vec<u8>>,
}

impl UserFile {
    /// Reads a file; one that is not there may be made.
    pub fn read(path: &Path) -> io::Result<Self> {
        match fs::canonicalize(path) {
            Ok(real) => {
                if !fs::metadata(&real)?.is_file() {
                    return Err(io::Error::other("it is no ordinary file"));
                }
                let before = Some(fs::read(&real)?);
                Ok(Self { path: real, before })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::symlink_metadata(path).is_ok() {
                    return Err(io::Error::other("it is a symbolic link that leads nowhere"));
                }
                Ok(Self { path: path.to_owned(), before: None })
            }
            Err(error) => Err(error),
        }
    }

    /// What it held.
    pub fn content(&self) -> &[u8] {
        self.before.as_deref().unwrap_or_default()
    }

    /// Replaces the file whole: written beside it with its mode and owner, synced, renamed. Refuses when it may not be
    /// written, or when somebody has changed it since it was read.
    pub fn replace(&self, content: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        if self.before.is_none() {
            files::make_private_folder(folder)?;
            self.is_unchanged()?;
            return files::replace_private(&self.path, content);
        }
        let metadata = fs::metadata(&self.path)?;
        if metadata.permissions().readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        // Renaming asks only for the folder's permission; this asks for the file's own.
        drop(OpenOptions::new().write(true).open(&self.path)?);
        let mut beside = tempfile::Builder::new().prefix(".jit-").tempfile_in(folder)?;
        beside.write_all(content)?;
        take_after(beside.as_file(), &metadata)?;
        beside.as_file().sync_all()?;
        self.is_unchanged()?;
        beside.persist(&self.path).map_err(|error| error.error)?;
        files::sync_folder(folder)
    }

    fn is_unchanged(&self) -> io::Result<()> {
        if files::read(&self.path)? == self.before {
            return Ok(());
        }
        Err(io::Error::other("somebody changed it at this moment"))
    }
}

/// Gives a new file the mode and the owner of the one that it replaces.
fn take_after(file: &File, model: &fs::Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (model.uid(), model.gid()) {
            std::os::unix::fs::fchown(file, Some(model.uid()), Some(model.gid()))?;
        }
    }
    file.set_permissions(model.permissions())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn links_modes_and_other_writers_are_respected() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        UserFile::read(&link).unwrap().replace(b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        let slow = UserFile::read(&link).unwrap();
        fs::write(&real, "theirs").unwrap();
        assert!(slow.replace(b"ours").unwrap_err().to_string().contains("somebody changed it"));
        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(
            UserFile::read(&link).unwrap().replace(b"ours").unwrap_err().to_string().contains("read-only")
        );
        assert_eq!(fs::read(&real).unwrap(), b"theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        fs::remove_file(&real).unwrap();
        assert!(UserFile::read(&link).is_err());
        let made = folder.path().join("new/config");
        UserFile::read(&made).unwrap().replace(b"first").unwrap();
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
