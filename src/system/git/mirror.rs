//! Following one branch of another repository, in a bare repository of our own.

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

/// How long a fetch may take.
const FETCH: Duration = Duration::from_secs(120);
/// Where the followed branch stands here.
const OURS: &str = "refs/jit/policy";
/// Where the commit that was in force stands here, if it was fetched by its id.
const KNOWN: &str = "refs/jit/known";
/// The files of a bare repository that git itself writes, as far as they are wanted.
const FILES: [&str; 4] = ["HEAD", "config", "packed-refs", "shallow"];
/// Its folders.
const FOLDERS: [&str; 2] = ["objects", "refs"];
/// What is written anew before each fetch.
const WRITTEN: [(&str, &str); 2] = [
    ("HEAD", "ref: refs/heads/main\n"),
    // All of it for its owner alone, whatever the umask.
    ("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tsharedRepository = 0600\n"),
];
/// How ssh is run where `GIT_SSH_COMMAND` does not say it: never asking, and never waiting for a dead peer.
const SSH: &str =
    "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 -o ServerAliveCountMax=2";

/// What holds whenever the other side is talked to. Its objects are checked, nothing of it is believed or followed further,
/// and nothing goes on in the background.
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
        self.prepare().map_err(GitError::Copy)?;
        let repository = self.repository(system);
        let branch = self.branch.as_ref().map_or("HEAD".to_owned(), |branch| format!("refs/heads/{branch}"));
        let branch = format!("+{branch}:{OURS}");
        if repository.commit(OURS).await?.is_some() {
            self.fetch(system, None, &branch).await?;
        } else if let Some(known) = known {
            // With the known commit here, only what came after it need be fetched. Not every server hands out commits.
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

    /// Removes the copy, so that the next fetch begins anew.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(&self) -> Result<(), GitError> {
        remove(&self.folder).map_err(GitError::Copy)
    }

    /// Makes the copy's folder what git needs and nothing more. Its settings are written anew each time: whoever could write
    /// there would otherwise choose where the policy comes from, and what git runs.
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
        // Objects of other repositories, and what git would believe of commits without reading them.
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

/// Removes a file, a link or a whole folder, if it is there. What a link leads to stays.
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

/// Keeps git from settings in this folder: those of a home that lies in it. `true` if there were such.
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
