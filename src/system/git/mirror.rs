//! Follows one branch of another repository, in a bare repository of our own.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::GitError;
use super::Repository;
use super::alone;
use super::git;
use super::quiet;
use crate::system::Environment;
use crate::system::System;
use crate::system::contained::Bounds;
use crate::system::files;

/// The time limit of a fetch.
const FETCH: Duration = Duration::from_secs(120);
/// The ref of the followed branch in the copy.
const OURS: &str = "refs/jit/policy";
/// The ref of the commit that was in force, if it was fetched by its id.
const KNOWN: &str = "refs/jit/known";
/// The files of a bare repository that git itself writes, as far as they are needed.
const FILES: [&str; 4] = ["HEAD", "config", "packed-refs", "shallow"];
/// Its folders.
const FOLDERS: [&str; 2] = ["objects", "refs"];
/// The files that are rewritten before each fetch.
const WRITTEN: [(&str, &str); 2] = [
    ("HEAD", "ref: refs/heads/main\n"),
    // Everything is for its owner alone, whatever the umask is.
    ("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tsharedRepository = 0600\n"),
];
/// The ssh command if `GIT_SSH_COMMAND` is not set. It never asks and never waits for a dead peer.
const SSH: &str =
    "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=2";

/// Settings for all contact with the other side. Its objects are checked, nothing from it is trusted or followed
/// further, and nothing runs in the background.
const SETTINGS: [&str; 11] = [
    "fetch.fsckObjects=true",
    "fetch.recurseSubmodules=false",
    "fetch.bundleURI=",
    "transfer.bundleURI=false",
    "transfer.credentialsInUrl=die",
    "gc.auto=0",
    "maintenance.auto=false",
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=20",
    "protocol.allow=never",
];

/// A private copy of one branch. Nothing else may use its folder at the same time.
#[derive(Debug, Clone)]
pub struct Mirror {
    /// The folder of the copy.
    pub folder: PathBuf,
    /// The other repository: `https`, `ssh`, `file`, or http on this machine.
    pub url: String,
    /// Its protocol, as git names it.
    pub protocol: &'static str,
    /// The branch. `None` for the other side's HEAD.
    pub branch: Option<String>,
    /// The most bytes that the copy may hold.
    pub most: u64,
}

impl Mirror {
    /// The copy in its present state.
    pub fn repository<'a>(&self, system: &'a System) -> Repository<'a> {
        Repository::bare(system, &self.folder)
    }

    /// Fetches the branch and returns its commit. Without `known`, a commit to compare with, only the newest commit is
    /// fetched. A copy that exceeded its limit is removed, so that the next try starts over.
    ///
    /// # Errors
    /// The other side is unreachable, has no such branch, or sends too much or too slowly.
    pub async fn bring(&self, system: &System, known: Option<&str>) -> Result<String, GitError> {
        let fetched = self.fetch_whole(system, known).await;
        if matches!(fetched, Err(GitError::TooLarge(_))) {
            let _ = fs::remove_dir_all(&self.folder);
        }
        fetched
    }

    async fn fetch_whole(&self, system: &System, known: Option<&str>) -> Result<String, GitError> {
        self.prepare().map_err(GitError::Copy)?;
        let repository = self.repository(system);
        let branch = self.branch.as_ref().map_or("HEAD".to_owned(), |branch| format!("refs/heads/{branch}"));
        let branch = format!("+{branch}:{OURS}");
        if repository.commit(OURS).await?.is_some() {
            self.fetch(system, None, &branch).await?;
        } else if let Some(known) = known {
            // With the known commit here, only newer ones need to be fetched. Not every server serves commits by id.
            let known = format!("+{known}:{KNOWN}");
            match self.fetch(system, Some("--depth=1"), &known).await {
                Ok(()) | Err(GitError::Failed { .. }) => self.fetch(system, None, &branch).await?,
                Err(error) => return Err(error),
            }
        } else {
            self.fetch(system, Some("--depth=1"), &branch).await?;
        }
        if let Some(known) = known
            && repository.commit(known).await?.is_none()
            && self.folder.join("shallow").exists()
        {
            self.fetch(system, Some("--unshallow"), &branch).await?;
        }
        repository.commit(OURS).await?.ok_or_else(|| GitError::NoObject(OURS.to_owned()))
    }

    /// Whether the history of `newer` contains `older`. A commit contains itself.
    ///
    /// # Errors
    /// Git does not run.
    pub async fn contains(&self, system: &System, newer: &str, older: &str) -> Result<bool, GitError> {
        if newer == older {
            return Ok(true);
        }
        let repository = self.repository(system);
        match repository.run(&["merge-base", "--is-ancestor", older, newer], b"", 0).await {
            Ok(_) => Ok(true),
            // This also covers an older commit that is missing here.
            Err(GitError::Failed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes the copy, so that the next fetch starts over.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self) -> Result<(), GitError> {
        remove(&self.folder).map_err(GitError::Copy)
    }

    /// Prepares the copy's folder with the files that git needs and no others. Its settings are rewritten each time.
    /// Otherwise anybody who can write there could choose the policy's source and the programs that git runs.
    fn prepare(&self) -> io::Result<()> {
        let is_folder = fs::symlink_metadata(&self.folder).is_ok_and(|about| about.is_dir());
        if !is_folder {
            remove(&self.folder)?;
        }
        files::make_private_folder(&self.folder)?;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let kept = entry.file_name().to_str().is_some_and(|name| {
                let folder = FOLDERS.contains(&name);
                let file = FILES.contains(&name);
                entry.file_type().is_ok_and(|kind| kind.is_dir() && folder || kind.is_file() && file)
            });
            if !kept {
                remove(&entry.path())?;
            }
        }
        for folder in FOLDERS {
            fs::create_dir_all(self.folder.join(folder))?;
        }
        // They could name other repositories' objects, or make git trust data on commits without reading these.
        remove(&self.folder.join("objects/info"))?;
        for (name, content) in WRITTEN {
            files::replace_private(&self.folder.join(name), content.as_bytes())?;
        }
        sweep(&self.folder);
        Ok(())
    }

    async fn fetch(&self, system: &System, depth: Option<&str>, wanted: &str) -> Result<(), GitError> {
        let mut environment = quiet(alone(&system.environment));
        environment.set("GIT_DIR", self.folder.as_os_str());
        environment.set("SSH_ASKPASS_REQUIRE", "never");
        if environment.get("GIT_SSH_COMMAND").is_none() {
            environment.set("GIT_SSH_COMMAND", SSH);
        }
        let mut all: Vec<String> = Vec::new();
        let allowed = format!("protocol.{}.allow=always", self.protocol);
        for setting in SETTINGS.into_iter().chain([allowed.as_str()]) {
            all.extend(["-c".to_owned(), setting.to_owned()]);
        }
        let fixed = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--no-write-commit-graph",
        ];
        all.extend(fixed.into_iter().chain(depth).map(str::to_owned));
        all.extend(["--end-of-options".to_owned(), self.url.clone(), wanted.to_owned()]);
        let all = all.into_iter().map(OsString::from).collect();
        let bounds = Bounds { time: FETCH, output: 1 << 20, folder: Some((&self.folder, self.most)) };
        git(system, "fetch", all, environment, b"", &bounds).await.map(|_| ())
    }
}

/// Removes a file, a link or a whole folder, if it exists. The target of a link stays.
fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(about) if about.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Keeps git from settings in this folder, in case the home or a settings file lies in it. Returns whether one did.
pub fn leave_home(environment: &mut Environment, folder: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = real(folder);
    let mut left = false;
    for name in ["GIT_CONFIG_GLOBAL", "HOME", "XDG_CONFIG_HOME"] {
        let lies_within =
            environment.get(name).is_some_and(|path| real(Path::new(path)).starts_with(&folder));
        if lies_within {
            environment.set(name, "/dev/null");
            left = true;
        }
    }
    left
}

/// Removes the remains of a killed fetch: locks, and incomplete packs.
fn sweep(folder: &Path) {
    let leftover = |name: &str| name.ends_with(".lock") || name.starts_with("tmp_");
    for within in ["", "refs/jit", "objects", "objects/pack"] {
        let Ok(entries) = fs::read_dir(folder.join(within)) else { continue };
        for entry in entries.flatten() {
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && entry.file_name().to_str().is_some_and(leftover) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}
