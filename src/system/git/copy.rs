//! A copy of some of a repository's objects: the commits and trees of a few heads, and single files when they are needed.
//!
//! The other side cannot choose what an id stands for: git computes the id of each object that arrives. Files are held
//! against their ids again when they are read.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use super::Entry;
use super::GitError;
use super::HEARD;
use super::Repository;
use super::contact::Contact;
use super::contact::prepare;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;

/// The name of the other repository in our settings.
const REMOTE: &str = "hub";
/// Commits and trees come at once, and files (blobs) when they are asked for (git, "rev-list --filter").
const FILTER: &str = "--filter=blob:none";
/// The oldest git that has every option that is used here: `GIT_CONFIG_COUNT` came with it.
const OLDEST: (u64, u64) = (2, 31);

/// A private copy. Nothing else may use its folder at the same time.
#[derive(Debug)]
pub struct PartialCopy {
    /// The folder of the copy.
    pub folder: PathBuf,
    /// The other repository: `https`, or http on this machine.
    pub url: String,
    /// Its protocol, as git names it.
    pub protocol: &'static str,
    /// The token that opens it.
    pub token: Secret<String>,
    /// The most bytes that the copy may hold.
    pub most: u64,
}

/// The variables that git needs of the environment: programs, settings, the way through a proxy. Keys of the log and tokens of others are
/// none of it.
const NEEDED: [&str; 26] = [
    "ALL_PROXY",
    "APPDATA",
    "CURL_CA_BUNDLE",
    "HOME",
    "HOMEDRIVE",
    "HOMEPATH",
    "HTTPS_PROXY",
    "LD_LIBRARY_PATH",
    "LOCALAPPDATA",
    "NO_PROXY",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "USERPROFILE",
    "WINDIR",
    "XDG_CONFIG_HOME",
    "all_proxy",
    "https_proxy",
    "no_proxy",
];

/// The part of an environment that git needs to fetch.
pub fn needed(environment: &Environment) -> Environment {
    let mut needed = Environment::default();
    for (name, value) in environment.iter() {
        let is_needed = name.to_str().is_some_and(|name| NEEDED.contains(&name) || HEARD.contains(&name));
        if is_needed {
            needed.set(name, value);
        }
    }
    needed
}

/// Whether there is a git that is new enough.
pub async fn is_there(system: &System) -> bool {
    let output = Repository::around(system).run(&["version"], b"", 256).await;
    output.is_ok_and(|output| is_new_enough(&String::from_utf8_lossy(&output)))
}

/// Parses `git version 2.47.3`, or with more after it.
fn is_new_enough(text: &str) -> bool {
    let parse = || {
        let version = text.trim().strip_prefix("git version ")?;
        let mut numbers = version.split('.').map(|part| part.parse::<u64>().ok());
        Some((numbers.next()??, numbers.next()??))
    };
    parse().is_some_and(|version| version >= OLDEST)
}

impl PartialCopy {
    fn repository<'a>(&self, system: &'a System) -> Repository<'a> {
        Repository::bare(system, &self.folder)
    }

    /// Fetches these commits with their trees, without their history and their files, as far as they are missing.
    ///
    /// # Errors
    /// The other side is unreachable, does not have one, or sends too much or too slowly.
    pub async fn bring_commits(&self, system: &System, ids: &[&str]) -> Result<(), GitError> {
        let missing = self.missing(system, ids).await?;
        self.fetch(system, &["--depth=1", FILTER], &missing).await
    }

    /// Fetches these files, as far as they are missing.
    ///
    /// # Errors
    /// As for [`PartialCopy::bring_commits`].
    pub async fn bring_files(&self, system: &System, ids: &[&str]) -> Result<(), GitError> {
        let missing = self.missing(system, ids).await?;
        self.fetch(system, &[FILTER], &missing).await
    }

    /// Every entry of a commit's tree and of its subtrees. The size of a file is not known: it need not be here.
    ///
    /// # Errors
    /// There is no such commit, or it has too many entries.
    pub async fn walk(&self, system: &System, commit: &str) -> Result<Vec<Entry>, GitError> {
        self.repository(system).walk(commit).await
    }

    /// The contents of files, by their ids. Leaves out those that are longer than `limit`, in bytes.
    ///
    /// # Errors
    /// One is missing.
    pub async fn contents(
        &self,
        system: &System,
        ids: &[&str],
        limit: u64,
    ) -> Result<HashMap<String, Vec<u8>>, GitError> {
        let repository = self.repository(system);
        let sizes = repository.sizes(ids).await?;
        let mut wanted = Vec::new();
        let mut total = 0_u64;
        for (id, size) in ids.iter().zip(sizes) {
            let size = size.ok_or_else(|| GitError::NoObject((*id).to_owned()))?;
            if size <= limit {
                total = total.saturating_add(size);
                wanted.push((*id).to_owned());
            }
        }
        let contents = repository.contents(&wanted, total).await?;
        Ok(wanted.into_iter().zip(contents).collect())
    }

    async fn missing<'a>(&self, system: &System, ids: &[&'a str]) -> Result<Vec<&'a str>, GitError> {
        let ids: Vec<&str> = ids.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        if ids.is_empty() {
            return Ok(ids);
        }
        prepare(&self.folder).map_err(GitError::Copy)?;
        let sizes = self.repository(system).sizes(&ids).await?;
        Ok(ids.into_iter().zip(sizes).filter(|(_, size)| size.is_none()).map(|(id, _)| id).collect())
    }

    async fn fetch(&self, system: &System, options: &[&str], ids: &[&str]) -> Result<(), GitError> {
        if ids.is_empty() {
            return Ok(());
        }
        let settings = [
            format!("remote.{REMOTE}.url={}", self.url),
            format!("remote.{REMOTE}.promisor=true"),
            format!("remote.{REMOTE}.partialCloneFilter=blob:none"),
            // Nothing is told about what is here: it has no history that could save anything.
            "fetch.negotiationAlgorithm=noop".to_owned(),
        ];
        let contact = Contact { folder: &self.folder, protocol: self.protocol, most: self.most };
        let options = [options, &["--stdin"]].concat();
        let input = format!("{}\n", ids.join("\n"));
        let fetched = contact
            .fetch_as(system, Some(&self.token), (&settings, &options), REMOTE, &[], input.as_bytes())
            .await;
        if matches!(fetched, Err(GitError::TooLarge(_))) {
            let _ = fs::remove_dir_all(&self.folder);
        }
        fetched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_gets_no_key_and_no_token() {
        let environment = Environment::of([
            ("PATH", "/bin"),
            ("GIT_SSL_CAINFO", "/ca"),
            ("GITHUB_TOKEN", "t"),
            ("JIT_LOG_KEY", "k"),
            ("GIT_DIR", "/elsewhere"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "r"),
        ]);
        let needed = needed(&environment);
        let names: BTreeSet<_> = needed.iter().filter_map(|(name, _)| name.to_str()).collect();
        assert_eq!(names, BTreeSet::from(["GIT_SSL_CAINFO", "PATH"]));
    }

    #[test]
    fn an_old_git_and_no_git_are_not_used() {
        for (text, fits) in [
            ("git version 2.47.3\n", true),
            ("git version 2.31.0.windows.1\n", true),
            ("git version 2.39.5 (Apple Git-154)\n", true),
            ("git version 3.0\n", true),
            ("git version 2.30.9\n", false),
            ("git version 1.99.9\n", false),
            ("", false),
            ("hub version 2.47.3", false),
        ] {
            assert_eq!(is_new_enough(text), fits, "{text:?}");
        }
    }
}
