//! A mistake in a settings file, and its position.

use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::grant::text;

/// The error for a settings file that does not load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Line and column of the mistake, from 1, if it is in the text.
    pub position: Option<(usize, usize)>,
    /// The mistake.
    pub message: String,
    /// How to fix it.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.path.display())?;
        if let Some((line, column)) = self.position {
            write!(formatter, "{line}:{column}:")?;
        }
        write!(formatter, " {}", self.message)
    }
}

impl std::error::Error for ConfigError {}

impl ConfigError {
    /// A mistake at this byte of the file's text.
    pub fn at(path: &Path, source: &str, offset: usize, message: &str) -> Self {
        Self {
            path: path.to_owned(),
            position: Some(position(source, offset)),
            message: text::sanitise(message),
            hint: None,
        }
    }

    /// A mistake that TOML itself found.
    pub fn of_toml(path: &Path, source: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        let first = error.message().lines().next().unwrap_or_default();
        Self::at(path, source, offset, first)
    }

    /// The error for a file that cannot be read or written.
    pub fn of_file(path: &Path, error: &io::Error) -> Self {
        Self { path: path.to_owned(), position: None, message: error.to_string(), hint: None }
    }

    /// Adds how to fix it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Line and column of a byte, from 1.
fn position(source: &str, offset: usize) -> (usize, usize) {
    let before = source.get(..offset.min(source.len())).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
