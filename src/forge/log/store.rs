//! The log's branch on GitHub: read at one commit, written by compare-and-set.

use jiff::Timestamp;

use super::History;
use super::JournalEntry;
use super::JournalHead;
use super::JournalIndex;
use super::JournalKey;
use super::JournalLink;
use super::LogError;
use super::entry::zeros;
use crate::forge::GitHub;
use crate::forge::LOG_BRANCH;
use crate::forge::authority;
use crate::forge::github::repositories::NewFile;
use crate::grant::Digest;
use crate::grant::Request;
use crate::policy::Policy;

/// Where the index stands.
const INDEX: &str = "index.json";

/// The log as one commit of its branch has it.
pub struct Log<'a> {
    github: &'a GitHub,
    /// The commit.
    pub commit: String,
    /// The index.
    pub index: JournalIndex,
    keys: Vec<[u8; 32]>,
}

/// Where a request's events stand.
fn path_of(digest: &Digest) -> String {
    let id = digest.request_id();
    let shard: String = id.as_str().chars().take(2).collect();
    format!("requests/{shard}/{id}.jsonl")
}

/// The files of a log without events, for whoever sets it up.
pub fn genesis(key: &JournalKey, authority: String, now: Timestamp) -> Option<Vec<NewFile>> {
    let content = JournalIndex::empty(authority, now).seal(key)?;
    Some(vec![NewFile { path: INDEX.to_owned(), content }])
}

impl<'a> Log<'a> {
    /// Reads the newest index and verifies it.
    ///
    /// # Errors
    /// There is none, it was not written with one of these keys, or the clock runs behind it.
    pub async fn open(
        github: &'a GitHub,
        keys: &[[u8; 32]],
        authority: &str,
        now: Timestamp,
    ) -> Result<Self, LogError> {
        if keys.is_empty() {
            return Err(LogError::NoKey);
        }
        let commit = github.branch(LOG_BRANCH).await?.ok_or(LogError::Missing)?;
        let text = github.content(INDEX, &commit).await?.ok_or(LogError::Missing)?;
        let index = JournalIndex::open(&text, keys, authority, now)?;
        Ok(Self { github, commit, index, keys: keys.to_vec() })
    }

    /// The same with the keys that a policy names, for its repository.
    ///
    /// # Errors
    /// As for [`Log::open`].
    pub async fn of(
        github: &'a GitHub,
        policy: &Policy,
        repository: u64,
        now: Timestamp,
    ) -> Result<Self, LogError> {
        let keys = policy.forge().map_or(&[][..], |forge| &forge.log_keys);
        Self::open(github, keys, &authority(repository), now).await
    }

    /// What the log proves of a request; nothing where it does not know it.
    ///
    /// # Errors
    /// Its events are not the ones that the index counts.
    pub async fn history(&self, digest: &Digest) -> Result<Option<History>, LogError> {
        let Some(known) = self.index.known(digest) else { return Ok(None) };
        let links = self.links(digest).await?;
        self.index.prove(&self.keys, known, &links).map(Some)
    }

    /// The whole log, in order.
    ///
    /// # Errors
    /// GitHub leaves something out, an event does not hold, or they are not the chain that the index ends.
    pub async fn entries(&self) -> Result<Vec<(JournalLink, JournalEntry)>, LogError> {
        let tree = self.github.tree(&self.commit).await?;
        if tree.truncated {
            return Err(LogError::Incomplete);
        }
        let mut entries = Vec::new();
        for file in tree.tree.iter().filter(|file| file.path.ends_with(".jsonl")) {
            let text =
                String::from_utf8(self.github.blob(&file.sha).await?).map_err(|_| LogError::Incomplete)?;
            for line in text.lines() {
                let link: JournalLink = serde_json::from_str(line).map_err(|_| LogError::Incomplete)?;
                let entry = link.verify(&self.keys, &self.index.authority)?;
                entries.push((link, entry));
            }
        }
        entries.sort_by_key(|(_, entry)| entry.sequence);
        let mut before = JournalHead { sequence: 0, hash: zeros() };
        for (link, entry) in &entries {
            if entry.sequence != before.sequence + 1 || link.previous != before.hash {
                return Err(LogError::Gap(before.sequence + 1));
            }
            before = JournalHead { sequence: entry.sequence, hash: link.hash() };
        }
        if before == self.index.position() { Ok(entries) } else { Err(LogError::Gap(before.sequence + 1)) }
    }

    async fn links(&self, digest: &Digest) -> Result<Vec<JournalLink>, LogError> {
        let text = self.github.content(&path_of(digest), &self.commit).await?.ok_or(LogError::Incomplete)?;
        let text = String::from_utf8(text).map_err(|_| LogError::Incomplete)?;
        text.lines().map(|line| serde_json::from_str(line).map_err(|_| LogError::Incomplete)).collect()
    }

    /// Refuses a log that does not contain an event that somebody has seen: the head that a client remembers.
    ///
    /// # Errors
    /// It ends before that event, or has another one at its end.
    pub fn contains(&self, seen: &JournalHead) -> Result<(), LogError> {
        if self.index.contains(seen) { Ok(()) } else { Err(LogError::Truncated(seen.sequence)) }
    }

    /// Writes events, all of them or none, if the branch is still where it was read: each with its request as it is then.
    /// `writer` is the client whose token may write it.
    ///
    /// # Errors
    /// The branch moved on, or GitHub did not answer as it should.
    pub async fn append(
        &self,
        writer: &GitHub,
        key: &JournalKey,
        records: &[(JournalEntry, &Request)],
    ) -> Result<JournalHead, LogError> {
        let known = key.public().is_some_and(|public| self.keys.contains(&public));
        if !known {
            return Err(LogError::Key);
        }
        let mut next = self.index.clone();
        let mut files = Vec::with_capacity(records.len() + 1);
        for (entry, after) in records {
            let mut links = match self.index.known(&entry.request) {
                Some(_) => self.links(&entry.request).await?,
                None => Vec::new(),
            };
            let (grown, link) = next.append(key, entry, after).ok_or(LogError::Index)?;
            next = grown;
            links.push(link);
            let lines: Option<Vec<String>> = links
                .iter()
                .map(|link| serde_json::to_string(link).ok().map(|line| format!("{line}\n")))
                .collect();
            let content = lines.ok_or(LogError::Index)?.concat();
            files.push(NewFile { path: path_of(&entry.request), content });
        }
        files.push(NewFile { path: INDEX.to_owned(), content: next.seal(key).ok_or(LogError::Index)? });
        let base = writer.commit(&self.commit).await?.tree.sha;
        let tree = writer.create_tree(Some(&base), &files).await?;
        let commit = writer.create_commit(&message(records), &tree, &[&self.commit]).await?;
        writer
            .advance_branch(LOG_BRANCH, &commit)
            .await
            .map_err(|error| if error.is_conflict() { LogError::Moved } else { error.into() })?;
        Ok(next.position())
    }
}

/// What the commit says: each event's action and request.
fn message(records: &[(JournalEntry, &Request)]) -> String {
    let lines: Vec<String> = records
        .iter()
        .map(|(entry, _)| format!("{} {}", entry.action.as_str(), entry.request.request_id()))
        .collect();
    lines.join("\n")
}
