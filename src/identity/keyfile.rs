//! Key files: finding out which key a file holds, without its passphrase. OpenSSH's private files contain the public
//! half in plain text, so the `.pub` beside one is read only if that is missing.

use std::io;
use std::path::Path;
use std::path::PathBuf;

use ssh_key::PrivateKey;

use super::IdentityError;
use super::key;
use super::key::PublicLine;
use super::signer::KeyChoice;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::files;

/// The largest key file that is read, in bytes.
const MAX_FILE: usize = 64 * 1024;

/// A key named by its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The key. Without a private file, only the agent can sign with it.
    pub choice: KeyChoice,
    /// The `.pub` beside the private file, if it belongs to another key. It is not used.
    pub stray: Option<PathBuf>,
}

/// The key of a file, named by either half. The private file identifies the key even if it is encrypted. The public
/// file is enough for a key that only the agent holds.
///
/// # Errors
/// Neither half can be parsed as a key.
pub fn named(path: &Path) -> Result<Named, IdentityError> {
    let private = if is_public(path) { path.with_extension("") } else { path.to_owned() };
    let public = beside(&private);
    let of_public = read_public(&public);
    match private_line(&private) {
        Ok(held) => {
            let stray = of_public.is_ok_and(|line| line.line != held.line).then_some(public);
            return Ok(Named { choice: KeyChoice { public: held.line, file: Some(private) }, stray });
        }
        // A private file of the old format. `signer::open` says how to convert it.
        Err(IdentityError::Format { path }) => {
            if let Ok(line) = &of_public {
                let choice = KeyChoice { public: line.line.clone(), file: Some(private) };
                return Ok(Named { choice, stray: None });
            }
            // People also keep a public key line in a file of any name.
            return match read_public(&private) {
                Ok(line) => Ok(Named { choice: KeyChoice { public: line.line, file: None }, stray: None }),
                Err(_) => Err(IdentityError::Format { path }),
            };
        }
        Err(error) if private.exists() => return Err(error),
        Err(_) => {}
    }
    let line = of_public.map_err(|error| match error {
        IdentityError::Key(_) => error,
        _ => IdentityError::File(format!("there is neither {} nor {}", shown(&private), shown(&public))),
    })?;
    Ok(Named { choice: KeyChoice { public: line.line, file: None }, stray: None })
}

/// The keys of a folder like `~/.ssh`, each with its private file. Skips public files without a private one.
pub(super) fn in_folder(folder: &Path) -> Vec<(PublicLine, PathBuf)> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    paths.sort();
    let private = paths.into_iter().filter(|path| !is_public(path));
    private.filter_map(|path| Some((line_of(&path)?, path))).collect()
}

fn line_of(private: &Path) -> Option<PublicLine> {
    let public = || read_public(&beside(private)).ok();
    match private_line(private) {
        // An encrypted file hides its comment. The public file shows it.
        Ok(line) if line.comment.is_empty() => {
            Some(public().filter(|other| other.line == line.line).unwrap_or(line))
        }
        Ok(line) => Some(line),
        Err(IdentityError::Format { .. }) => public(),
        Err(_) => None,
    }
}

/// The public half contained in a private file.
fn private_line(path: &Path) -> Result<PublicLine, IdentityError> {
    let stored = read_private(path)?;
    let public = stored.public_key();
    PublicLine::of(public.key_data(), &String::from_utf8_lossy(public.comment().as_bytes()))
}

/// Reads an OpenSSH private key file, which may be encrypted.
pub(super) fn read_private(path: &Path) -> Result<PrivateKey, IdentityError> {
    let content = Secret::new(read_bounded(path)?);
    PrivateKey::from_openssh(content.expose()).map_err(|_| IdentityError::Format { path: shown(path) })
}

fn read_public(path: &Path) -> Result<PublicLine, IdentityError> {
    let text = read_bounded(path)?;
    key::parse_line(std::str::from_utf8(&text).map_err(|_| IdentityError::Key("it is not text".to_owned()))?)
}

/// The content of a regular file. A pipe or a device is refused without reading it.
fn read_bounded(path: &Path) -> Result<Vec<u8>, IdentityError> {
    let failed = |error: io::Error| {
        let cause = match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        };
        IdentityError::File(format!("{}: {cause}", shown(path)))
    };
    files::read_small(path, MAX_FILE).map(|file| file.content).map_err(failed)
}

fn is_public(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "pub")
}

/// The public file of a private one: its whole name with `.pub` appended.
fn beside(private: &Path) -> PathBuf {
    let mut name = private.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

/// The path, sanitised for a terminal.
pub(super) fn shown(path: &Path) -> String {
    sanitise(&path.display().to_string())
}
