//! Whether this program is one of a release's, or the same as another build.

use std::path::Path;

use super::Build;
use super::LARGEST;
use super::Program;
use crate::flow::Failure;
use crate::grant::Digest;
use crate::system::System;
use crate::system::files;

/// The finding about this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// A list of checksums has it under this name.
    Listed(String),
    /// The other file has the same bytes.
    Same,
}

/// Compares this program with a list of checksums, as `sha256sum` writes them, or with another build.
///
/// A program that was replaced can answer what it wants. This tells an honest program apart from another honest one; who
/// distrusts the program uses `sha256sum`.
///
/// # Errors
/// One of the files cannot be read, or this program is not in the list, or differs from the other build.
pub fn verify(system: &System, file: &Path) -> Result<(Program, Verified), Failure> {
    let program = super::own(system)?;
    let other = files::read_small(file, LARGEST).map_err(|error| {
        Failure::failed("the file cannot be read").cause(format!("{}: {error}", file.display()))
    })?;
    let found = match checksums(&other.content) {
        Some(lines) => listed(&program, file, &lines)?,
        None => same(&program, file, &other.content)?,
    };
    Ok((program, found))
}

/// The lines of a list of checksums, or `None` if this is not one: a line is 64 hexadecimal digits, two characters that say
/// how the file was read, and its name (GNU coreutils, "sha2 utilities").
fn checksums(content: &[u8]) -> Option<Vec<(Digest, &str)>> {
    let text = std::str::from_utf8(content).ok()?;
    let lines: Option<Vec<_>> = text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (digest, rest) = line.split_at_checked(64)?;
            let name = rest.strip_prefix("  ").or_else(|| rest.strip_prefix(" *"))?;
            Some((digest.parse().ok()?, name))
        })
        .collect();
    lines.filter(|lines| !lines.is_empty())
}

fn listed(program: &Program, file: &Path, lines: &[(Digest, &str)]) -> Result<Verified, Failure> {
    let found = lines.iter().find(|(digest, _)| *digest == program.digest);
    found.map(|(_, name)| Verified::Listed((*name).to_owned())).ok_or_else(|| {
        Failure::failed(format!("this program is not in {}", file.display()))
            .cause(format!("no line has its SHA-256, {}", program.digest))
            .hint("use the list of the release that you installed; a build of your own is in no list")
    })
}

fn same(program: &Program, file: &Path, other: &[u8]) -> Result<Verified, Failure> {
    let digest = Digest::of(other);
    if digest == program.digest {
        return Ok(Verified::Same);
    }
    let failure = Failure::failed(format!("{} is not this program", file.display()))
        .cause(format!("this program has {} bytes with the SHA-256 {}", program.length, program.digest))
        .cause(format!("the file has {} bytes with the SHA-256 {digest}", other.len()));
    Err(match Build::own().commit {
        Some(commit) => {
            failure.hint(format!("compare with a build of the commit {commit}: .packaging/build program"))
        }
        None => failure.hint("this program does not know its commit, so it is not from a release"),
    })
}
