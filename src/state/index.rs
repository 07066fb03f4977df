//! `grants.json`: names and times of this machine's grants and requests. It never contains a secret.
//!
//! Its content is validated like any outside input, because a prompt shows it in every shell.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::grant::Cloud;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::RequestId;
use crate::grant::State;
use crate::system::Files;
use crate::system::files;
use crate::system::files::Lock;
pub use known::KnownRole;
pub use known::Review;
pub use stored::Newer;
use stored::StoredEntry;

mod known;
mod stored;

/// How long a writer waits for another one's lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// How far the one command has come that an access is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// It has not been started here.
    Waits,
    /// It has been started, so the access is used up.
    Begun,
}

/// One request or direct session of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredEntry", into = "StoredEntry")]
pub struct Entry {
    /// The request. `None` for a direct role.
    pub id: Option<RequestId>,
    /// The authority's name in statements. `None` for a direct role.
    pub authority: Option<String>,
    /// The request that this extension request extends. An extension is never access itself.
    pub extends: Option<RequestId>,
    /// The role.
    pub role: Name,
    /// The scope, as requested or as approved. `None` for the whole role, and in an index of an older version.
    pub scope: Option<Name>,
    /// The cloud of its target. [`Cloud::Aws`] for an entry of a version that did not record it.
    pub cloud: Cloud,
    /// The place of its target.
    pub place: Place,
    /// The state when this machine last saw it.
    pub state: State,
    /// When that state expires: undecided, unused, or at the end of the grant.
    pub until: Timestamp,
    /// The time of the request.
    pub asked: Timestamp,
    /// Whether it is break-glass access, which nobody approved.
    pub emergency: bool,
    /// The requester's name in the policy. `None` for a direct role, and in an index of an older version.
    pub who: Option<Name>,
    /// Whether its one-use key is not on this machine: it was requested on another one, and this machine cannot open
    /// its leases.
    pub elsewhere: bool,
    /// Whether it is a direct role with the name of a role of the authority.
    pub shadows: bool,
    /// How far its one command has come. `None` for access that any command may use.
    pub run: Option<Run>,
}

impl Entry {
    /// Whether it is a session of a direct role, which needs no approval.
    pub fn is_direct(&self) -> bool {
        self.id.is_none()
    }

    /// Whether access may be used now.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state == State::Active && self.extends.is_none() && self.until > now
    }

    /// Whether it is or may become access.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.state.is_terminal() && self.until > now
    }

    /// Whether it is a request of this person to this authority. An entry without a name may belong to anybody who
    /// logged in here before. It counts, and its request tells whose it is.
    pub fn is_of(&self, authority: Option<&str>, person: Option<&Name>) -> bool {
        let who = self.who.as_ref();
        !self.is_direct() && self.authority.as_deref() == authority && (who.is_none() || who == person)
    }

    /// The entry as it replaces an earlier one: only this machine knows that a command was started.
    #[must_use]
    pub fn after(self, before: Option<&Self>) -> Self {
        let begun = before.and_then(|before| before.run).filter(|run| *run == Run::Begun);
        Self { run: begun.or(self.run), ..self }
    }

    /// Whether both are for the same request or direct role.
    fn is_same(&self, other: &Self) -> bool {
        match (&self.id, &other.id) {
            (Some(own), Some(others)) => own == others && self.authority == other.authority,
            (None, None) => self.role == other.role,
            _ => false,
        }
    }

    fn is_sound(&self) -> bool {
        let authority = self.authority.as_deref().is_none_or(is_address);
        self.place.is_sound() && authority && self.id.is_some() == self.authority.is_some()
    }
}

/// The active grants of a role, in the order in which to try them: those that this machine can open first, then the
/// newest, then the last one written.
pub fn by_preference<'a>(entries: impl IntoIterator<Item = &'a Entry>, now: Timestamp) -> Vec<&'a Entry> {
    let mut found: Vec<&Entry> = entries.into_iter().filter(|entry| entry.is_active(now)).collect();
    found.reverse();
    found.sort_by_key(|entry| (entry.elsewhere, std::cmp::Reverse(entry.asked)));
    found
}

fn is_address(url: &str) -> bool {
    url.len() <= 512 && url.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The most reviews and roles that are stored per authority or read back: a prompt reads them before every line.
const MOST: usize = 2000;

/// The content of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// Grants and requests, in the order in which they were requested.
    pub entries: Vec<Entry>,
    /// Requests that wait for this person's review.
    pub reviews: Vec<Review>,
    /// Roles that the person may request.
    pub roles: Vec<KnownRole>,
    /// The commands that coding agents run only with a role, whichever it is. Each is words with single blanks between.
    pub gate: Vec<String>,
    /// A sentence on unreadable parts that were left out. `None` if there were none.
    pub damage: Option<String>,
    /// The parts that a newer version wrote. They are kept as they stand, and neither shown as access nor removed.
    pub newer: Newer,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    grants: Vec<serde_json::Value>,
    #[serde(default)]
    reviews: Vec<serde_json::Value>,
    #[serde(default)]
    roles: Vec<serde_json::Value>,
    #[serde(default)]
    gate: Vec<String>,
}

/// The version of the file, whatever else is in it.
#[derive(Deserialize)]
struct Versioned {
    #[serde(default = "first")]
    version: u64,
}

/// Why the index could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {cause}", path.display())]
pub struct IndexError {
    /// The file.
    pub path: PathBuf,
    /// The operating system's error.
    pub cause: io::Error,
}

/// The path of the index.
pub fn path(files: &Files) -> PathBuf {
    files.state.join("grants.json")
}

/// The newest form of the whole file that this version reads and writes. Members are only ever added to it; see
/// docs/stable-forms.md.
const VERSION: u64 = 1;

fn first() -> u64 {
    1
}

/// Reads the index. One that is missing or damaged is empty: everything in it can be asked for again. One of a newer version is
/// empty as well, and is not written; see [`Index::newer`].
pub fn read(files: &Files) -> Index {
    let path = path(files);
    let damaged = |what: String| Index {
        damage: Some(format!("{} {what}; it is read as empty and written anew", path.display())),
        ..Index::default()
    };
    let bytes = match files::read_regular(&path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Index::default(),
        Err(error) => return damaged(format!("cannot be read ({error})")),
    };
    // The version is read by itself first: a newer version may give every other member another shape.
    // A list would be read as an object without members.
    let is_object = bytes.trim_ascii_start().starts_with(b"{");
    match serde_json::from_slice(&bytes) {
        Ok(Versioned { version }) if is_object && version > VERSION => {
            return Index { newer: Newer::File(version), ..Index::default() };
        }
        Ok(_) if is_object => {}
        _ => return damaged("is damaged".to_owned()),
    }
    let Ok(stored) = serde_json::from_slice::<Stored>(&bytes) else {
        return damaged("is damaged".to_owned());
    };
    let (of_newer, grants): (Vec<_>, Vec<_>) = stored.grants.into_iter().partition(stored::is_newer);
    let stored = Stored { grants, ..stored };
    let count = stored.grants.len() + stored.reviews.len() + stored.roles.len();
    let entries: Vec<Entry> = sound(stored.grants, usize::MAX, Entry::is_sound);
    let reviews: Vec<Review> = sound(stored.reviews, MOST, |review: &Review| is_address(&review.authority));
    let roles: Vec<KnownRole> =
        sound(stored.roles, MOST, |role: &KnownRole| role.authority.as_deref().is_none_or(is_address));
    let lost = count - entries.len() - reviews.len() - roles.len();
    let damage =
        (lost > 0).then(|| format!("{} has {lost} damaged entries; they are left out", path.display()));
    Index { entries, reviews, roles, gate: stored.gate, damage, newer: Newer::of(of_newer) }
}

fn sound<T: DeserializeOwned>(
    values: Vec<serde_json::Value>,
    most: usize,
    is_sound: impl Fn(&T) -> bool,
) -> Vec<T> {
    values
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .filter(is_sound)
        .take(most)
        .collect()
}

/// Stores an entry and replaces the one for the same request or direct role.
pub fn put(files: &Files, entry: &Entry) -> Result<(), IndexError> {
    update(files, |entries| {
        let entry = entry.clone().after(entries.iter().find(|other| other.is_same(entry)));
        entries.retain(|other| !other.is_same(&entry));
        entries.push(entry);
    })
}

/// Records that the one command of an access is about to start. Two processes that want to start it at the same time get one yes.
///
/// # Errors
/// The index cannot be written.
pub fn begin_run(files: &Files, id: &RequestId) -> Result<bool, IndexError> {
    let mut first = false;
    update(files, |entries| {
        if let Some(entry) = entries.iter_mut().find(|entry| entry.id.as_ref() == Some(id)) {
            first = entry.run == Some(Run::Waits);
            entry.run = Some(Run::Begun);
        }
    })?;
    Ok(first)
}

/// Removes a request and its extension requests.
pub fn forget(files: &Files, id: &RequestId) -> Result<(), IndexError> {
    let is_of = |entry: &Entry| entry.id.as_ref() == Some(id) || entry.extends.as_ref() == Some(id);
    update(files, |entries| entries.retain(|entry| !is_of(entry)))
}

/// Removes the entries that can never be access again. Returns them, so that their secrets can be removed as well.
pub fn sweep(files: &Files, now: Timestamp) -> Result<Vec<Entry>, IndexError> {
    let mut swept = Vec::new();
    update(files, |entries| {
        let (open, closed) = std::mem::take(entries).into_iter().partition(|entry| entry.is_open(now));
        *entries = open;
        swept = closed;
    })?;
    Ok(swept)
}

/// Stores the requests that wait for this person's review at an authority, and replaces the earlier ones.
pub fn put_reviews(files: &Files, authority: &str, reviews: &[Review]) -> Result<(), IndexError> {
    update_whole(files, |index| {
        index.reviews.retain(|review| review.authority != authority);
        index.reviews.extend(reviews.iter().take(MOST).cloned());
    })
}

/// Removes a request from the reviews after it was reviewed.
pub fn forget_review(files: &Files, id: &RequestId) -> Result<(), IndexError> {
    update_whole(files, |index| index.reviews.retain(|review| review.id != *id))
}

/// Stores the roles that the person may request and the commands that need one, and replaces the earlier ones. Removes the reviews of other
/// authorities, because nothing updates those any more.
pub fn put_roles(
    files: &Files,
    authority: Option<&str>,
    roles: &[KnownRole],
    gate: &[String],
) -> Result<(), IndexError> {
    update_whole(files, |index| {
        index.reviews.retain(|review| Some(review.authority.as_str()) == authority);
        index.roles = roles.iter().take(MOST).cloned().collect();
        index.gate = gate.iter().take(MOST).cloned().collect();
    })
}

/// Removes the requests that wait for a review, as nobody is logged in who could. The roles stay, so that their commands stay blocked.
pub fn forget_reviews(files: &Files) -> Result<(), IndexError> {
    update_whole(files, |index| index.reviews.clear())
}

/// Changes the grants and requests.
pub fn update(files: &Files, change: impl FnOnce(&mut Vec<Entry>)) -> Result<(), IndexError> {
    update_whole(files, |index| change(&mut index.entries))
}

/// Changes the index under a lock and writes it whole. Writes nothing if nothing changed, so that no prompt reads it
/// again.
fn update_whole(files: &Files, change: impl FnOnce(&mut Index)) -> Result<(), IndexError> {
    let path = path(files);
    let write = || -> io::Result<()> {
        files::make_private_folder(&files.state)?;
        let lock = files.state.join("grants.lock");
        let _held = Lock::take_within(&lock, PATIENCE)?.ok_or_else(|| {
            let holder = Lock::holder(&lock).map_or_else(String::new, |pid| format!(" by process {pid}"));
            io::Error::new(io::ErrorKind::TimedOut, format!("{} is held{holder}", lock.display()))
        })?;
        let before = read(files);
        if let Newer::File(version) = before.newer {
            return Err(io::Error::other(format!(
                "a newer jit made it (form {version}); update jit, or move the file away"
            )));
        }
        let mut index = before.clone();
        change(&mut index);
        if index == before && before.damage.is_none() {
            return Ok(());
        }
        let mut grants: Vec<serde_json::Value> = index.newer.kept().to_vec();
        for entry in &index.entries {
            grants.push(serde_json::to_value(entry)?);
        }
        let mut whole = serde_json::json!({
            "version": VERSION, "grants": grants, "reviews": index.reviews, "roles": index.roles,
        });
        if !index.gate.is_empty() {
            whole["gate"] = index.gate.into();
        }
        let text = serde_json::to_string_pretty(&whole)?;
        files::replace_private(&path, format!("{text}\n").as_bytes())
    };
    write().map_err(|cause| IndexError { path: path.clone(), cause })
}

/// An active grant of an example role, for tests.
#[cfg(test)]
pub(crate) fn example(role: &str, until: &str) -> Entry {
    Entry {
        id: Some(crate::grant::Digest::of(role.as_bytes()).request_id()),
        authority: Some("https://jit.example.com".to_owned()),
        extends: None,
        role: role.parse().unwrap(),
        scope: None,
        cloud: Cloud::Aws,
        place: Place::account("111122223333"),
        state: State::Active,
        until: until.parse().unwrap(),
        asked: "2026-11-23T09:00:00Z".parse().unwrap(),
        emergency: false,
        who: None,
        elsewhere: false,
        shadows: false,
        run: None,
    }
}

#[cfg(test)]
mod tests;
