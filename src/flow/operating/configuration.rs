//! Single settings: their current values and origins, and changes of the user's own file.

use std::path::PathBuf;

use crate::config::GITHUB_API;
use crate::config::LoginRecord;
use crate::config::edit;
use crate::config::keys;
use crate::flow::Failure;
use crate::grant::text::sanitise;
use crate::keychain::Choice;
use crate::keychain::LeaseStore;
use crate::system::System;

/// A setting with its current value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its key.
    pub key: &'static str,
    /// Its value. `None` if it is not set.
    pub value: Option<String>,
    /// The file that it comes from, or `default`.
    pub origin: Option<String>,
}

/// The path of the user's own file, even if it does not exist.
pub fn path(system: &System) -> PathBuf {
    edit::path(&system.files)
}

/// One setting.
pub fn get(system: &System, key: &'static str) -> Result<Setting, Failure> {
    let files = &system.files;
    let mut found = Vec::new();
    for path in [edit::path(files), files.system_config.clone()] {
        let value = edit::value(&path, &files.home, key)?;
        found.push(value.map(|value| (value, path.display().to_string())));
    }
    let [user, fleet] = <[_; 2]>::try_from(found).unwrap_or_default();
    let login = recorded(&LoginRecord::load(files)?, key)
        .map(|value| (value, LoginRecord::path(files).display().to_string()));
    let standard = match key {
        keys::API => Some(GITHUB_API),
        keys::BELL => Some("true"),
        _ => None,
    };
    let standard = standard.map(|value| (value.to_owned(), "default".to_owned()));
    // The order of `Settings`: of a login's facts only the address precedes the fleet's.
    let in_force = match key {
        keys::URL => user.or(login).or(fleet),
        _ => user.or(fleet).or(login),
    };
    let (value, origin) = in_force.or(standard).unzip();
    Ok(Setting {
        key,
        value: value.map(|value| sanitise(&value)),
        origin: origin.map(|origin| sanitise(&origin)),
    })
}

/// The fact that the last login recorded.
fn recorded(login: &LoginRecord, key: &str) -> Option<String> {
    let account = login.account.as_ref();
    match key {
        keys::KEYCHAIN => login.keychain.clone(),
        keys::CREDENTIALS => login.credentials.clone(),
        keys::URL => account.map(|account| account.url.clone()),
        keys::KEY => account.map(|account| account.key.clone()),
        keys::KEY_FILE => account?.key_file.as_ref().map(|file| file.display().to_string()),
        _ => None,
    }
}

/// Every setting that holds one value.
pub fn all(system: &System) -> Result<Vec<Setting>, Failure> {
    keys::settable().map(|key| get(system, key.name)).collect()
}

/// Sets a key of the user's own file, or removes it.
pub fn set(system: &System, key: &str, value: Option<&str>) -> Result<PathBuf, Failure> {
    if let (keys::KEYCHAIN, Some(name)) = (key, value) {
        name.parse::<Choice>().map_err(|error| Failure::usage(error.to_string()))?;
    }
    if let (keys::CREDENTIALS, Some(name)) = (key, value) {
        name.parse::<LeaseStore>().map_err(|error| Failure::usage(error.to_string()))?;
    }
    edit::set(&system.files, key, value).map_err(|error| {
        let hint = format!("see docs/configuration.md, and the file: {}", error.path.display());
        Failure::from(error).renamed(format!("{key} is not changed")).hint(hint)
    })?;
    Ok(path(system))
}
