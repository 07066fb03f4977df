//! This machine's memory of a GitHub authority: the newest event seen in its log, and the unfinished runs started here.
//! It holds only names and numbers, in a private file beside the index.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use super::run_error::RunError;
use crate::forge::log::Action;
use crate::forge::log::JournalHead;
use crate::grant::Digest;
use crate::grant::RequestId;
use crate::system::Files;
use crate::system::files;
use crate::system::files::Lock;

/// The file in the state folder.
const FILE: &str = "github.json";
/// The largest file that is read, in bytes.
const MOST: usize = 256 * 1024;
/// How long a writer waits for another one's lock.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a run is remembered. Its credentials expire sooner.
const REMEMBERED: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A run that was started here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// The nonce that identifies its name.
    pub nonce: String,
    /// Its id, once GitHub has returned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<u64>,
    /// When it was dispatched.
    pub at: Timestamp,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    head: Option<StoredHead>,
    /// The newest event whose hash the log keeps for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mark: Option<StoredHead>,
    /// By action and request id: `mint 7F3KQ2M8ZD`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    runs: BTreeMap<String, Begun>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StoredHead {
    sequence: u64,
    hash: Digest,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    #[serde(default)]
    authorities: BTreeMap<String, Remembered>,
}

/// The memory of one authority.
#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
    authority: String,
}

impl Memory {
    /// The memory of the authority that statements name so.
    pub fn new(files: &Files, authority: &str) -> Self {
        Self { path: files.state.join(FILE), authority: authority.to_owned() }
    }

    /// The newest event of the log that was seen here.
    ///
    /// # Errors
    /// The file exists and cannot be read. The caller must stop, because without the head an older log would pass.
    pub fn head(&self) -> Result<Option<JournalHead>, RunError> {
        let head = self.read()?.authorities.remove(&self.authority).and_then(|known| known.head);
        Ok(head.map(|head| JournalHead { sequence: head.sequence, hash: head.hash }))
    }

    /// The newest event seen here whose hash the log keeps for ever.
    ///
    /// # Errors
    /// As for [`Memory::head`].
    pub fn mark(&self) -> Result<Option<JournalHead>, RunError> {
        let mark = self.read()?.authorities.remove(&self.authority).and_then(|known| known.mark);
        Ok(mark.map(|mark| JournalHead { sequence: mark.sequence, hash: mark.hash }))
    }

    /// Remembers an event that was seen, and the newest one whose hash stays. An event older than the remembered one changes nothing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn saw(&self, head: &JournalHead, mark: Option<&JournalHead>) -> Result<(), RunError> {
        if self.head()?.is_some_and(|seen| seen.sequence >= head.sequence) {
            return Ok(());
        }
        self.change(|known| {
            if known.head.is_none_or(|seen| seen.sequence < head.sequence) {
                known.head = Some(StoredHead { sequence: head.sequence, hash: head.hash });
                known.mark = mark.map(|mark| StoredHead { sequence: mark.sequence, hash: mark.hash });
            }
        })
    }

    /// The unfinished run that was started for this action and request.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn begun(&self, action: Action, id: &RequestId, now: Timestamp) -> Result<Option<Begun>, RunError> {
        let known = self.read()?.authorities.remove(&self.authority).unwrap_or_default();
        let begun = known.runs.get(&name(action, id)).cloned();
        Ok(begun.filter(|begun| now.duration_since(begun.at) < REMEMBERED))
    }

    /// Remembers a run, before its dispatch and again when GitHub has returned its id.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(&self, action: Action, id: &RequestId, begun: &Begun) -> Result<(), RunError> {
        self.change(|known| {
            known.runs.retain(|_, other| begun.at.duration_since(other.at) < REMEMBERED);
            known.runs.insert(name(action, id), begun.clone());
        })
    }

    /// Forgets a run that has ended and whose result is stored.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn finish(&self, action: Action, id: &RequestId) -> Result<(), RunError> {
        let known = self.read()?.authorities.remove(&self.authority).unwrap_or_default();
        if !known.runs.contains_key(&name(action, id)) {
            return Ok(());
        }
        self.change(|known| {
            known.runs.remove(&name(action, id));
        })
    }

    fn read(&self) -> Result<Stored, RunError> {
        let small = match files::read_small(&self.path, MOST) {
            Ok(small) => small,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Stored::default()),
            Err(error) => return Err(self.unusable(&error.to_string())),
        };
        serde_json::from_slice(&small.content).map_err(|_| self.unusable("it is damaged"))
    }

    fn change(&self, change: impl FnOnce(&mut Remembered)) -> Result<(), RunError> {
        let lock = Lock::take_within(&self.path.with_extension("lock"), PATIENCE)
            .map_err(|error| self.unusable(&error.to_string()))?;
        let _lock = lock.ok_or_else(|| self.unusable("another jit holds it"))?;
        let mut stored = self.read()?;
        change(stored.authorities.entry(self.authority.clone()).or_default());
        let text = serde_json::to_vec(&stored).map_err(|error| self.unusable(&error.to_string()))?;
        files::replace_private(&self.path, &text).map_err(|error| self.unusable(&error.to_string()))
    }

    fn unusable(&self, cause: &str) -> RunError {
        RunError::Memory { path: self.path.display().to_string(), cause: cause.to_owned() }
    }
}

fn name(action: Action, id: &RequestId) -> String {
    format!("{} {id}", action.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(sequence: u64) -> JournalHead {
        JournalHead { sequence, hash: Digest::of(&sequence.to_be_bytes()) }
    }

    #[test]
    fn the_newest_event_stays_and_runs_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        let memory = Memory::new(&files, "github:42");
        assert_eq!(memory.head(), Ok(None));
        memory.saw(&head(700), Some(&head(512))).unwrap();
        memory.saw(&head(300), Some(&head(256))).unwrap();
        assert_eq!(memory.head(), Ok(Some(head(700))));
        assert_eq!(memory.mark(), Ok(Some(head(512))));
        assert_eq!(Memory::new(&files, "github:43").head(), Ok(None));
        let id: RequestId = "7F3KQ2M8ZD".parse().unwrap();
        let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let begun = Begun { nonce: "n".to_owned(), run: None, at };
        memory.begin(Action::Mint, &id, &begun).unwrap();
        let begun = Begun { run: Some(9), ..begun };
        memory.begin(Action::Mint, &id, &begun).unwrap();
        assert_eq!(memory.begun(Action::Mint, &id, at), Ok(Some(begun)));
        assert_eq!(memory.begun(Action::End, &id, at), Ok(None));
        let late = at + jiff::SignedDuration::from_hours(25);
        assert_eq!(memory.begun(Action::Mint, &id, late), Ok(None));
        memory.finish(Action::Mint, &id).unwrap();
        assert_eq!(memory.begun(Action::Mint, &id, at), Ok(None));
        assert_eq!(memory.head(), Ok(Some(head(700))));
    }

    #[test]
    fn a_damaged_memory_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        let memory = Memory::new(&files, "github:42");
        memory.saw(&head(7), None).unwrap();
        std::fs::write(files.state.join(FILE), "{").unwrap();
        assert!(matches!(memory.head(), Err(RunError::Memory { .. })));
        assert!(memory.saw(&head(8), None).is_err());
    }
}
