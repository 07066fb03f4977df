//! The commands that are a person's. An agent that is known by its marks decides nothing. A command of `jit mcp` changes no keys or
//! logins either, and starts no second `jit mcp`. Commands that use access check the role themselves.

use super::arguments::ClientCommand;
use super::arguments::Command;
#[cfg(feature = "mcp")]
use super::arguments::OwnCommand;
use crate::flow::Failure;
use crate::flow::asking::attendance;
use crate::flow::using::within;
use crate::system::System;

/// The refusal of a command, where an agent or its command types it.
pub fn refusal(command: Option<&Command>, system: &System) -> Option<Failure> {
    let command = command?;
    if within::is_command(system) {
        let name = deciding(command).or_else(|| changing(command))?;
        return Some(within::refusal(&format!("`jit {name}` does not run in a command of `jit mcp`")));
    }
    let (name, mark) = (deciding(command)?, attendance::agent(&system.environment)?);
    Some(
        Failure::refused(format!("an agent does not type `jit {name}`"))
            .cause(format!("{mark} says that a coding agent runs this, and only a person decides"))
            .hint("a person types it in a terminal of their own"),
    )
}

fn deciding(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Client(ClientCommand::Approve(_)) => "approve",
        Command::Client(ClientCommand::Deny(_)) => "deny",
        Command::Client(ClientCommand::Revoke(_)) => "revoke",
        Command::Client(ClientCommand::BreakGlass(_)) => "break-glass",
        Command::Client(_) | Command::Own(_) | Command::Immediate(_) => return None,
    })
}

fn changing(command: &Command) -> Option<&'static str> {
    Some(match command {
        Command::Client(ClientCommand::Web(_)) => "web",
        Command::Client(ClientCommand::Key(_)) => "key",
        Command::Client(ClientCommand::Agent(_)) => "agent",
        Command::Client(ClientCommand::Login(_)) => "login",
        Command::Client(ClientCommand::Logout(_)) => "logout",
        #[cfg(feature = "mcp")]
        Command::Own(OwnCommand::Mcp(_)) => "mcp",
        Command::Client(_) | Command::Own(_) | Command::Immediate(_) => return None,
    })
}
