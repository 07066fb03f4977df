//! The person's browser: whether there is one here, and the command that opens an address in it.

use std::ffi::OsString;
use std::time::Duration;

use crate::deliver::handover::Handover;
use crate::secret::Secret;
use crate::system::Environment;
use crate::system::System;
use crate::system::processes::Command;

/// The time limit for the program that opens a browser. One that becomes the browser itself takes longer, and is left
/// running.
pub(in crate::flow) const PATIENCE: Duration = Duration::from_secs(5);

/// The command that opens an address in the person's browser.
pub(in crate::flow) fn command(system: &System, address: &str) -> Command {
    let (program, before): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        // Not `cmd /c start`, which treats `&` as the end of the command.
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let arguments = before.iter().map(OsString::from).chain([OsString::from(address)]).collect();
    Command { program: program.into(), arguments, environment: system.environment.clone() }
}

/// Whether a browser on this machine can be expected to open and to reach a port here: the person is not connected by
/// SSH, and on Linux (also in a container and in WSL) there is a display.
pub(in crate::flow) fn is_here(environment: &Environment) -> bool {
    let is_remote = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| environment.get(name).is_some());
    let has_display = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| environment.get(name).is_some());
    !is_remote && (cfg!(any(target_os = "macos", windows)) || has_display)
}

/// Opens the browser on an address of this machine that redirects once: other users can read the opener's arguments.
pub(in crate::flow) async fn open(system: &System, address: &str) -> Result<Option<Handover>, String> {
    let handover = Handover::open(&Secret::from(address), &system.clock, system.entropy.as_ref())
        .await
        .map_err(|error| error.to_string())?;
    let command = command(system, handover.url().expose());
    let program = command.program.to_string_lossy().into_owned();
    match system.processes.launch(&command, PATIENCE).await {
        Ok(Some(0) | None) => Ok(Some(handover)),
        Ok(Some(code)) => Err(format!("{program} ended with exit code {code}")),
        Err(error) => Err(format!("{program} did not start: {error}")),
    }
}
