//! A policy's folder as something else than a file system lists it: a git revision. Held to the same rules as a folder.

use std::collections::BTreeMap;

use super::Policy;
use super::place::FOLDERS;
use super::place::MAX_FILES;
use super::place::Place;
use super::place::report_too_long;
use super::place::report_too_many;
use super::problem::Findings;
use super::problem::Position;
use super::problem::Problems;

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file of so many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Something else: another repository.
    Other,
}

/// A listing being gone through. Paths are relative to the policy's folder, with `/`.
#[derive(Debug, Default)]
pub struct Listing {
    findings: Findings,
    wanted: Vec<String>,
    contents: BTreeMap<String, Vec<u8>>,
}

impl Listing {
    /// Whether a folder's entries belong to a policy.
    pub fn is_folder(path: &str) -> bool {
        FOLDERS.contains(&path)
    }

    /// Judges one entry. Whether its content is wanted.
    pub fn see(&mut self, path: &str, kind: Kind) -> bool {
        let within = Self::is_folder(path);
        if !within && Place::of(path) == Place::Other || within && kind == Kind::Folder {
            return false;
        }
        match kind {
            Kind::Link => {
                let hint = "put the file itself here: what a link points at can change without a review";
                self.findings.add(path, Position::START, "symbolic links are not followed", Some(hint));
            }
            Kind::Folder | Kind::Other => {
                self.findings.add(path, Position::START, "this is not a regular file", None);
            }
            Kind::File(_) if self.wanted.len() >= MAX_FILES => report_too_many(&self.findings),
            Kind::File(size) => {
                if usize::try_from(size).is_ok_and(|size| size <= Place::limit(path)) {
                    self.wanted.push(path.to_owned());
                    return true;
                }
                report_too_long(&self.findings, path);
            }
        }
        false
    }

    /// Hands in the content of an entry that was wanted.
    pub fn put(&mut self, path: String, content: Vec<u8>) {
        self.contents.insert(path, content);
    }

    /// Compiles what was handed in.
    pub fn compile(self) -> Result<Policy, Problems> {
        if self.findings.is_empty() {
            Policy::compile(self.contents)
        } else {
            Err(self.findings.into_problems())
        }
    }
}
