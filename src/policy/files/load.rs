//! Reads a policy's folder: only regular files, never through a symbolic link, and only up to a size limit.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::path::Path;

use crate::policy::Policy;
use crate::policy::files::place::FOLDERS;
use crate::policy::files::place::MAX_FILES;
use crate::policy::files::place::PolicyPath;
use crate::policy::files::place::report_too_long;
use crate::policy::files::place::report_too_many;
use crate::policy::files::problem::Findings;
use crate::policy::files::problem::Position;
use crate::policy::files::problem::Problems;

/// A folder's files.
#[derive(Debug, Default)]
pub(in crate::policy) struct Found {
    /// The files of the policy.
    pub(in crate::policy) files: BTreeMap<String, Vec<u8>>,
    /// Files that only look like a part of it.
    pub(in crate::policy) unread: BTreeSet<String>,
}

/// Reads the policy's files in a folder. Reports refused files.
pub(in crate::policy) fn read(folder: &Path, findings: &Findings) -> Found {
    let mut found = Found::default();
    read_folder(folder, "", &mut found, findings);
    found
}

impl Policy {
    /// The files of a folder that [`Policy::load`] reads, by their path in it.
    ///
    /// # Errors
    /// A file is refused.
    pub fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Problems> {
        let findings = Findings::default();
        let found = read(folder, &findings);
        if findings.is_empty() { Ok(found.files) } else { Err(findings.into_problems()) }
    }
}

fn read_folder(folder: &Path, prefix: &str, found: &mut Found, findings: &Findings) {
    let shown = if prefix.is_empty() { folder.display().to_string() } else { prefix.to_owned() };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let hint = "name the folder that holds access.toml, or begin one with `jit policy init DIR`";
            let message = format!("the folder cannot be read: {error}");
            return findings.add(&shown, Position::START, &message, Some(hint));
        }
    };
    for entry in entries {
        let (name, kind) = match entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))) {
            Ok(found) => found,
            Err(error) => {
                let message = format!("the folder cannot be read: {error}");
                findings.add(&shown, Position::START, &message, None);
                continue;
            }
        };
        // A name that is not Unicode is invalid. Its lossy text is refused, and the file is never opened.
        let path = format!("{prefix}{}", name.to_string_lossy());
        let within = FOLDERS.contains(&path.as_str());
        match PolicyPath::of(&path) {
            PolicyPath::Other if !within => continue,
            PolicyPath::Unread => {
                found.unread.insert(path);
                continue;
            }
            _ => {}
        }
        if kind.is_symlink() {
            let hint = "put the file itself here: the target of a link can change without a review";
            findings.add(&path, Position::START, "symbolic links are not followed", Some(hint));
        } else if kind.is_dir() && within {
            read_folder(&folder.join(&name), &format!("{path}/"), found, findings);
        } else if let PolicyPath::Wrong(message, hint) = PolicyPath::of(&path) {
            findings.add(&path, Position::START, &message, Some(hint));
        } else if !kind.is_file() {
            findings.add(&path, Position::START, "this is not a regular file", None);
        } else if found.files.len() >= MAX_FILES {
            return report_too_many(findings);
        } else {
            match read_bounded(&folder.join(&name), PolicyPath::limit(&path)) {
                Ok(Some(content)) => {
                    found.files.insert(path, content);
                }
                Ok(None) => report_too_long(findings, &path),
                Err(error) => {
                    let message = format!("the file cannot be read: {error}");
                    findings.add(&path, Position::START, &message, None);
                }
            }
        }
    }
}

/// The file's bytes. `None` if it has more than `limit`.
fn read_bounded(path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let file = open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut content = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    file.take(bound).read_to_end(&mut content)?;
    Ok((content.len() <= limit).then_some(content))
}

/// Opens for reading. If the file has become a link or a pipe since it was listed, this neither follows nor blocks.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    options.open(path)
}
