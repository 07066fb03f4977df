//! Environment variables as they were when the process started.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;

/// A snapshot of environment variables. Children get a changed copy. The process's own variables are never changed.
#[derive(Debug, Clone, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// The variables with which this process was started.
    pub fn of_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// An environment of only these variables.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of a variable, if it is set, not empty, and valid UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(OsStr::new(name)).and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// Sets a variable in this copy.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        self.0.insert(name.into(), value.into());
    }

    /// Removes a variable from this copy.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(OsStr::new(name));
    }

    /// Every variable, in order of names, even those that are not valid UTF-8.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}
