//! Environment variables as they were when the process started.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::ffi::OsString;

/// A snapshot of environment variables. Children get a changed copy. The process's own variables are never changed.
///
/// On Windows `Path` and `PATH` are one variable: each keeps the spelling of its first writer.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<OsString, OsString>,
    ignores_case: bool,
}

/// Whether the system takes `Path` and `PATH` for one variable.
const IGNORES_CASE: bool = cfg!(windows);

impl Default for Environment {
    fn default() -> Self {
        Self { variables: BTreeMap::new(), ignores_case: IGNORES_CASE }
    }
}

impl Environment {
    /// The variables with which this process was started.
    pub fn of_process() -> Self {
        let mut environment = Self::default();
        std::env::vars_os().for_each(|(name, value)| environment.set(name, value));
        environment
    }

    /// An environment of only these variables.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        let mut environment = Self::default();
        variables.into_iter().for_each(|(name, value)| environment.set(name, value));
        environment
    }

    /// The value of a variable, if it is set, not empty, and valid UTF-8.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = match self.spelling(OsStr::new(name)) {
            Some(spelling) => self.variables.get(&spelling),
            None => self.variables.get(OsStr::new(name)),
        };
        value.and_then(|value| value.to_str()).filter(|value| !value.is_empty())
    }

    /// Sets a variable in this copy.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) {
        let name = name.into();
        self.variables.insert(self.spelling(&name).unwrap_or(name), value.into());
    }

    /// Removes a variable from this copy.
    pub fn remove(&mut self, name: &str) {
        let name = OsStr::new(name);
        match self.spelling(name) {
            Some(spelling) => self.variables.remove(&spelling),
            None => self.variables.remove(name),
        };
    }

    /// Every variable, in order of names, even those that are not valid UTF-8.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Another spelling under which the variable is set. `None` if it is spelled so or not set.
    fn spelling(&self, name: &OsStr) -> Option<OsString> {
        if !self.ignores_case || self.variables.contains_key(name) {
            return None;
        }
        self.variables.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Windows itself spells it `Path`; a child with two of them may find either.
    #[test]
    fn a_variable_of_windows_is_one_whatever_its_case() {
        let mut environment = Environment { variables: BTreeMap::new(), ignores_case: true };
        environment.set("Path", "one");
        assert_eq!(environment.get("PATH"), Some("one"));
        environment.set("PATH", "two");
        assert_eq!(environment.iter().collect::<Vec<_>>(), [(OsStr::new("Path"), OsStr::new("two"))]);
        environment.remove("path");
        assert_eq!(environment.iter().count(), 0);
        let mut environment = Environment { variables: BTreeMap::new(), ignores_case: false };
        environment.set("Path", "one");
        assert_eq!(environment.get("PATH"), None);
    }
}
