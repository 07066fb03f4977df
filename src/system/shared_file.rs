//! Small files in folders where others may write: a repository, the folder for temporary files.
//!
//! Such a file is opened once, without following a link or waiting for a pipe, and checked by that handle.

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::path::Path;

/// The content of a name that any user may have written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shared {
    /// There is no file.
    Absent,
    /// A file of another user, in a folder that is not theirs. It was not read.
    Foreign,
    /// A file of this user or of the folder's owner.
    Content(Vec<u8>),
}

/// Reads a regular file of at most `most` bytes that belongs to this user or to the owner of its folder.
///
/// # Errors
/// It is a symbolic link, not a regular file (a pipe, a device, a folder), too large, or unreadable.
pub fn read(path: &Path, most: usize) -> io::Result<Shared> {
    let about = match fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(error) if is_absence(&error) => return Ok(Shared::Absent),
        Err(error) => return Err(error),
    };
    if is_foreign(path, &about) {
        return Ok(Shared::Foreign);
    }
    if about.is_symlink() {
        return Err(unfit("it is a symbolic link, which is not followed here"));
    }
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(Shared::Absent),
        Err(error) => return Err(error),
    };
    // The opened file may differ from the one checked above.
    let about = file.metadata()?;
    if is_foreign(path, &about) {
        return Ok(Shared::Foreign);
    }
    if !about.is_file() {
        return Err(unfit("it is not a regular file"));
    }
    let mut content = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX);
    file.take(bound.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() > most {
        return Err(unfit(&format!("it is larger than {most} bytes")));
    }
    Ok(Shared::Content(content))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn unfit(cause: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}

#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

/// Whether it belongs neither to this user nor to the folder's owner. A folder with an unknown owner does not count.
#[cfg(unix)]
fn is_foreign(path: &Path, about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    let folder = path.parent().and_then(|folder| fs::metadata(folder).ok()).map(|folder| folder.uid());
    about.uid() != own && folder != Some(about.uid())
}

#[cfg(not(unix))]
fn is_foreign(_path: &Path, _about: &fs::Metadata) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::chown;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".jit.toml");
        (folder, path)
    }

    fn refused(path: &Path) -> String {
        read(path, 100).unwrap_err().to_string()
    }

    fn pipe(path: &Path) {
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    }

    #[test]
    fn links_pipes_devices_and_folders_are_refused_unread() {
        let (folder, path) = folder();
        assert_eq!(read(&path, 100).unwrap(), Shared::Absent);
        fs::write(&path, "role = 1").unwrap();
        assert_eq!(read(&path, 100).unwrap(), Shared::Content(b"role = 1".to_vec()));
        assert_eq!(read(&path.join("deeper"), 100).unwrap(), Shared::Absent);
        fs::write(&path, vec![b'#'; 101]).unwrap();
        assert!(refused(&path).contains("larger than 100 bytes"));
        fs::remove_file(&path).unwrap();
        pipe(&path);
        assert!(refused(&path).contains("not a regular file"), "and nobody waits for its writer");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(refused(&path).contains("not a regular file"));
        fs::remove_dir(&path).unwrap();
        let inside = folder.path().join("inside");
        fs::write(&inside, "role = 1").unwrap();
        pipe(&folder.path().join("pipe"));
        for target in [Path::new("/dev/zero"), &inside, &folder.path().join("pipe"), Path::new("/nowhere")] {
            symlink(target, &path).unwrap();
            assert!(refused(&path).contains("symbolic link"), "{}", target.display());
            fs::remove_file(&path).unwrap();
        }
    }

    /// The folder for temporary files contains files of any user.
    #[test]
    fn what_another_user_left_in_a_folder_of_a_third_is_passed_over() {
        let (folder, path) = folder();
        fs::write(&path, "role = 1").unwrap();
        // Only root can give a file away. Otherwise there is no second user to test with.
        if chown(&path, Some(12345), None).is_err() {
            return;
        }
        assert_eq!(read(&path, 100).unwrap(), Shared::Foreign);
        chown(folder.path(), Some(12346), None).unwrap();
        assert_eq!(read(&path, 100).unwrap(), Shared::Foreign);
        chown(folder.path(), Some(12345), None).unwrap();
        assert_eq!(read(&path, 100).unwrap(), Shared::Content(b"role = 1".to_vec()), "their own repository");
        fs::remove_file(&path).unwrap();
        chown(folder.path(), Some(0), None).unwrap();
        symlink("/dev/zero", &path).unwrap();
        std::os::unix::fs::lchown(&path, Some(12345), None).unwrap();
        assert_eq!(read(&path, 100).unwrap(), Shared::Foreign);
    }
}
