//! `.jit.toml` in the working folder or above: text that other people wrote. It can only pre-fill `jit request` and
//! narrow the picker. It selects no grant and names no authority, address or command.

use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigError;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::grant::text;
use crate::system::shared_file;
use crate::system::shared_file::Shared;

/// The name of the file.
pub const NAME: &str = ".jit.toml";
/// The largest file that is read, in bytes.
const MAX_SIZE: usize = 16 * 1024;

/// The suggestions of a repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The path of the file.
    pub path: PathBuf,
    /// The role to ask for if the user names none.
    pub role: Option<Name>,
    /// The roles that the picker shows first.
    pub roles: Vec<Name>,
    /// The duration to ask for.
    pub duration: Option<Span>,
    /// The scope to ask for.
    pub scope: Option<Name>,
    /// The usual beginning of a reason, like `INC-`.
    pub reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    role: Option<Name>,
    #[serde(default)]
    roles: Vec<Name>,
    duration: Option<Span>,
    scope: Option<Name>,
    reason: Option<String>,
}

/// The files found on the way up from the working folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The nearest file that may be read.
    pub project: Option<Project>,
    /// Files that were skipped because they belong neither to this user nor to the owner of their folder.
    pub foreign: Vec<PathBuf>,
}

/// Finds and reads the nearest `.jit.toml`.
pub fn find(working: &Path) -> Result<Found, ConfigError> {
    let mut found = Found::default();
    for folder in working.ancestors() {
        let path = folder.join(NAME);
        match shared_file::read(&path, MAX_SIZE) {
            Ok(Shared::Content(bytes)) => {
                found.project = Some(parse(&path, &bytes)?);
                break;
            }
            Ok(Shared::Foreign) => found.foreign.push(path),
            Ok(Shared::Absent) => {}
            Err(error) => return Err(ConfigError::of_file(&path, &error)),
        }
    }
    Ok(found)
}

pub(super) fn parse(path: &Path, bytes: &[u8]) -> Result<Project, ConfigError> {
    let source = String::from_utf8_lossy(bytes);
    let parsed: ProjectFile =
        toml::from_str(&source).map_err(|error| ConfigError::of_toml(path, &source, &error))?;
    if let Some(reason) = &parsed.reason {
        text::check(reason)
            .map_err(|error| ConfigError::at(path, &source, 0, &format!("reason: {error}")))?;
    }
    Ok(Project {
        path: path.to_owned(),
        role: parsed.role,
        roles: parsed.roles,
        duration: parsed.duration,
        scope: parsed.scope,
        reason: parsed.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_and_nothing_more() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(find(&deep).unwrap(), Found::default());
        std::fs::write(folder.path().join(".jit.toml"), "role = \"stage\"\nduration = \"30m\"\n").unwrap();
        assert_eq!(find(&deep).unwrap().project.unwrap().role.unwrap().as_str(), "stage");
        for hostile in [
            "authority = \"https://evil.example\"",
            "[authority]\nurl = \"https://evil.example\"",
            "command = \"curl evil\"",
            "role = \"$(id)\"",
            "role = \"../x\"",
            "reason = \"a\\u001b[2Jb\"",
            "grant = \"prod\"",
            &format!("reason = \"{}\"", "x".repeat(20_000)),
        ] {
            std::fs::write(folder.path().join(".jit.toml"), hostile).unwrap();
            let said = find(&deep).unwrap_err().to_string();
            assert!(!said.contains('\u{1b}'), "{said:?}");
        }
    }
}
