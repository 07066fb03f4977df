//! Notices through programs on the broker's machine.

use std::ffi::OsString;

use super::TRY;
use crate::broker::shared::Shared;
use crate::system::Environment;
use crate::system::processes::Command;

/// Runs a program with the notice on its standard input and a minimal environment.
pub(super) async fn run(shared: &Shared, command: &[String], body: &[u8]) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("the command is empty")?;
    let mut environment = Environment::default();
    for name in ["PATH", "HOME", "LANG", "TZ"] {
        if let Some(value) = shared.system.environment.get(name) {
            environment.set(name, value);
        }
    }
    let command = Command {
        program: OsString::from(program),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment,
    };
    let output = shared.system.processes.run_collected(&command, body, TRY).await;
    match output.map_err(|error| error.to_string())?.code {
        0 => Ok(()),
        code => Err(format!("it ended with code {code}")),
    }
}
