//! Fetches from another repository into a bare repository of our own, and trusts neither.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use data_encoding::BASE64;

use super::GitError;
use super::alone;
use super::git;
use super::quiet;
use crate::secret::Secret;
use crate::system::System;
use crate::system::contained::Bounds;
use crate::system::files;

/// The time limit of a fetch.
const FETCH: Duration = Duration::from_secs(120);
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

/// Another repository, and our own that its objects come into.
pub(super) struct Contact<'a> {
    /// The folder of our own.
    pub(super) folder: &'a Path,
    /// The protocol, as git names it.
    pub(super) protocol: &'a str,
    /// The most bytes that the folder may hold.
    pub(super) most: u64,
}

impl Contact<'_> {
    /// Fetches what is wanted, with the credentials that git itself finds.
    ///
    /// # Errors
    /// The other side is unreachable, has none of it, or sends too much or too slowly.
    pub(super) async fn fetch(
        &self,
        system: &System,
        options: &[&str],
        from: &str,
        wanted: &[&str],
        input: &[u8],
    ) -> Result<(), GitError> {
        self.fetch_as(system, None, (&[], options), from, wanted, input).await
    }

    /// The same with further settings, and with a token in the place of all other credentials. The token is in the
    /// environment of git alone, and thus in no argument and in no file.
    ///
    /// # Errors
    /// As for [`Contact::fetch`].
    pub(super) async fn fetch_as(
        &self,
        system: &System,
        token: Option<&Secret<String>>,
        (settings, options): (&[String], &[&str]),
        from: &str,
        wanted: &[&str],
        input: &[u8],
    ) -> Result<(), GitError> {
        let mut environment = quiet(alone(&system.environment));
        environment.set("GIT_DIR", self.folder.as_os_str());
        environment.set("SSH_ASKPASS_REQUIRE", "never");
        if environment.get("GIT_SSH_COMMAND").is_none() {
            environment.set("GIT_SSH_COMMAND", SSH);
        }
        let allowed = format!("protocol.{}.allow=always", self.protocol);
        let mut all: Vec<&str> = SETTINGS.to_vec();
        all.push(&allowed);
        all.extend(settings.iter().map(String::as_str));
        if let Some(token) = token {
            // git, "GIT_CONFIG_COUNT". GitHub takes a token as the password of any user.
            let basic = Secret::new(BASE64.encode(format!("x-access-token:{}", token.expose()).as_bytes()));
            environment.set("GIT_CONFIG_COUNT", "1");
            environment.set("GIT_CONFIG_KEY_0", "http.extraHeader");
            environment.set("GIT_CONFIG_VALUE_0", format!("Authorization: Basic {}", basic.expose()));
            // Nobody else's identity is tried if it is refused.
            environment.set("GIT_ASKPASS", "");
            all.push("credential.helper=");
        }
        let mut arguments: Vec<&str> = all.into_iter().flat_map(|setting| ["-c", setting]).collect();
        arguments.extend([
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--no-write-commit-graph",
        ]);
        arguments.extend(options);
        arguments.extend(["--end-of-options", from]);
        arguments.extend(wanted);
        let arguments = arguments.into_iter().map(OsString::from).collect();
        let bounds = Bounds { time: FETCH, output: 1 << 20, folder: Some((self.folder, self.most)) };
        git(system, "fetch", arguments, environment, input, &bounds).await.map(|_| ())
    }
}

/// Prepares the copy's folder with the files that git needs and no others. Its settings are rewritten each time.
/// Otherwise anybody who can write there could choose the policy's source and the programs that git runs.
pub(super) fn prepare(folder: &Path) -> io::Result<()> {
    let is_folder = fs::symlink_metadata(folder).is_ok_and(|about| about.is_dir());
    if !is_folder {
        remove(folder)?;
    }
    files::make_private_folder(folder)?;
    for entry in fs::read_dir(folder)? {
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
    for inner in FOLDERS {
        fs::create_dir_all(folder.join(inner))?;
    }
    // They could name other repositories' objects, or make git trust data on commits without reading these.
    remove(&folder.join("objects/info"))?;
    for (name, content) in WRITTEN {
        files::replace_private(&folder.join(name), content.as_bytes())?;
    }
    sweep(folder);
    Ok(())
}

/// Removes a file, a link or a whole folder, if it exists. The target of a link stays.
pub(super) fn remove(path: &Path) -> io::Result<()> {
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
