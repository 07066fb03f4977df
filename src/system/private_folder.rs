//! A folder that only its owner can read and that ends with the command that made it.
//!
//! Others may write to the parent folder. So nothing in it is opened before its handle has shown that the folder is
//! this user's.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use data_encoding::HEXLOWER;

use super::Environment;
use super::files;
#[cfg(not(unix))]
use named as place;
#[cfg(unix)]
use opened as place;

#[cfg(not(unix))]
mod named;
#[cfg(unix)]
mod opened;

/// The prefix of the folders' names.
const PREFIX: &str = "jit-exec-";
/// The file whose lock shows that a folder is in use.
const LOCK: &str = "lock";

/// A new folder, mode 0700. It is removed with its content when this value is dropped.
#[derive(Debug)]
pub struct PrivateFolder {
    path: PathBuf,
    held: place::Held,
}

impl PrivateFolder {
    /// Makes one in the user's runtime folder (`XDG_RUNTIME_DIR`: in memory, gone at logout) if that is the user's
    /// alone, or else in the folder for temporary files. First removes the folders that killed processes left there.
    ///
    /// # Errors
    /// Others could change the content of the folder for temporary files, or it cannot be written.
    pub fn make(environment: &Environment) -> io::Result<Self> {
        let named = |name| environment.get(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
        // A stale variable, for example after `su`, names another user's folder.
        if let Some(folder) = named("XDG_RUNTIME_DIR")
            && let Ok(parent) = place::Parent::private(&folder)
            && let Ok(made) = Self::make_within(&parent)
        {
            return Ok(made);
        }
        Self::make_in(&named("TMPDIR").unwrap_or_else(std::env::temp_dir))
    }

    /// Makes one in this folder, which may be shared.
    ///
    /// # Errors
    /// Others could change its content, or it cannot be written.
    pub fn make_in(parent: &Path) -> io::Result<Self> {
        Self::make_within(&place::Parent::shared(parent)?)
    }

    fn make_within(parent: &place::Parent) -> io::Result<Self> {
        parent.sweep();
        let mut suffix = [0; 16];
        getrandom::fill(&mut suffix).map_err(io::Error::other)?;
        let name = format!("{PREFIX}{}", HEXLOWER.encode(&suffix));
        let path = parent.path().join(&name);
        let held = parent.make(&name)?;
        Ok(Self { path, held })
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it, mode 0600. Returns its path.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        files::replace_private(&path, content)?;
        Ok(path)
    }

    /// Writes a program into it, mode 0700. Returns its path.
    ///
    /// # Errors
    /// The file cannot be written.
    #[cfg(unix)]
    pub fn write_program(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.write(name, content)?;
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        Ok(path)
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        self.held.remove();
    }
}

/// Whether a file is in such a folder.
pub fn holds(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
}
