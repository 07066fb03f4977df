//! What a step tells the next ones: lines of `name=value` in the file that the runner names.

use std::fs::OpenOptions;
use std::io::Write;

use crate::config::inputs;
use crate::flow::Failure;
use crate::system::System;

/// Sets an output. Values hold nothing that could begin a line of its own.
pub(super) fn set(system: &System, name: &str, value: &str) -> Result<(), Failure> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@:".contains(&byte);
    if !value.bytes().all(fits) {
        return Err(Failure::failed(format!("the output {name} cannot be written in one line")));
    }
    let path = inputs::OUTPUT.read(&system.environment)?;
    let mut file = OpenOptions::new().append(true).create(true).open(&path).map_err(|error| lost(&error))?;
    file.write_all(format!("{name}={value}\n").as_bytes()).map_err(|error| lost(&error))
}

fn lost(error: &std::io::Error) -> Failure {
    Failure::failed("the step's outputs cannot be written").cause(error.to_string())
}
