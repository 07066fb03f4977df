//! Reads a git repository without a checkout and without trusting its content.
//!
//! Uses only plumbing that runs nothing from the repository: `rev-parse`, `ls-tree`, `cat-file`, `diff-tree`. No replace
//! objects, no lazy fetching, no prompts. Git gets a name only after this code resolved its revision to an object id.

mod change;
mod contact;
pub mod copy;
pub mod mirror;
mod output;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

pub use change::ChangedPath;
pub use copy::PartialCopy;
pub use mirror::Mirror;

use super::Environment;
use super::System;
use super::contained::Bounds;
use super::processes::Command;

/// The time limit of git for one step.
const LIMIT: Duration = Duration::from_secs(60);
/// The largest listing, in bytes: a million entries.
const LISTING: usize = 64 << 20;

/// The kind of an entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file of this many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// Another kind: another repository.
    Other,
}

/// One entry of a tree.
#[derive(Debug)]
pub struct Entry {
    /// Its kind.
    pub kind: EntryKind,
    /// The object's id.
    pub id: String,
    /// Its name in the tree that was listed.
    pub path: String,
}

/// Why git failed.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program does not start.
    #[error("git does not run")]
    Absent(#[source] io::Error),
    /// A copy cannot be written.
    #[error("the copy of the repository cannot be written")]
    Copy(#[source] io::Error),
    /// It exceeded its time limit.
    #[error("git {0} did not finish in time")]
    TooSlow(String),
    /// It printed or stored more than allowed.
    #[error("git {0} received more than jit allows")]
    TooLarge(String),
    /// It failed. The complaint is a text of git or of the other side.
    #[error("git {step} failed")]
    Failed {
        /// The git command.
        step: String,
        /// The first line of its complaint.
        complaint: String,
    },
    /// Its output has an unknown form.
    #[error("git lists a tree in a form that is not known here")]
    Form(String),
    /// It has no such object.
    #[error("git does not hand out the object {0}")]
    NoObject(String),
}

impl GitError {
    /// The cause, not sanitised. `None` if there is no more to say.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Absent(error) | Self::Copy(error) => Some(error.to_string()),
            Self::Failed { complaint, .. } => Some(complaint.clone()),
            Self::Form(text) => Some(text.clone()),
            Self::TooSlow(_) | Self::TooLarge(_) | Self::NoObject(_) => None,
        }
    }
}

/// An existing repository.
pub struct Repository<'a> {
    system: &'a System,
    folder: PathBuf,
    environment: Environment,
}

impl<'a> Repository<'a> {
    /// The repository around the working folder, found as git finds it for the person.
    pub fn around(system: &'a System) -> Self {
        let environment = quiet(system.environment.clone());
        Self { system, folder: system.files.working.clone(), environment }
    }

    /// The repository that holds the working folder, whatever the environment says of another one.
    pub fn holding(system: &'a System) -> Self {
        let environment = quiet(alone(&system.environment));
        Self { system, folder: system.files.working.clone(), environment }
    }

    /// The bare repository in this folder, whatever the environment says.
    fn bare(system: &'a System, folder: &Path) -> Self {
        let mut environment = alone(&system.environment);
        environment.set("GIT_DIR", folder.as_os_str());
        Self { system, folder: folder.to_path_buf(), environment: quiet(environment) }
    }

    /// Runs git on this input. Returns its standard output. git may reach only this machine.
    async fn run(&self, arguments: &[&str], input: &[u8], output: usize) -> Result<Vec<u8>, GitError> {
        let fixed = ["-c", "protocol.allow=never", "-C"];
        let mut all: Vec<OsString> = fixed.iter().map(OsString::from).collect();
        all.push(self.folder.clone().into_os_string());
        all.extend(arguments.iter().map(OsString::from));
        let step = arguments.first().copied().unwrap_or_default();
        let bounds = Bounds { time: LIMIT, output, folder: None };
        git(self.system, step, all, self.environment.clone(), input, &bounds).await
    }

    /// Whether this is a bare repository, and the folder's path in its tree, with a trailing `/` unless it is empty.
    ///
    /// # Errors
    /// There is no repository.
    pub async fn place(&self) -> Result<(bool, String), GitError> {
        let output = self.run(&["rev-parse", "--is-bare-repository", "--show-prefix"], b"", LISTING).await?;
        let text = String::from_utf8_lossy(&output).into_owned();
        let mut lines = text.lines();
        let is_bare = lines.next() == Some("true");
        Ok((is_bare, lines.next().unwrap_or_default().to_owned()))
    }

    /// The commit that a name stands for. `None` if there is none here. The name must not begin with `-`.
    ///
    /// # Errors
    /// Git does not run.
    pub async fn commit(&self, name: &str) -> Result<Option<String>, GitError> {
        let wanted = format!("{name}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
        match self.run(&arguments, b"", LISTING).await {
            Ok(output) => {
                let id = String::from_utf8_lossy(&output).trim().to_owned();
                Ok(Some(id).filter(|id| output::is_id(id)))
            }
            Err(GitError::Failed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The entries of a tree, without those of its subtrees: nested trees can contain more than any disk holds.
    ///
    /// # Errors
    /// There is no such tree.
    pub async fn list(&self, tree: &str) -> Result<Vec<Entry>, GitError> {
        let arguments = ["ls-tree", "-z", "-l", "--full-tree", "--end-of-options", tree];
        let output = self.run(&arguments, b"", LISTING).await?;
        output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()).map(output::entry).collect()
    }

    /// The entries of a tree and of its subtrees, without the sizes of files, which need not be here.
    ///
    /// # Errors
    /// There is no such tree, or it has too many entries.
    async fn walk(&self, tree: &str) -> Result<Vec<Entry>, GitError> {
        let arguments = ["ls-tree", "-r", "-t", "-z", "--full-tree", "--end-of-options", tree];
        let output = self.run(&arguments, b"", LISTING).await?;
        let entries = output.split(|byte| *byte == 0).filter(|entry| !entry.is_empty());
        entries.map(output::entry_without_size).collect()
    }

    /// The sizes of objects in bytes, in this order. `None` for one that is not here.
    ///
    /// # Errors
    /// Git does not run.
    async fn sizes(&self, ids: &[&str]) -> Result<Vec<Option<u64>>, GitError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let asked = format!("{}\n", ids.join("\n"));
        let output = self.run(&["cat-file", "--batch-check"], asked.as_bytes(), LISTING).await?;
        let text = String::from_utf8_lossy(&output);
        let sizes: Vec<_> = text.lines().zip(ids).map(|(line, id)| output::size(line, id)).collect();
        if sizes.len() == ids.len() { Ok(sizes) } else { Err(GitError::Form(text.into_owned())) }
    }

    /// The contents of blobs, in this order. `size` is their total size in bytes.
    ///
    /// # Errors
    /// One is missing.
    pub async fn contents(&self, ids: &[String], size: u64) -> Result<Vec<Vec<u8>>, GitError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // Each content comes between a line of at most a hundred bytes and a line feed.
        let most = usize::try_from(size).unwrap_or(usize::MAX).saturating_add(ids.len().saturating_mul(128));
        let asked = format!("{}\n", ids.join("\n"));
        let output = self.run(&["cat-file", "--batch"], asked.as_bytes(), most).await?;
        let mut rest = output.as_slice();
        let mut contents = Vec::with_capacity(ids.len());
        for id in ids {
            let (content, after) =
                output::object(rest, id).ok_or_else(|| GitError::NoObject(id.to_owned()))?;
            contents.push(content.to_vec());
            rest = after;
        }
        Ok(contents)
    }
}

/// Runs git with the fixed options.
async fn git(
    system: &System,
    step: &str,
    arguments: Vec<OsString>,
    environment: Environment,
    input: &[u8],
    bounds: &Bounds<'_>,
) -> Result<Vec<u8>, GitError> {
    let fixed = ["--no-pager", "--no-replace-objects", "--literal-pathspecs"];
    // git then runs nothing from the repository, and does not trust data written beside its objects.
    let settings =
        ["-c", "core.fsmonitor=false", "-c", "core.commitGraph=false", "-c", "core.hooksPath=/dev/null"];
    let arguments = fixed.iter().chain(settings.iter()).map(OsString::from).chain(arguments).collect();
    let command = Command { program: "git".into(), arguments, environment };
    let output =
        system.processes.run_contained(&command, input, bounds).await.map_err(|error| {
            match error.kind() {
                io::ErrorKind::TimedOut => GitError::TooSlow(step.to_owned()),
                io::ErrorKind::FileTooLarge => GitError::TooLarge(step.to_owned()),
                _ => GitError::Absent(error),
            }
        })?;
    if output.code == 0 {
        return Ok(output.stdout);
    }
    let complaint = output::complaint(&output.stderr);
    Err(GitError::Failed { step: step.to_owned(), complaint })
}

/// An environment in which git asks nobody and makes no unrequested writes.
fn quiet(mut environment: Environment) -> Environment {
    let settings = [
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("LC_ALL", "C"),
    ];
    settings.iter().for_each(|(name, value)| environment.set(*name, *value));
    // The output of traces could look like git's answer.
    for name in ["GIT_TRACE", "GIT_TRACE2", "GIT_TRACE2_EVENT", "GIT_TRACE_SETUP"] {
        environment.remove(name);
    }
    environment
}

/// The variables that git keeps for a repository of our own: how to reach the other side, and how to trust it.
const HEARD: [&str; 8] = [
    "GIT_ASKPASS",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];

/// The environment without variables that would lead git to another repository or to other settings.
fn alone(environment: &Environment) -> Environment {
    let mut kept = environment.clone();
    for (name, _) in environment.iter() {
        if let Some(name) = name.to_str()
            && name.starts_with("GIT_")
            && !HEARD.contains(&name)
        {
            kept.remove(name);
        }
    }
    kept
}
