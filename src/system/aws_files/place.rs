//! The paths where AWS's CLI looks for the files.

use std::ffi::OsStr;
use std::path::Path;
use std::path::PathBuf;

use super::Kind;
use crate::system::Environment;

impl Kind {
    /// The variable that names the file.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Config => "AWS_CONFIG_FILE",
            Self::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
        }
    }

    fn usual(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Credentials => "credentials",
        }
    }
}

/// The file that the variable names, else the one in the home folder. `None` if the variable is set and empty: AWS's
/// CLI then treats the file as missing.
pub fn path(kind: Kind, environment: &Environment, home: &Path, working: &Path) -> Option<PathBuf> {
    match raw(environment, kind.variable()) {
        None => Some(home.join(".aws").join(kind.usual())),
        Some(named) if named.is_empty() => None,
        Some(named) => Some(working.join(match named.to_str() {
            Some(text) => expand(text, environment, home),
            None => PathBuf::from(named),
        })),
    }
}

/// A variable's raw value, even if it is empty.
fn raw<'a>(environment: &'a Environment, name: &str) -> Option<&'a OsStr> {
    environment.iter().find(|(known, _)| *known == OsStr::new(name)).map(|(_, value)| value)
}

/// Expands variables and then a leading `~`, as botocore does with Python's `expandvars` and `expanduser`. Unknown ones
/// stay as they are.
pub fn expand(path: &str, environment: &Environment, home: &Path) -> PathBuf {
    let mut path = expand_variables(path, environment);
    if cfg!(windows) {
        path = expand_percent(&path, environment);
    }
    let Some(rest) = path.strip_prefix('~') else { return PathBuf::from(path) };
    let separates = |character: char| character == '/' || (cfg!(windows) && character == '\\');
    let (user, rest) = rest.split_once(separates).unwrap_or((rest, ""));
    let own =
        user.is_empty() || ["USER", "LOGNAME"].iter().any(|variable| environment.get(variable) == Some(user));
    if own { home.join(rest.trim_start_matches(separates)) } else { PathBuf::from(path) }
}

fn expand_variables(text: &str, environment: &Environment) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        expanded.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let word = |character: char| character.is_ascii_alphanumeric() || character == '_';
                let name = &after[..after.find(|character| !word(character)).unwrap_or(after.len())];
                (name, name.len())
            }
        };
        match raw(environment, name).and_then(OsStr::to_str).filter(|_| !name.is_empty()) {
            Some(value) => expanded.push_str(value),
            None => expanded.push_str(&rest[at..=at + length]),
        }
        rest = &after[length..];
    }
    expanded.push_str(rest);
    expanded
}

/// Expands `%USERPROFILE%` and the like, as Python does on Windows.
fn expand_percent(text: &str, environment: &Environment) -> String {
    let mut parts = text.split('%');
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    let mut is_name = true;
    while let Some(part) = parts.next() {
        let value = environment.get(part).filter(|_| is_name && parts.clone().next().is_some());
        match value {
            Some(value) => {
                expanded.push_str(value);
                is_name = false;
            }
            None if is_name => {
                expanded.push('%');
                expanded.push_str(part);
            }
            None => {
                expanded.push_str(part);
                is_name = true;
            }
        }
    }
    expanded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_between_percent_signs_are_replaced_where_they_are_known() {
        let environment = Environment::of([("USERPROFILE", r"C:\Users\ana"), ("A", "a")]);
        for (text, expected) in [
            (r"%USERPROFILE%\.aws\config", r"C:\Users\ana\.aws\config"),
            ("%A%%A%", "aa"),
            ("x%A%y%A%z", "xayaz"),
            ("100%", "100%"),
            ("%NONE%/%A%", "%NONE%/a"),
            ("%A", "%A"),
            ("", ""),
        ] {
            assert_eq!(expand_percent(text, &environment), expected, "{text}");
        }
    }
}
