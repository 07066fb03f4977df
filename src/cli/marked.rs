//! The commands that do not run in a command of `jit mcp`: those that decide, those that change keys or logins, and a second
//! `jit mcp`. Those that use access check the role themselves.

use super::arguments::ClientCommand;
use super::arguments::Command;
#[cfg(feature = "mcp")]
use super::arguments::OwnCommand;
use crate::flow::Failure;
use crate::flow::using::within;
use crate::system::System;

/// The refusal of a command, where an agent's command types it.
pub fn refusal(command: Option<&Command>, system: &System) -> Option<Failure> {
    let name = refused(command?)?;
    within::is_command(system)
        .then(|| within::refusal(&format!("`jit {name}` does not run in a command of `jit mcp`")))
}

fn refused(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Client(ClientCommand::Approve(_)) => "approve",
        Command::Client(ClientCommand::Deny(_)) => "deny",
        Command::Client(ClientCommand::Revoke(_)) => "revoke",
        Command::Client(ClientCommand::Web(_)) => "web",
        Command::Client(ClientCommand::BreakGlass(_)) => "break-glass",
        Command::Client(ClientCommand::Key(_)) => "key",
        Command::Client(ClientCommand::Agent(_)) => "agent",
        Command::Client(ClientCommand::Login(_)) => "login",
        Command::Client(ClientCommand::Logout(_)) => "logout",
        #[cfg(feature = "mcp")]
        Command::Own(OwnCommand::Mcp(_)) => "mcp",
        Command::Client(_) | Command::Own(_) | Command::Immediate(_) => return None,
    })
}
