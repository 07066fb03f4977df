//! This program itself: which build it is, whether a release has it, and whether a newer one is published.

use std::path::PathBuf;

use crate::flow::Failure;
use crate::grant::Digest;
use crate::system::System;
use crate::system::files;

pub mod newer;
pub mod verify;

/// The largest program that is read, in bytes.
const LARGEST: usize = 1 << 30;

/// One build of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// The version, as in `Cargo.toml`.
    pub version: &'static str,
    /// The commit, in 40 hexadecimal characters. `None` if the build did not know it.
    pub commit: Option<&'static str>,
    /// The system that it was built for, in Rust's words.
    pub target: &'static str,
    /// The repository on GitHub whose releases have it, as OWNER/NAME. `None` for a build of one's own.
    pub repository: Option<&'static str>,
}

impl Build {
    /// The build that is running.
    pub const fn own() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("JIT_BUILT_FROM"),
            target: env!("JIT_TARGET"),
            repository: option_env!("JIT_PUBLISHED_BY"),
        }
    }
}

/// The file of the running program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its path, with links resolved.
    pub path: PathBuf,
    /// Its length, in bytes.
    pub length: usize,
    /// Its SHA-256.
    pub digest: Digest,
}

/// Reads the file of the running program.
///
/// # Errors
/// It cannot be read.
pub fn own(system: &System) -> Result<Program, Failure> {
    let path = system.files.executable.clone();
    let file = files::read_small(&path, LARGEST).map_err(|error| {
        Failure::failed("this program cannot read itself").cause(format!("{}: {error}", path.display()))
    })?;
    Ok(Program { path, length: file.content.len(), digest: Digest::of(&file.content) })
}
