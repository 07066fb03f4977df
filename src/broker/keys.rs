//! The key folder: the log key, and the lock that excludes a second broker.

use std::io;
use std::path::Path;

use crate::secret::Secret;
use crate::system::Entropy;
use crate::system::files;

/// Reads a key of 32 bytes that only its owner may read, or creates it.
pub fn read_or_make(path: &Path, entropy: &dyn Entropy) -> io::Result<Secret<[u8; 32]>> {
    if let Some(bytes) = files::read(path)? {
        let bytes = Secret::new(bytes);
        check_private(path)?;
        let key = <[u8; 32]>::try_from(bytes.expose().as_slice())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "the key's file is damaged"))?;
        return Ok(Secret::new(key));
    }
    let key = Secret::new(entropy.seed());
    files::replace_private(path, key.expose())?;
    Ok(key)
}

#[cfg(unix)]
fn check_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "others may read {} (mode {mode:03o}); run `chmod 600` on it, or replace it if they did",
            path.display()
        ),
    ))
}

#[cfg(not(unix))]
fn check_private(_path: &Path) -> io::Result<()> {
    Ok(())
}
