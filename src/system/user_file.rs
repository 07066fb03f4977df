//! Changes a file that belongs to the user, without ever losing any of it.
//!
//! The new content is written beside the file, with its mode and owner, synced, and replaces it in one step. If the
//! system can, the two are exchanged, so that a content written at that moment can still be checked and put back.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use tempfile::NamedTempFile;

use super::files;

/// The file as it was read. It is written back only if nobody has changed it since.
#[derive(Debug)]
pub struct UserFile {
    /// Its real path, after all symbolic links.
    path: PathBuf,
    /// Its content. `None` if it did not exist.
    before: Option<Vec<u8>>,
}

impl UserFile {
    /// Reads a file. A missing one may be made later.
    pub fn read(path: &Path) -> io::Result<Self> {
        match fs::canonicalize(path) {
            Ok(real) => {
                if !fs::metadata(&real)?.is_file() {
                    return Err(io::Error::other("it is not an ordinary file"));
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

    /// Its content when it was read.
    pub fn content(&self) -> &[u8] {
        self.before.as_deref().unwrap_or_default()
    }

    /// Replaces the whole file, or makes it with mode 0600. Refuses if the file is not writable, or if another program
    /// has changed or made it since it was read. That version then stays.
    pub fn replace(&self, content: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let Some(before) = &self.before else {
            files::make_folder(folder)?;
            let beside = write_beside(folder, content, None)?;
            beside.persist_noclobber(&self.path).map_err(|refused| match refused.error.kind() {
                io::ErrorKind::AlreadyExists => changed(),
                _ => refused.error,
            })?;
            return files::sync_folder(folder);
        };
        let metadata = fs::metadata(&self.path)?;
        if metadata.permissions().readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        // A rename needs only the folder's permission. This also checks the file's own.
        drop(OpenOptions::new().write(true).open(&self.path)?);
        let beside = write_beside(folder, content, Some(&metadata))?;
        if fs::read(&self.path)? != *before {
            return Err(changed());
        }
        match change_places(beside.path(), &self.path) {
            Ok(()) => self.look_back(beside, content, before)?,
            // Not every file system can exchange files.
            Err(_) => drop(beside.persist(&self.path).map_err(|refused| refused.error)?),
        }
        files::sync_folder(folder)
    }

    /// After the exchange, checks that the old file has the content that was read. If not, puts it back.
    fn look_back(&self, beside: NamedTempFile, content: &[u8], before: &[u8]) -> io::Result<()> {
        // An unreadable file is kept. Only content that is known to be safe to lose is ever removed.
        let holds = |wanted: &[u8]| fs::read(beside.path()).is_ok_and(|held| held == wanted);
        if holds(before) {
            return Ok(());
        }
        if change_places(beside.path(), &self.path).is_ok() && holds(content) {
            return Err(changed());
        }
        // A third change happened meanwhile. Nobody can tell which version is meant, so both stay.
        let (_, kept) = beside.keep().map_err(|refused| refused.error)?;
        Err(io::Error::other(format!(
            "others changed it at this moment; one version is in {}",
            kept.display()
        )))
    }
}

fn changed() -> io::Error {
    io::Error::other("somebody changed it at this moment")
}

fn write_beside(folder: &Path, content: &[u8], model: Option<&fs::Metadata>) -> io::Result<NamedTempFile> {
    let mut beside = tempfile::Builder::new().prefix(".jit-").tempfile_in(folder)?;
    beside.write_all(content)?;
    if let Some(model) = model {
        take_after(beside.as_file(), model)?;
    }
    beside.as_file().sync_all()?;
    Ok(beside)
}

/// Gives a new file the mode and the owner of the file that it replaces.
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

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn change_places(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::CWD;
    use rustix::fs::RenameFlags;
    Ok(rustix::fs::renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn change_places(_one: &Path, _other: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::fs::symlink;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn links_and_modes_are_kept_and_read_only_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "one").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        UserFile::read(&link).unwrap().replace(b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert_eq!(mode(&real), 0o640);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
        let refused = UserFile::read(&link).unwrap().replace(b"ours").unwrap_err();
        assert!(refused.to_string().contains("read-only"), "{refused}");
        assert_eq!(fs::read(&real).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
        fs::remove_file(&real).unwrap();
        assert!(UserFile::read(&link).unwrap_err().to_string().contains("leads nowhere"));
        assert!(UserFile::read(folder.path()).unwrap_err().to_string().contains("not an ordinary file"));
    }

    #[test]
    fn what_another_writes_meanwhile_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        fs::write(&path, "one").unwrap();
        let slow = UserFile::read(&path).unwrap();
        fs::write(&path, "theirs").unwrap();
        assert!(slow.replace(b"ours").unwrap_err().to_string().contains("somebody changed it"));
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        // The check came before the other program's change, and the exchange after it.
        let beside = write_beside(folder.path(), b"ours", None).unwrap();
        change_places(beside.path(), &path).unwrap();
        assert!(
            slow.look_back(beside, b"ours", b"one").unwrap_err().to_string().contains("somebody changed it")
        );
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        // A further change between the exchange and putting the other version back.
        let beside = write_beside(folder.path(), b"theirs", None).unwrap();
        fs::write(&path, "a third").unwrap();
        let refused = slow.look_back(beside, b"ours", b"one").unwrap_err().to_string();
        assert_eq!(fs::read(&path).unwrap(), b"theirs");
        let kept = refused.rsplit(' ').next().unwrap();
        assert_eq!(fs::read(kept).unwrap(), b"a third");
    }

    #[test]
    fn a_new_file_is_private_and_covers_no_other() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let made = folder.path().join("new/config");
        UserFile::read(&made).unwrap().replace(b"first").unwrap();
        assert_eq!((mode(&made), mode(made.parent().unwrap())), (0o600, 0o700));
        let beside = folder.path().join("config");
        let unmade = UserFile::read(&beside).unwrap();
        fs::write(&beside, "theirs").unwrap();
        assert!(unmade.replace(b"ours").unwrap_err().to_string().contains("somebody changed it"));
        assert_eq!(fs::read(&beside).unwrap(), b"theirs");
        assert_eq!(mode(folder.path()), 0o755, "a folder that was there stays as it is");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_owner_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        fs::write(&path, "one").unwrap();
        // Only root can give a file away. For others there is only one owner to keep.
        let given = std::os::unix::fs::chown(&path, Some(12345), Some(12345)).is_ok();
        let before = fs::metadata(&path).unwrap();
        UserFile::read(&path).unwrap().replace(b"two").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!((before.uid(), before.gid()), (after.uid(), after.gid()));
        assert_eq!(given, after.uid() == 12345);
    }
}
