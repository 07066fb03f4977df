use std::ffi::OsString;

use clap::Args;
use clap::ValueEnum;

use crate::gate::Gates;
use crate::gate::call;
use crate::state::index;
use crate::state::index::Index;
use crate::state::index::KnownRole;
use crate::state::index::Newer;
use crate::system::Files;
use crate::system::System;
use crate::system::processes;

/// The exit code that blocks a call. Clients let one through after any other code but 0, which has no opinion.
const BLOCKED: u8 = 2;

/// Tell a coding agent's client which commands need a role
#[derive(Debug, Args)]
#[command(
    long_about = "Tell a coding agent's client which commands need a role.

The client starts this before each call of a tool, with the call on standard input. jit blocks a command that the policy names \
in a `gate`, or that names a role's profile, context or account, and says how to ask. Everything else is left to the client. jit \
reads one small file, without network and keychain. A call that cannot be read is blocked. `jit setup agents` prints the settings.",
    after_long_help = "Examples:
  jit setup agents claude
  jit hook claude < call.json
  jit hook codex < call.json"
)]
pub struct Hook {
    /// The client
    #[arg(value_enum, value_name = "CLIENT")]
    client: ClientName,
}

/// A client with hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClientName {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
}

impl Hook {
    pub(super) fn run(self, system: &System) -> u8 {
        // Both send the same members, and take the same two answers.
        match self.client {
            ClientName::Claude | ClientName::Codex => answer(system),
        }
    }
}

/// Prepares this process for a command line, before anything else runs: a panic of `jit hook` ends it with the code that blocks the
/// call. Programs that do not unwind end so, too, because the hook of a panic runs before they abort.
pub fn guard(arguments: &[OsString]) {
    if arguments.first().is_some_and(|first| first == "hook") {
        processes::exit_on_panic(i32::from(BLOCKED));
    }
}

/// The exit code for `jit hook CLIENT`, without the argument parser. `None` for any other command line.
pub(super) fn fast(arguments: &[OsString], system: &System) -> Option<u8> {
    let [first, client] = arguments else { return None };
    let is_known = first == "hook" && (client == "claude" || client == "codex");
    is_known.then(|| answer(system))
}

fn answer(system: &System) -> u8 {
    match judge(system) {
        Ok(None) => 0,
        Ok(Some(sentence)) => block(system, &sentence),
        Err(problem) => {
            block(system, &format!("jit: the call is blocked, because jit cannot judge it: {problem}"))
        }
    }
}

fn block(system: &System, reason: &str) -> u8 {
    system.console.line(reason);
    BLOCKED
}

fn judge(system: &System) -> Result<Option<String>, String> {
    let input = system.console.read_input(call::MOST).map_err(|error| format!("standard input: {error}"))?;
    let mut index = sound(&system.files)?;
    // An agent's name takes nothing away from what its owner's roles block.
    if let Some(state) = &system.files.owner_state {
        let owner = sound(&Files { state: state.clone(), ..system.files.clone() })?;
        owner.roles.into_iter().for_each(|role| add(&mut index.roles, role));
        index.gate.extend(owner.gate);
    }
    call::answer(&Gates::of(&index.roles, &index.gate), &input)
}

/// The index, if it is whole.
fn sound(files: &Files) -> Result<Index, String> {
    let index = index::read(files);
    // Roles that were left out would let their commands through.
    if let Some(damage) = index.damage {
        return Err(format!("{damage}; type `jit roles`"));
    }
    if let Newer::File(_) = index.newer {
        return Err(index.newer.words().unwrap_or_default());
    }
    Ok(index)
}

/// Adds a role, or to the same role the commands and names that it lacks.
fn add(roles: &mut Vec<KnownRole>, role: KnownRole) {
    let is_same = |other: &&mut KnownRole| other.name == role.name && other.place == role.place;
    match roles.iter_mut().find(is_same) {
        Some(known) => {
            known.gate.extend(role.gate);
            known.aliases.extend(role.aliases);
        }
        None => roles.push(role),
    }
}
