//! The person's browser: whether there is one here, and the command that opens an address in it.

use std::ffi::OsString;

use crate::system::Environment;
use crate::system::System;
use crate::system::processes::Command;

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
