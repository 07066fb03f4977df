//! `grants.json`: names and times of what this machine holds and waits for. No secret is ever in it.
//!
//! What is read back is checked like anything that came from outside: a prompt shows it in every shell.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::State;
use crate::system::Files;
use crate::system::files;
use crate::system::files::Lock;

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(2);

/// One request or direct session of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The request; none for a direct role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// The broker's address; none for a direct role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// The role.
    pub role: Name,
    /// The twelve digits of the account.
    pub account: String,
    /// Where it stood when this machine last looked.
    pub state: State,
    /// When that state ends by itself: nobody decided, never used, or the end of the grant.
    pub until: Timestamp,
    /// When it was asked for.
    pub asked: Timestamp,
}

impl Entry {
    /// Whether it is a session of a direct role, which nobody approved.
    pub fn is_direct(&self) -> bool {
        self.id.is_none()
    }

    /// Whether access may be used now.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state == State::Active && self.until > now
    }

    /// Whether it may still become or be access.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.state.is_terminal() && self.until > now
    }

    /// Whether both are about the same thing.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(own), Some(others)) => own == others && self.authority == other.authority,
            (None, None) => self.role == other.role,
            _ => false,
        }
    }

    fn is_sound(&self) -> bool {
        let account = self.account.len() == 12 && self.account.bytes().all(|byte| byte.is_ascii_digit());
        let authority = self
            .authority
            .as_deref()
            .is_none_or(|url| url.len() <= 512 && url.bytes().all(|byte| byte.is_ascii_graphic()));
        account && authority && self.id.is_some() == self.authority.is_some()
    }
}

/// The index as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// What is in it, in the order it was asked for.
    pub entries: Vec<Entry>,
    /// What was unreadable and left out, in words.
    pub damage: Option<String>,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    grants: Vec<serde_json::Value>,
}

/// Why the index could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct IndexError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system said.
    pub cause: io::Error,
}

/// Where the index is.
pub fn path(files: &Files) -> PathBuf {
    files.state.join("grants.json")
}

/// Reads the index. One that is missing or damaged is empty: everything in it can be asked for again.
pub fn read(files: &Files) -> Index {
    let path = path(files);
    let damaged = |what: String| Index {
        entries: Vec::new(),
        damage: Some(format!("{} {what}; it is read as empty and written anew", path.display())),
    };
    let bytes = match files::read(&path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Index::default(),
        Err(error) => return damaged(format!("cannot be read ({error})")),
    };
    let Ok(stored) = serde_json::from_slice::<Stored>(&bytes) else {
        return damaged("is damaged".to_owned());
    };
    let count = stored.grants.len();
    let entries: Vec<Entry> = stored
        .grants
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .filter(Entry::is_sound)
        .collect();
    let lost = count - entries.len();
    let damage =
        (lost > 0).then(|| format!("{} has {lost} damaged entries; they are left out", path.display()));
    Index { entries, damage }
}

/// Puts an entry in place of the one about the same thing.
pub fn put(files: &Files, entry: &Entry) -> Result<(), IndexError> {
    update(files, |entries| {
        entries.retain(|other| !other.is_same(entry));
        entries.push(entry.clone());
    })
}

/// Removes a request.
pub fn forget(files: &Files, id: &RequestId) -> Result<(), IndexError> {
    update(files, |entries| entries.retain(|entry| entry.id.as_ref() != Some(id)))
}

/// Removes what can never be access again and answers it, so that its secrets can be removed as well.
pub fn sweep(files: &Files, now: Timestamp) -> Result<Vec<Entry>, IndexError> {
    let mut swept = Vec::new();
    update(files, |entries| {
        let (open, closed) = std::mem::take(entries).into_iter().partition(|entry| entry.is_open(now));
        *entries = open;
        swept = closed;
    })?;
    Ok(swept)
}

/// Changes the index under a lock and writes it whole.
pub fn update(files: &Files, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), IndexError> {
    let path = path(files);
    let write = || -> io::Result<()> {
        files::make_private_folder(&files.state)?;
        let lock = files.state.join("grants.lock");
        let _held = Lock::take_within(&lock, PATIENCE)?.ok_or_else(|| {
            let holder = Lock::holder(&lock).map_or_else(String::new, |pid| format!(" by process {pid}"));
            io::Error::new(io::ErrorKind::TimedOut, format!("{} is held{holder}", lock.display()))
        })?;
        let mut entries = read(files).entries;
        change(&mut entries);
        let text = serde_json::to_string_pretty(&serde_json::json!({ "version": 1, "grants": entries }))?;
        files::replace_private(&path, format!("{text}\n").as_bytes())
    };
    write().map_err(|cause| IndexError { path: path.clone(), cause })
}

/// An active grant of an example role, for tests.
#[cfg(test)]
pub(super) fn example(role: &str, until: &str) -> Entry {
    Entry {
        id: Some(crate::grant::Digest::of(role.as_bytes()).request_id()),
        authority: Some("https://jit.example.com".to_owned()),
        role: role.parse().unwrap(),
        account: "111122223333".to_owned(),
        state: State::Active,
        until: until.parse().unwrap(),
        asked: "2026-11-23T09:00:00Z".parse().unwrap(),
    }
}

#[cfg(test)]
mod tests {
    use super::example as entry;
    use super::*;

    const NOW: &str = "2026-11-23T10:00:00Z";

    #[test]
    fn keeps_what_is_open_and_replaces_what_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        let now: Timestamp = NOW.parse().unwrap();
        assert_eq!(read(&files), Index::default());
        put(&files, &entry("a", "2026-11-23T10:30:00Z")).unwrap();
        put(&files, &entry("b", "2026-11-23T09:59:59Z")).unwrap();
        assert_eq!(sweep(&files, now).unwrap(), [entry("b", "2026-11-23T09:59:59Z")]);
        put(&files, &entry("a", "2026-11-23T10:40:00Z")).unwrap();
        let read_back = read(&files);
        assert_eq!(read_back.entries, [entry("a", "2026-11-23T10:40:00Z")]);
        assert_eq!(read_back.damage, None);
        forget(&files, read_back.entries[0].id.as_ref().unwrap()).unwrap();
        assert!(read(&files).entries.is_empty());
    }

    #[test]
    fn damage_is_read_as_nothing_and_said() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        std::fs::create_dir_all(&files.state).unwrap();
        for damaged in ["", "{", "7", "{\"grants\": 7}", "\u{0}\u{1}"] {
            std::fs::write(path(&files), damaged).unwrap();
            let index = read(&files);
            assert!(index.entries.is_empty() && index.damage.is_some(), "{damaged:?}");
        }
        let good = serde_json::to_value(entry("a", "2026-11-23T10:30:00Z")).unwrap();
        let mut hostile = good.clone();
        hostile["role"] = "$(id)".into();
        let mut odd = good.clone();
        odd["account"] = "1111\u{1b}[2J".into();
        std::fs::write(path(&files), serde_json::json!({ "grants": [hostile, odd, good] }).to_string())
            .unwrap();
        assert_eq!(read(&files).entries.len(), 1);
        assert!(read(&files).damage.unwrap().contains("2 damaged entries"));
        put(&files, &entry("b", "2026-11-23T10:30:00Z")).unwrap();
        assert_eq!(read(&files).damage, None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        put(&files, &entry("a", "2026-11-23T10:30:00Z")).unwrap();
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path(&files)), 0o600);
        assert_eq!(mode(&files.state), 0o700);
    }

    #[test]
    fn two_writers_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::under(folder.path());
        std::thread::scope(|scope| {
            for index in 0..8 {
                let files = &files;
                scope.spawn(move || {
                    put(files, &entry(&format!("role-{index}"), "2026-11-23T10:30:00Z")).unwrap();
                });
            }
        });
        assert_eq!(read(&files).entries.len(), 8);
    }
}
