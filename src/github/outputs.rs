//! Outputs of a step for later steps: lines of `name=value` in the file that the runner names.

use std::fs::OpenOptions;
use std::io::Write;

use crate::config::inputs;
use crate::config::inputs::InputError;
use crate::system::System;

/// Why an output is not set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputError {
    /// The runner names no file.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The value would not stay in its line.
    #[error("the output {0} cannot be written in one line")]
    Lines(String),
    /// The file cannot be written.
    #[error("the step's outputs cannot be written")]
    File(String),
}

/// Sets an output. Values hold nothing that could begin a line of its own.
///
/// # Errors
/// The value has other characters, or the runner's file cannot be written.
pub fn set(system: &System, name: &str, value: &str) -> Result<(), OutputError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@:".contains(&byte);
    if !value.bytes().all(fits) {
        return Err(OutputError::Lines(name.to_owned()));
    }
    let path = inputs::OUTPUT.read(&system.environment)?;
    let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(|error| lost(&error))?;
    file.write_all(format!("{name}={value}\n").as_bytes()).map_err(|error| lost(&error))
}

fn lost(error: &std::io::Error) -> OutputError {
    OutputError::File(error.to_string())
}
