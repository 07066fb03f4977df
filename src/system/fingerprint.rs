//! Files by their content: the program that a name leads to, and the SHA-256 of a file of any size.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;

use aws_lc_rs::digest::Context;
use aws_lc_rs::digest::SHA256;

use super::Environment;

/// The bytes that are read at once.
const PIECE: usize = 1 << 16;

/// The file that runs under this name: as `execvp` finds it (POSIX, "exec"), a name with a slash as it stands and any other in the
/// folders of `PATH`. A relative path begins in the folder `working`.
///
/// # Errors
/// There is none.
pub fn program(name: &OsStr, environment: &Environment, working: &Path) -> io::Result<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.is_absolute() {
        return Ok(working.join(path));
    }
    let folders = environment.get("PATH").map(std::env::split_paths).into_iter().flatten();
    let mut candidates = folders.map(|folder| working.join(folder).join(name));
    candidates.find(|candidate| is_program(candidate)).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// Whether it is certain that no file runs under this name, so that to start it would fail with `ENOENT` (POSIX, "exec"). Looks for the
/// file and opens nothing. Without `PATH`, and on Windows, the system also looks in folders of its own, so nothing is certain.
pub fn is_missing(name: &OsStr, environment: &Environment, working: &Path) -> bool {
    let path = Path::new(name);
    // A folder that may not be searched may hold it.
    let is_absent = |path: PathBuf| {
        path.metadata().is_err_and(|error| {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        })
    };
    if cfg!(windows) || name.is_empty() {
        return false;
    }
    if path.components().count() > 1 || path.is_absolute() {
        return is_absent(working.join(path));
    }
    let Some(folders) = environment.get("PATH").map(std::env::split_paths) else { return false };
    folders.map(|folder| working.join(folder).join(name)).all(is_absent)
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The SHA-256 of a regular file's content. Follows links: the content counts, and not the name.
///
/// # Errors
/// It cannot be read, or is no regular file: a pipe would give another content each time.
pub fn sha256(path: &Path) -> io::Result<[u8; 32]> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut file = File::open(path)?;
    let mut hash = Context::new(&SHA256);
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        hash.update(piece.get(..read).unwrap_or_default());
    }
    let mut value = [0; 32];
    value.copy_from_slice(hash.finish().as_ref());
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_program_is_found_as_the_system_finds_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        for (name, mode) in [("a/tool", 0o644), ("b/tool", 0o755), ("c/tool", 0o755)] {
            fs::create_dir_all(place(name).parent().unwrap()).unwrap();
            fs::write(place(name), name).unwrap();
            fs::set_permissions(place(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        fs::create_dir_all(place("a/b")).unwrap();
        let path = ["a", "missing", "b", "c"].map(place).map(|path| path.to_str().unwrap().to_owned());
        let environment = Environment::of([("PATH", &*path.join(":"))]);
        let found = |name: &str| program(OsStr::new(name), &environment, folder.path());
        assert_eq!(found("tool").unwrap(), place("b/tool"));
        assert_eq!(found("./c/tool").unwrap(), place("./c/tool"));
        assert_eq!(found("none").unwrap_err().kind(), io::ErrorKind::NotFound);
        // A folder of that name is no program.
        assert!(found("b").is_err());
    }

    #[test]
    fn the_content_counts_and_a_pipe_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let (file, large) = (folder.path().join("file"), folder.path().join("large"));
        fs::write(&file, "hello\n").unwrap();
        fs::write(&large, vec![7; 3 * PIECE + 1]).unwrap();
        let of = |bytes: &[u8]| aws_lc_rs::digest::digest(&SHA256, bytes);
        assert_eq!(sha256(&file).unwrap(), of(b"hello\n").as_ref());
        assert_eq!(sha256(&large).unwrap(), of(&vec![7; 3 * PIECE + 1]).as_ref());
        assert!(sha256(folder.path()).is_err());
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&file, &link).unwrap();
            assert_eq!(sha256(&link).unwrap(), of(b"hello\n").as_ref());
        }
    }
}
