//! Both files together, like botocore's `session.full_config`.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use super::File;
use super::Kind;
use super::Settings;
use super::Value;
use super::ini::Malformed;
use super::path;
use crate::system::Environment;
use crate::system::Files;
use crate::system::files;

/// Both files of the user.
#[derive(Debug, Clone, Default)]
pub struct AwsFiles {
    /// Each profile of either file.
    pub profiles: BTreeMap<String, Profile>,
    /// The config file alone.
    pub config: File,
    /// The credentials file alone.
    pub credentials: File,
    config_path: PathBuf,
    credentials_path: PathBuf,
}

/// A profile: its settings in both files. Those of the credentials file win.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    settings: Settings,
}

/// Why AWS's CLI rejects a whole file.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {why}", path.display(), line.map_or_else(String::new, |line| format!(":{line}")))]
pub struct Unreadable {
    /// The file.
    pub path: PathBuf,
    /// The wrong line, if there is one.
    pub line: Option<usize>,
    /// The mistake.
    pub why: String,
}

impl AwsFiles {
    /// Reads both files. A missing file is empty.
    ///
    /// # Errors
    /// AWS's CLI rejects one of them.
    pub fn read(environment: &Environment, places: &Files) -> Result<Self, Unreadable> {
        let (home, working) = (&places.home, &places.working);
        let (config, config_path) = read(Kind::Config, environment, home, working)?;
        let (credentials, credentials_path) = read(Kind::Credentials, environment, home, working)?;
        Ok(Self { config_path, credentials_path, ..Self::of(config, credentials) })
    }

    /// Combines both files after they were parsed.
    pub fn of(config: File, credentials: File) -> Self {
        let mut profiles: BTreeMap<String, Profile> = BTreeMap::new();
        for (name, settings) in config.profiles.iter().chain(&credentials.profiles) {
            let settings = settings.iter().map(|(name, value)| (name.clone(), value.clone()));
            profiles.entry(name.clone()).or_default().settings.extend(settings);
        }
        Self { profiles, config, credentials, ..Self::default() }
    }

    /// The position of a setting, as `FILE:LINE`.
    pub fn place(&self, kind: Kind, line: usize) -> String {
        let path = match kind {
            Kind::Config => &self.config_path,
            Kind::Credentials => &self.credentials_path,
        };
        format!("{}:{line}", path.display())
    }

    /// The config file's path, for people.
    pub fn config_path(&self) -> &Path {
        &self.config_path
    }
}

impl Profile {
    /// Each setting, by name.
    pub fn settings(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.settings.iter()
    }

    /// A setting's value.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.settings.get(name)
    }

    /// A setting without a trailing comment; see [`Value::plain`]. `None` for blocks and empty values.
    pub fn plain(&self, name: &str) -> Option<&str> {
        self.settings
            .get(name)
            .filter(|value| !value.is_block())
            .map(Value::plain)
            .filter(|text| !text.is_empty())
    }

    /// A setting as AWS's CLI reads it. `None` for blocks and empty values.
    pub fn whole(&self, name: &str) -> Option<&str> {
        self.settings
            .get(name)
            .filter(|value| !value.is_block())
            .map(Value::whole)
            .filter(|text| !text.is_empty())
    }
}

/// Reads one file. Like the CLI, it ignores anything but a regular file, so that it never waits for a pipe.
///
/// # Errors
/// AWS's CLI rejects it.
pub fn read(
    kind: Kind,
    environment: &Environment,
    home: &Path,
    working: &Path,
) -> Result<(File, PathBuf), Unreadable> {
    let Some(path) = path(kind, environment, home, working) else { return Ok(Default::default()) };
    if !path.is_file() {
        return Ok((File::default(), path));
    }
    let unreadable = |line, why: String| Unreadable { path: path.clone(), line, why };
    let bytes = files::read(&path).map_err(|error| unreadable(None, error.to_string()))?.unwrap_or_default();
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        unreadable(Some(line), "this line is not UTF-8 text".to_owned())
    })?;
    match super::parse(&text, kind) {
        Ok(file) => Ok((file, path)),
        Err(Malformed { line, why }) => Err(unreadable(Some(line), why.to_owned())),
    }
}
