//! `jit` in a command that `jit mcp` runs: it decides nothing, and uses no other access than the command's.
//!
//! This stops accidents. A command runs as its person, and one that wants to gets round it.

use crate::config::variables;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::namesakes;
use crate::grant::Name;
use crate::system::Environment;
use crate::system::System;

/// The mark, and its value.
const MARK: &str = "JIT_RUN_BY";
const MCP: &str = "mcp";
/// Variables that lead to what signs as the person.
const SIGNING: [&str; 2] = ["SSH_AUTH_SOCK", "SSH_AGENT_PID"];
/// The variable that leads to the session bus, behind which the person's keychain and service manager are.
const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";
/// An address of no bus. Without one, programs look in XDG_RUNTIME_DIR.
const NO_BUS: &str = "disabled:";

/// Marks the environment of a command of `jit mcp`, and takes out what signs or opens as the person.
pub(super) fn withhold(environment: &mut Environment) {
    SIGNING.into_iter().for_each(|name| environment.remove(name));
    if environment.get(BUS).is_some() || environment.get("XDG_RUNTIME_DIR").is_some() {
        environment.set(BUS, NO_BUS);
    }
    environment.set(MARK, MCP);
}

/// Whether this process belongs to a command of `jit mcp`.
pub fn is_command(system: &System) -> bool {
    system.environment.iter().any(|(name, _)| name == MARK)
}

/// The refusal of something that such a command must not do.
pub fn refusal(what: &str) -> Failure {
    Failure::refused(what)
        .cause(format!("{MARK} says that a coding agent runs this, by `jit mcp`"))
        .hint("a person types it in a terminal of their own")
}

/// Refuses a role that is not the command's own.
pub(super) fn check(client: &Client<'_>, role: &Name) -> Result<(), Failure> {
    let system = client.system;
    if !is_command(system) {
        return Ok(());
    }
    let own = system.environment.get(variables::GRANT);
    let is_own = |name: &Name| own == Some(name.as_str());
    let named = namesakes::of_authority(client, role);
    if is_own(named.as_ref().unwrap_or(role)) && !client.settings.roles.contains_key(role) {
        return Ok(());
    }
    Err(refusal(&format!("a command under another role does not use {role}")))
}
