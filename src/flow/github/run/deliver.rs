//! `jit ci deliver`: writes the output of `mint` into the file that is uploaded. This job has no valuable token.

use crate::config::inputs;
use crate::flow::Failure;
use crate::flow::github::run::surroundings::bytes;
use crate::github::lease::Delivered;
use crate::github::lease::FILE;
use crate::system::System;
use crate::system::files;

/// Writes the file. Returns its name.
///
/// # Errors
/// The input is no sealed lease, or the file cannot be written.
pub fn deliver(system: &System) -> Result<&'static str, Failure> {
    let text = bytes(system, inputs::LEASE)?.ok_or_else(|| Failure::usage("JIT_LEASE is not set"))?;
    let delivered = Delivered::read(&text)
        .ok_or_else(|| Failure::failed("what was handed on is no sealed credentials"))?;
    let path = system.files.working.join(FILE);
    files::replace_private(&path, delivered.write().as_bytes()).map_err(|error| {
        Failure::failed(format!("{} cannot be written", path.display())).cause(error.to_string())
    })?;
    Ok(FILE)
}
