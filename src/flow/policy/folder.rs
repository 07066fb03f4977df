//! Finding the folder of the policy.

use std::path::Path;
use std::path::PathBuf;

use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::policy::Policy;
use crate::policy::Problems;
use crate::system::System;

/// A policy's folder.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// Its path for people: relative to the working folder, with `/`. Empty for the working folder itself.
    pub shown: String,
}

/// The named folder. If none is named, the working folder or its folder `access`, whichever contains `access.toml`.
pub fn locate(system: &System, named: Option<&Path>) -> Result<Folder, Failure> {
    let working = &system.files.working;
    if let Some(named) = named {
        let path = working.join(named);
        let name = sanitise(&named.display().to_string());
        let begin = "name the folder that holds access.toml, or begin one: `jit policy init DIR`";
        if !path.exists() {
            return Err(Failure::usage(format!("there is no folder {name}")).hint(begin));
        }
        if !path.is_dir() {
            return Err(Failure::usage(format!("{name} is a file, and a policy is a folder")).hint(begin));
        }
        return Ok(Folder { path, shown: shown(named, working) });
    }
    for name in ["", "access"] {
        let path = working.join(name);
        if path.join("access.toml").is_file() {
            return Ok(Folder { path, shown: name.to_owned() });
        }
    }
    Err(Failure::usage("there is no policy here")
        .cause("neither this folder nor its folder `access` holds access.toml")
        .hint("name the policy's folder, or begin one: `jit policy init access`"))
}

/// A path without `.`, and relative to the working folder if it is inside.
fn shown(path: &Path, working: &Path) -> String {
    let path = path.strip_prefix(working).unwrap_or(path);
    let parts = path.components().filter(|part| *part != std::path::Component::CurDir);
    let clean: PathBuf = parts.collect();
    clean.to_string_lossy().replace('\\', "/")
}

impl Folder {
    /// Loads the policy.
    pub fn load(&self) -> Result<Policy, Problems> {
        Policy::load(&self.path)
    }

    /// The path of a policy file, relative to the working folder.
    pub fn file(&self, file: &str) -> String {
        if self.shown.is_empty() {
            file.to_owned()
        } else {
            format!("{}/{file}", self.shown.trim_end_matches('/'))
        }
    }
}
