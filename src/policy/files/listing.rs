//! A policy's folder listed from a git revision instead of a file system. The same rules apply as to a folder.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::grant::Digest;
use crate::policy::Policy;
use crate::policy::compiling::compile;
use crate::policy::files::place::FOLDERS;
use crate::policy::files::place::MAX_FILES;
use crate::policy::files::place::PolicyPath;
use crate::policy::files::place::report_too_long;
use crate::policy::files::place::report_too_many;
use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Position;
use crate::policy::files::problem::Problems;
use crate::policy::files::revision;
use crate::system::git::EntryKind;

/// A listing in progress. Paths are relative to the policy's folder, with `/`.
#[derive(Debug, Default)]
pub struct Listing {
    findings: Findings,
    wanted: Vec<String>,
    contents: BTreeMap<String, Vec<u8>>,
    unread: BTreeSet<String>,
}

impl Listing {
    /// Whether a folder's entries belong to a policy.
    pub fn is_folder(path: &str) -> bool {
        FOLDERS.contains(&path)
    }

    /// Checks one entry. Returns whether its content is needed.
    pub fn see(&mut self, path: &str, kind: EntryKind) -> bool {
        let within = Self::is_folder(path);
        let place = PolicyPath::of(path);
        if place == PolicyPath::Unread && kind != EntryKind::Folder {
            self.unread.insert(path.to_owned());
        }
        let passes = matches!(place, PolicyPath::Other | PolicyPath::Unread);
        if !within && passes || within && kind == EntryKind::Folder {
            return false;
        }
        match kind {
            EntryKind::Link => {
                let hint = "put the file itself here: the target of a link can change without a review";
                self.findings.add(path, Position::START, "symbolic links are not followed", Some(hint));
            }
            EntryKind::Folder | EntryKind::Other => {
                if let PolicyPath::Wrong(message, hint) = PolicyPath::of(path) {
                    self.findings.add(path, Position::START, &message, Some(hint));
                    return false;
                }
                self.findings.add(path, Position::START, "this is not a regular file", None);
            }
            EntryKind::File(_) if self.wanted.len() >= MAX_FILES => report_too_many(&self.findings),
            EntryKind::File(size) => {
                if usize::try_from(size).is_ok_and(|size| size <= PolicyPath::limit(path)) {
                    self.wanted.push(path.to_owned());
                    return true;
                }
                report_too_long(&self.findings, path);
            }
        }
        false
    }

    /// Stores the content of a needed entry.
    pub fn put(&mut self, path: String, content: Vec<u8>) {
        self.contents.insert(path, content);
    }

    /// As [`Listing::compile`], but returns `None` without compiling if the content is of this revision.
    pub fn compile_unless(self, revision: &Digest) -> Result<Option<Policy>, Problems> {
        if self.findings.is_empty() && revision::of(&self.contents) == *revision {
            return Ok(None);
        }
        self.compile().map(Some)
    }

    /// Compiles the stored content.
    pub fn compile(self) -> Result<Policy, Problems> {
        if self.findings.is_empty() {
            compile::compile(self.contents, self.unread)
        } else {
            Err(self.findings.into_problems())
        }
    }
}
