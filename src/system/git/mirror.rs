//! Following one branch of another repository, in a bare repository of our own.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use super::GitError;
use super::Repository;
use super::alone;
use super::git;
use super::quiet;
use crate::system::System;
use crate::system::contained::Bounds;
use crate::system::files;

/// How long a fetch may take.
const FETCH: Duration = Duration::from_secs(120);
/// Where the followed branch stands here.
const OURS: &str = "refs/jit/policy";
/// How ssh is run where `GIT_SSH_COMMAND` does not say it: never asking, and never waiting for a dead peer.
const SSH: &str =
    "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=2";

/// What holds whenever the other side is talked to. Its objects are checked, nothing of it is believed or followed further,
/// and nothing goes on in the background.
const SETTINGS: [&str; 12] = [
    "core.hooksPath=/dev/null",
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

/// A private copy of one branch. Nobody else may use its folder at the same time.
#[derive(Debug, Clone)]
pub struct Mirror {
    /// Where the copy is.
    pub folder: PathBuf,
    /// The other repository: `https`, `ssh`, `file`, or http on this machine.
    pub url: String,
    /// The protocol in it, as git calls it.
    pub protocol: &'static str,
    /// The branch; the other side's HEAD if nothing.
    pub branch: Option<String>,
    /// How many bytes the copy may hold.
    pub most: u64,
}

impl Mirror {
    /// The copy as it is.
    pub fn repository<'a>(&self, system: &'a System) -> Repository<'a> {
        Repository::bare(system, &self.folder)
    }

    /// Brings the branch and answers its commit. Without `known`, a commit to compare with, only the newest commit comes.
    /// A copy that outgrew its bound is removed, so that the next try begins anew.
    ///
    /// # Errors
    /// When the other side cannot be reached, has no such branch, or sends more or slower than it may.
    pub async fn bring(&self, system: &System, known: Option<&str>) -> Result<String, GitError> {
        let fetched = self.fetch_whole(system, known).await;
        if matches!(fetched, Err(GitError::TooLarge(_))) {
            let _ = fs::remove_dir_all(&self.folder);
        }
        fetched
    }

    async fn fetch_whole(&self, system: &System, known: Option<&str>) -> Result<String, GitError> {
        self.prepare(system).await?;
        let repository = self.repository(system);
        let first = repository.commit(OURS).await?.is_none();
        let depth = if first && known.is_none() { Some("--depth=1") } else { None };
        self.fetch(system, depth).await?;
        if let Some(known) = known
            && repository.commit(known).await?.is_none()
            && self.folder.join("shallow").exists()
        {
            self.fetch(system, Some("--unshallow")).await?;
        }
        repository.commit(OURS).await?.ok_or_else(|| GitError::NoObject(OURS.to_owned()))
    }

    /// Whether the history of `newer` contains `older`; a commit contains itself.
    ///
    /// # Errors
    /// When git does not run.
    pub async fn contains(&self, system: &System, newer: &str, older: &str) -> Result<bool, GitError> {
        if newer == older {
            return Ok(true);
        }
        let repository = self.repository(system);
        match repository.run(&["merge-base", "--is-ancestor", older, newer], b"", 0).await {
            Ok(_) => Ok(true),
            // Also where the older one is not here at all.
            Err(GitError::Failed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn prepare(&self, system: &System) -> Result<(), GitError> {
        let absent = |error| GitError::Absent(error);
        if self.folder.join("HEAD").is_file() {
            sweep(&self.folder);
            return Ok(());
        }
        files::make_private_folder(&self.folder).map_err(absent)?;
        let arguments = ["init", "--quiet", "--bare", "--template=", "--initial-branch=main", "--"];
        let mut all: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        all.push(self.folder.clone().into_os_string());
        let bounds = Bounds { time: FETCH, output: 1 << 10, folder: None };
        git(system, "init", all, quiet(alone(&system.environment)), b"", &bounds).await.map(|_| ())
    }

    async fn fetch(&self, system: &System, depth: Option<&str>) -> Result<(), GitError> {
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
        let branch = self.branch.as_ref().map_or("HEAD".to_owned(), |branch| format!("refs/heads/{branch}"));
        all.extend(["--end-of-options".to_owned(), self.url.clone(), format!("+{branch}:{OURS}")]);
        let all = all.into_iter().map(OsString::from).collect();
        let bounds = Bounds { time: FETCH, output: 1 << 20, folder: Some((&self.folder, self.most)) };
        git(system, "fetch", all, environment, b"", &bounds).await.map(|_| ())
    }
}

/// Removes what a fetch that was killed left: locks, and packs that never became whole.
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
