//! Why the issuer's keys cannot be used, and how to fix it.

use std::io;
use std::path::PathBuf;

use jiff::Timestamp;

/// Why the issuer's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A file or the folder cannot be read or written.
    #[error("cannot use the issuer's key file {path}: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: io::Error,
    },
    /// A file is readable by others than its owner.
    #[error("the issuer's key file {path} can be read by others (mode {mode:03o})")]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// A file's content is not valid.
    #[error("the issuer's key file {path} is damaged: {cause}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why it is invalid.
        cause: &'static str,
    },
    /// Another process is changing the keys of this folder.
    #[error("another process is using the issuer's keys in {0}")]
    Busy(PathBuf),
    /// A key is already waiting for its first use.
    #[error("a new key is already published and will be used from {0}")]
    AlreadyRotating(Timestamp),
    /// The host of the issuer serves none of the keys that may sign.
    #[error("{issuer} does not serve the broker's signing key {kid}, so no cloud could verify its tokens")]
    Unpublished {
        /// The issuer's URL.
        issuer: String,
        /// The key that would sign.
        kid: String,
    },
    /// The claims contain a time that is not a whole number.
    #[error("the claim {0:?} must be a whole number of seconds")]
    Claim(&'static str),
    /// The cryptographic library refused.
    #[error("the cryptographic library refused to {0}")]
    Cryptography(&'static str),
}

impl IssuerError {
    /// How to fix it. `None` if there is no advice.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Readable { path, .. } => Some(format!(
                "run `chmod 600 {}`, and rotate the key if others could have read it",
                path.display()
            )),
            Self::Damaged { path, .. } => Some(format!(
                "restore {} from your backup, or move the key folder away: a new key is made, which clouds know only once they fetch the key set again",
                path.display()
            )),
            Self::Busy(_) => {
                Some("stop the other `jit serve`, or give this one a key folder of its own".to_owned())
            }
            Self::AlreadyRotating(_) => Some("wait until then before rotating again".to_owned()),
            Self::Unpublished { issuer, .. } => Some(format!(
                "publish the broker's documents at {issuer}: `jit setup issuer DIR` writes them, `jit serve --issuer-dir DIR` keeps them fresh, and \
                 `jit doctor` says what differs"
            )),
            Self::File { .. } | Self::Claim(_) | Self::Cryptography(_) => None,
        }
    }

    /// Whether it may be over soon, without a change of the caller's.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unpublished { .. } | Self::Busy(_))
    }
}
