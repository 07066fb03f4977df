//! The log's branch on GitHub: read at one commit, written by compare-and-set.

use jiff::Timestamp;

use crate::forge::log::History;
use crate::forge::log::JournalEntry;
use crate::forge::log::JournalError;
use crate::forge::log::JournalHead;
use crate::forge::log::JournalIndex;
use crate::forge::log::JournalKey;
use crate::forge::log::JournalLink;
use crate::forge::log::entry::zeros;
use crate::github::GitHub;
use crate::github::GitHubError;
use crate::github::LOG_BRANCH;
use crate::github::api::repositories::NewFile;
use crate::github::authority;
use crate::github::gather::Ground;
use crate::github::tree::Reader;
use crate::github::tree::TreeError;
use crate::grant::Digest;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::judgement::clocks;

/// Why the log cannot be used. Nothing is minted until a person has looked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// A call to GitHub failed.
    #[error(transparent)]
    GitHub(#[from] GitHubError),
    /// The branch cannot be read.
    #[error("the log cannot be read: {0}")]
    Tree(TreeError),
    /// The log itself does not hold.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl LogError {
    /// How to fix it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::GitHub(error) | Self::Tree(TreeError::GitHub(error)) => error.hint(),
            Self::Tree(_) => None,
            Self::Journal(error) => error.hint(),
        }
    }
}

impl From<TreeError> for LogError {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::GitHub(error) => Self::GitHub(error),
            error => Self::Tree(error),
        }
    }
}

/// The path of the index.
pub(crate) const INDEX: &str = "index.json";
/// The most bytes of a file of the log.
const MOST: usize = 64 << 20;

/// The log at one commit of its branch.
pub struct Log<'a> {
    reader: Reader<'a>,
    /// The commit.
    pub commit: String,
    /// The index.
    pub index: JournalIndex,
    keys: Vec<[u8; 32]>,
}

/// The path of a request's events.
pub(crate) fn path_of(id: &RequestId) -> String {
    let shard: String = id.as_str().chars().take(2).collect();
    format!("requests/{shard}/{id}.jsonl")
}

/// The files of an empty log, for the setup of a repository.
pub fn genesis(key: &JournalKey, authority: String, now: Timestamp) -> Option<Vec<NewFile>> {
    let content = JournalIndex::empty(authority, now).seal(key)?;
    Some(vec![NewFile { path: INDEX.to_owned(), content }])
}

impl<'a> Log<'a> {
    /// Reads the newest index and verifies it.
    ///
    /// # Errors
    /// There is none, it is not signed with one of these keys, or the clock is behind it.
    pub async fn open(
        reader: &Reader<'a>,
        commit: Option<&str>,
        keys: &[[u8; 32]],
        authority: &str,
        now: Timestamp,
    ) -> Result<Self, LogError> {
        if keys.is_empty() {
            return Err(LogError::Journal(JournalError::NoKey));
        }
        let commit = commit.ok_or(JournalError::Missing)?.to_owned();
        let text = reader.content(&commit, INDEX, MOST).await?.ok_or(JournalError::Missing)?;
        let index = JournalIndex::open(&text, keys, authority, now)?;
        Ok(Self { reader: reader.clone(), commit, index, keys: keys.to_vec() })
    }

    /// The same with the keys of the policy in force, at the head that was found with it.
    ///
    /// # Errors
    /// As for [`Log::open`].
    pub async fn of(reader: &Reader<'a>, ground: &Ground, now: Timestamp) -> Result<Self, LogError> {
        let keys = ground.force.forge().map_or(&[][..], |forge| &forge.log_keys);
        Self::open(reader, ground.log.as_deref(), keys, &authority(ground.repository.id), now).await
    }

    /// The proved history of a request. `None` if the log does not know it.
    ///
    /// # Errors
    /// Its events do not match the index.
    pub async fn history(&self, digest: &Digest) -> Result<Option<History>, LogError> {
        let Some(known) = self.index.known(digest) else { return Ok(None) };
        let links = self.links(digest).await?;
        Ok(Some(self.index.prove(&self.keys, known, &links)?))
    }

    /// The whole log, in order.
    ///
    /// # Errors
    /// GitHub leaves out entries, an event does not verify, or the chain does not match the index.
    pub async fn entries(&self) -> Result<Vec<(JournalLink, JournalEntry)>, LogError> {
        let tree = self.reader.listing(&self.commit).await?;
        let mut entries = Vec::new();
        for text in self.reader.files(&tree, |path| path.ends_with(".jsonl")).await? {
            let text = String::from_utf8(text).map_err(|_| JournalError::Incomplete)?;
            for line in text.lines() {
                let link: JournalLink = serde_json::from_str(line).map_err(|_| JournalError::Incomplete)?;
                let entry = link.verify(&self.keys, &self.index.authority)?;
                entries.push((link, entry));
            }
        }
        entries.sort_by_key(|(_, entry)| entry.sequence);
        let mut before = JournalHead { sequence: 0, hash: zeros() };
        for (link, entry) in &entries {
            if entry.sequence != before.sequence + 1 || link.previous != before.hash {
                return Err(LogError::Journal(JournalError::Gap(before.sequence + 1)));
            }
            before = JournalHead { sequence: entry.sequence, hash: link.hash() };
        }
        if before == self.index.position() {
            Ok(entries)
        } else {
            Err(LogError::Journal(JournalError::Gap(before.sequence + 1)))
        }
    }

    async fn links(&self, digest: &Digest) -> Result<Vec<JournalLink>, LogError> {
        let text = self.reader.content(&self.commit, &path_of(&digest.request_id()), MOST).await?;
        let text = text.ok_or(JournalError::Incomplete)?;
        let text = String::from_utf8(text).map_err(|_| JournalError::Incomplete)?;
        text.lines()
            .map(|line| serde_json::from_str(line).map_err(|_| LogError::Journal(JournalError::Incomplete)))
            .collect()
    }

    /// Refuses a log that does not contain the event that the client remembers as the head.
    ///
    /// # Errors
    /// The log ends before that event, or has another one in its place.
    pub fn contains(&self, seen: &JournalHead) -> Result<(), LogError> {
        if self.index.contains(seen) {
            Ok(())
        } else {
            Err(LogError::Journal(JournalError::Truncated(seen.sequence)))
        }
    }

    /// Writes events, all or none, if the branch has not moved since it was read. Each comes with its request's new
    /// state. `writer` is the client whose token may write the branch.
    ///
    /// # Errors
    /// The branch moved, or the call to GitHub failed.
    pub async fn append(
        &self,
        writer: &GitHub,
        key: &JournalKey,
        records: &[(JournalEntry, &Request)],
    ) -> Result<JournalHead, LogError> {
        let known = key.public().is_some_and(|public| self.keys.contains(&public));
        if !known {
            return Err(LogError::Journal(JournalError::Key));
        }
        let mut next = self.index.clone();
        let mut files = Vec::with_capacity(records.len() + 1);
        for (entry, after) in records {
            let mut links = match self.index.known(&entry.request) {
                Some(_) => self.links(&entry.request).await?,
                None => Vec::new(),
            };
            let (grown, link) =
                next.append(key, entry, after, clocks::denial_counts).ok_or(JournalError::Index)?;
            next = grown;
            links.push(link);
            let lines: Option<Vec<String>> = links
                .iter()
                .map(|link| serde_json::to_string(link).ok().map(|line| format!("{line}\n")))
                .collect();
            let content = lines.ok_or(JournalError::Index)?.concat();
            files.push(NewFile { path: path_of(&entry.request.request_id()), content });
        }
        files.push(NewFile { path: INDEX.to_owned(), content: next.seal(key).ok_or(JournalError::Index)? });
        let written = writer.commit_on(LOG_BRANCH, &self.commit, &message(records), &files).await;
        written.map_err(|error| {
            if error.is_conflict() { LogError::Journal(JournalError::Moved) } else { error.into() }
        })?;
        Ok(next.position())
    }
}

/// The commit message: each event's action and request.
fn message(records: &[(JournalEntry, &Request)]) -> String {
    let lines: Vec<String> = records
        .iter()
        .map(|(entry, _)| format!("{} {}", entry.action.as_str(), entry.request.request_id()))
        .collect();
    lines.join("\n")
}
