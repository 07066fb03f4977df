//! An entry as it is stored: with the cloud's word as its tag, and for an account the member that older versions read.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use super::Entry;
use super::Run;
use crate::grant::Cloud;
use crate::grant::Name;
use crate::grant::Place;
use crate::grant::RequestId;
use crate::grant::State;
use crate::grant::cloud::is_word;

/// The parts of the index that a newer version wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Newer {
    /// There is no file.
    #[default]
    Nothing,
    /// Entries of a form that this version does not know, as they stand.
    Entries(Vec<Value>),
    /// The whole file, in the form of this number.
    File(u64),
}

impl Newer {
    /// The entries of a newer form.
    pub(super) fn of(entries: Vec<Value>) -> Self {
        if entries.is_empty() { Self::Nothing } else { Self::Entries(entries) }
    }

    /// The entries that must survive a rewrite.
    pub(super) fn kept(&self) -> &[Value] {
        match self {
            Self::Entries(entries) => entries,
            Self::Nothing | Self::File(_) => &[],
        }
    }

    /// A message for people about the newer parts, and about what to do. `None` if there are none.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Entries(entries) => {
                let roles: Vec<String> = entries.iter().filter_map(role_of).collect();
                let named = if roles.is_empty() { String::new() } else { format!(" ({})", roles.join(", ")) };
                let (it, them) = if entries.len() == 1 { ("entry", "it") } else { ("entries", "them") };
                Some(format!(
                    "{} {it} of this machine's index{named} made by a newer jit: kept, and not shown; update jit to use {them}",
                    entries.len()
                ))
            }
            Self::File(version) => Some(format!(
                "this machine's index was made by a newer jit (form {version}): it is left as it is; update jit"
            )),
        }
    }
}

/// The role that an entry of a newer form names, where that is a name.
fn role_of(entry: &Value) -> Option<String> {
    entry["role"].as_str()?.parse::<Name>().ok().map(|role| role.to_string())
}

/// Whether an entry names a cloud that this version does not know.
pub(super) fn is_newer(entry: &Value) -> bool {
    entry["cloud"].as_str().is_some_and(|word| is_word(word) && Cloud::of(word).is_none())
}

/// The stored form. The first versions wrote `account` and neither of the other two.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<RequestId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extends: Option<RequestId>,
    role: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<Name>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cloud: Option<Cloud>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    state: State,
    until: Timestamp,
    asked: Timestamp,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    emergency: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    who: Option<Name>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    elsewhere: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    shadows: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

impl TryFrom<StoredEntry> for Entry {
    type Error = &'static str;

    fn try_from(stored: StoredEntry) -> Result<Self, &'static str> {
        let account = stored.account.as_deref().map(Place::account);
        let place = match (stored.place, account) {
            (Some(place), Some(account)) if place != account => return Err("two places"),
            (Some(place), _) => place,
            (None, Some(account)) => account,
            (None, None) => return Err("no place"),
        };
        Ok(Self {
            id: stored.id,
            authority: stored.authority,
            extends: stored.extends,
            role: stored.role,
            scope: stored.scope,
            cloud: stored.cloud.unwrap_or(Cloud::Aws),
            place,
            state: stored.state,
            until: stored.until,
            asked: stored.asked,
            emergency: stored.emergency,
            who: stored.who,
            elsewhere: stored.elsewhere,
            shadows: stored.shadows,
            run: stored.run,
        })
    }
}

impl From<Entry> for StoredEntry {
    fn from(entry: Entry) -> Self {
        Self {
            account: entry.place.as_account().map(str::to_owned),
            id: entry.id,
            authority: entry.authority,
            extends: entry.extends,
            role: entry.role,
            scope: entry.scope,
            cloud: Some(entry.cloud),
            place: Some(entry.place),
            state: entry.state,
            until: entry.until,
            asked: entry.asked,
            emergency: entry.emergency,
            who: entry.who,
            elsewhere: entry.elsewhere,
            shadows: entry.shadows,
            run: entry.run,
        }
    }
}
