//! Files that steer a program which other people trust: nobody else may be able to change them.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;

/// Reads a regular file of at most `most` bytes that only its owner can write, as can be said of every folder above it.
///
/// # Errors
/// The file cannot be read, is larger, is no regular file, or others may write or replace it.
pub fn read_guarded(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let unfit = |cause: String| io::Error::new(io::ErrorKind::InvalidData, cause);
    let path = std::fs::canonicalize(path)?;
    // Opening a pipe would wait for its writer, so the kind is checked before and after.
    if !std::fs::metadata(&path)?.is_file() {
        return Err(unfit("it is not a regular file".to_owned()));
    }
    let mut file = File::open(&path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(unfit("it is not a regular file".to_owned()));
    }
    #[cfg(unix)]
    guard::check(&path, &about)?;
    let mut content = Vec::new();
    let bound = u64::try_from(most).unwrap_or(u64::MAX);
    file.by_ref().take(bound.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() > most {
        return Err(unfit(format!("it is larger than {most} bytes")));
    }
    Ok(content)
}

/// Checks that not everybody on this machine can change a folder: itself, what is in it and in the folders in it, or what leads to it.
/// Hidden entries do not count. Its owner and its group may write. A folder that is not there is for its reader to report.
///
/// # Errors
/// Everybody may, or it cannot be looked at.
#[cfg(unix)]
pub fn check_folder(folder: &Path) -> io::Result<()> {
    let found = std::fs::canonicalize(folder).ok().filter(|folder| folder.is_dir());
    found.map_or(Ok(()), |folder| guard::check_folder(&folder))
}

/// Checks nothing: Windows has no such rights.
#[cfg(not(unix))]
pub fn check_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
mod guard {
    use std::fs::Metadata;
    use std::io;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// The rights of group and others to write.
    const WRITABLE: u32 = 0o022;
    /// In a sticky folder only an entry's owner may replace it.
    const STICKY: u32 = 0o1000;

    /// The right of everybody to write.
    const WRITABLE_BY_ALL: u32 = 0o002;

    /// Checks a folder, two levels of what is in it, and every folder above it.
    pub(super) fn check_folder(folder: &Path) -> io::Result<()> {
        let is_open = |about: &Metadata| about.mode() & WRITABLE_BY_ALL != 0;
        let refused = |cause: &str, path: &Path, about: &Metadata| {
            let (path, mode) = (path.display(), about.mode() & 0o7777);
            io::Error::new(
                io::ErrorKind::PermissionDenied,
                format!("every user of this machine may {cause} {path} (mode {mode:04o}): `chmod o-w` it"),
            )
        };
        for above in folder.ancestors().skip(1) {
            let about = std::fs::metadata(above)?;
            if is_open(&about) && about.mode() & STICKY == 0 {
                return Err(refused("replace what is in", above, &about));
            }
        }
        let mut folders = vec![(folder.to_owned(), 0)];
        let mut entries = vec![folder.to_owned()];
        while let Some((folder, depth)) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                // A link has all rights, and nothing follows it.
                let kind = entry.file_type()?;
                if entry.file_name().to_string_lossy().starts_with('.') || kind.is_symlink() {
                    continue;
                }
                if kind.is_dir() && depth == 0 {
                    folders.push((entry.path(), depth + 1));
                }
                entries.push(entry.path());
            }
        }
        for path in entries {
            let about = std::fs::symlink_metadata(&path)?;
            if is_open(&about) {
                return Err(refused("change", &path, &about));
            }
        }
        Ok(())
    }

    /// Checks the file and every folder above it. A person who may write a folder can replace the file in it.
    pub(super) fn check(path: &Path, about: &Metadata) -> io::Result<()> {
        let refused = |cause: String| io::Error::new(io::ErrorKind::PermissionDenied, cause);
        let own = rustix::process::geteuid().as_raw();
        let is_ours = |about: &Metadata| about.uid() == own || about.uid() == 0;
        if !is_ours(about) {
            return Err(refused(format!("it belongs to another user (id {})", about.uid())));
        }
        if about.mode() & WRITABLE != 0 {
            let mode = about.mode() & 0o7777;
            return Err(refused(format!("others may write it (mode {mode:04o}): `chmod go-w` it")));
        }
        for folder in path.ancestors().skip(1) {
            let about = std::fs::metadata(folder)?;
            let folder = folder.display();
            if !is_ours(&about) {
                return Err(refused(format!("{folder} belongs to another user (id {})", about.uid())));
            }
            if about.mode() & WRITABLE != 0 && about.mode() & STICKY == 0 {
                let mode = about.mode() & 0o7777;
                return Err(refused(format!(
                    "others may replace it, because they may write {folder} (mode {mode:04o})"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_that_everybody_may_change_is_refused() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("policy");
        fs::create_dir_all(folder.join("roles")).unwrap();
        fs::create_dir_all(folder.join(".git")).unwrap();
        fs::write(folder.join("roles/prod.toml"), "").unwrap();
        std::os::unix::fs::symlink("/nowhere", folder.join("link")).unwrap();
        let mode = |path: &str, mode: u32| {
            fs::set_permissions(above.path().join(path), Permissions::from_mode(mode)).unwrap();
        };
        let said = || check_folder(&folder).map_err(|error| error.to_string());
        mode("policy/.git", 0o777);
        mode("policy/roles", 0o775);
        assert_eq!(said(), Ok(()), "its group may write it");
        for (path, bad, good) in [
            ("policy", 0o777, 0o755),
            ("policy/roles", 0o1777, 0o755),
            ("policy/roles/prod.toml", 0o646, 0o644),
        ] {
            mode(path, bad);
            let shown = format!(
                "may change {} (mode {bad:04o})",
                above.path().canonicalize().unwrap().join(path).display()
            );
            assert!(said().unwrap_err().contains(&shown), "{:?}", said());
            mode(path, good);
        }
        mode("", 0o777);
        assert!(said().unwrap_err().contains("may replace what is in"), "{:?}", said());
        mode("", 0o1777);
        assert_eq!(said(), Ok(()));
        assert!(check_folder(&above.path().join("none")).is_ok(), "its reader says that it is not there");
    }

    #[test]
    fn a_file_that_others_may_write_or_replace_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("broker.toml");
        fs::write(&path, "listen = 1").unwrap();
        let mode = |path: &Path, mode: u32| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let said = |most: usize| read_guarded(&path, most).map_err(|error| error.to_string());
        for good in [0o600, 0o644, 0o400] {
            mode(&path, good);
            assert_eq!(said(64).unwrap(), b"listen = 1", "{good:o}");
        }
        assert_eq!(said(9).unwrap_err(), "it is larger than 9 bytes");
        for bad in [0o620, 0o602, 0o666] {
            mode(&path, bad);
            assert!(said(64).unwrap_err().contains("others may write it"), "{bad:o}");
        }
        mode(&path, 0o600);
        mode(folder.path(), 0o777);
        assert!(said(64).unwrap_err().contains("others may replace it"), "{:?}", said(64));
        mode(folder.path(), 0o1777);
        assert!(said(64).is_ok(), "as in the folder of temporary files");
        mode(folder.path(), 0o700);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read_guarded(&link, 64).is_ok());
        assert!(read_guarded(folder.path(), 64).is_err());
        assert_eq!(
            read_guarded(&folder.path().join("none"), 64).unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
    }
}
