//! One settings file: `config.toml` of the user or of the fleet.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use serde::Deserialize;
use serde_spanned::Spanned;

use super::ConfigError;
use super::authority_address;
use super::broker_address;
use super::direct;
use super::direct::DirectRole;
use crate::grant::Name;
use crate::grant::span::Span;
use crate::system::files;

/// The validated settings of one file.
#[derive(Default)]
pub(super) struct Checked {
    pub url: Option<String>,
    pub api: Option<String>,
    pub client_id: Option<String>,
    pub key: Option<String>,
    pub key_file: Option<PathBuf>,
    pub keychain: Option<String>,
    pub credentials: Option<String>,
    pub duration: Option<Span>,
    pub bell: Option<bool>,
    pub roles: BTreeMap<Name, DirectRole>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigFile {
    keychain: Option<String>,
    credentials: Option<String>,
    bell: Option<bool>,
    authority: Option<AuthorityTable>,
    defaults: Option<DefaultsTable>,
    #[serde(default)]
    roles: BTreeMap<Name, direct::RoleTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityTable {
    url: Option<Spanned<String>>,
    api: Option<Spanned<String>>,
    client_id: Option<Spanned<String>>,
    key: Option<String>,
    key_file: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultsTable {
    duration: Option<Span>,
}

/// Reads and validates one file. A missing file is empty.
pub(super) fn read(path: &Path, home: &Path) -> Result<Checked, ConfigError> {
    let Some(bytes) = files::read(path).map_err(|error| ConfigError::of_file(path, &error))? else {
        return Ok(Checked::default());
    };
    parse(path, &text(path, bytes)?, home)
}

/// The file's content as text.
pub(super) fn text(path: &Path, bytes: Vec<u8>) -> Result<String, ConfigError> {
    String::from_utf8(bytes)
        .map_err(|error| ConfigError::at(path, "", error.utf8_error().valid_up_to(), "it is not UTF-8 text"))
}

/// Validates the text of one file.
pub(super) fn parse(path: &Path, source: &str, home: &Path) -> Result<Checked, ConfigError> {
    let parsed: ConfigFile =
        toml::from_str(source).map_err(|error| ConfigError::of_toml(path, source, &error))?;
    let mut checked = Checked {
        keychain: parsed.keychain,
        credentials: parsed.credentials,
        bell: parsed.bell,
        ..Checked::default()
    };
    if let Some(authority) = parsed.authority {
        checked.url = authority.url.map(|url| address(path, source, &url)).transpose()?;
        checked.api = authority.api.map(|api| api_address(path, source, &api)).transpose()?;
        checked.client_id = authority.client_id.map(|id| client_id(path, source, &id)).transpose()?;
        checked.key = authority.key;
        checked.key_file = authority.key_file.map(|file| from_home(&file, home));
    }
    checked.duration = parsed.defaults.and_then(|defaults| defaults.duration);
    for (name, table) in parsed.roles {
        let role = table.check(direct::Around { path, source, home }, name.clone())?;
        checked.roles.insert(name, role);
    }
    Ok(checked)
}

fn address(path: &Path, source: &str, url: &Spanned<String>) -> Result<String, ConfigError> {
    authority_address(url.get_ref()).map_err(|cause| {
        let message = format!("{:?} is not an authority's address: {cause}", url.get_ref());
        ConfigError::at(path, source, url.span().start, &message)
    })
}

/// Validates the address of GitHub's API. It has the form of a broker's address: https, or http on this machine.
fn api_address(path: &Path, source: &str, api: &Spanned<String>) -> Result<String, ConfigError> {
    broker_address(api.get_ref()).map_err(|cause| {
        let message = format!("{:?} is not the address of a GitHub API: {cause}", api.get_ref());
        ConfigError::at(path, source, api.span().start, &message)
    })
}

fn client_id(path: &Path, source: &str, id: &Spanned<String>) -> Result<String, ConfigError> {
    let text = id.get_ref();
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if fits {
        Ok(text.clone())
    } else {
        Err(ConfigError::at(path, source, id.span().start, "this is not the client id of an OAuth app"))
    }
}

/// Expands `~/` at the beginning of a path to the home folder, as ssh's configuration does.
pub(super) fn from_home(path: &str, home: &Path) -> PathBuf {
    path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |rest| home.join(rest))
}
