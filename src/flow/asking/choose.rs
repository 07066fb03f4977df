//! The role that a command uses if none is named: `JIT_ROLE`, the only active grant, or a picker. Otherwise an error
//! names the choices. `.jit.toml` never decides here.

use crate::config::variables;
use crate::flow::Client;
use crate::flow::Failure;
use crate::grant::Name;
use crate::grant::span::time_left;
use crate::prompt::segment;
use crate::state::index::Entry;

/// The role for a command that uses access.
pub fn role(client: &Client<'_>, named: Option<Name>) -> Result<Name, Failure> {
    if let Some(named) = named {
        return Ok(named);
    }
    if let Some(set) = client.system.environment.get(variables::ROLE) {
        return set.parse().map_err(|error| {
            Failure::usage(format!("{} does not name a role", variables::ROLE)).cause(format!("{error}"))
        });
    }
    let now = client.now();
    let entries = client.index();
    let mut active: Vec<&Entry> = segment::active(&entries, now);
    // Enter takes the first choice. In a shell with access, that is the shell's own role.
    let own = client.system.environment.get(variables::GRANT);
    active.sort_by_key(|entry| Some(entry.role.as_str()) != own);
    match active.as_slice() {
        [] => {
            if client.settings.roles.is_empty() {
                // Without a login there is no role to name.
                client.account()?;
            }
            Err(Failure::usage("no role is named, and no access is active")
                .hint("name the role: `jit exec ROLE -- …`; `jit roles` lists what you may ask for"))
        }
        [only] => Ok(only.role.clone()),
        several if client.console().is_interactive() => {
            let choices: Vec<String> = several
                .iter()
                .map(|entry| {
                    let here = if Some(entry.role.as_str()) == own { ", this shell's" } else { "" };
                    format!("{}  {} left{here}", entry.role, time_left(now, entry.until))
                })
                .collect();
            let chosen = client.console().choose("Which access?", &choices)?;
            several
                .get(chosen)
                .map(|entry| entry.role.clone())
                .ok_or_else(|| Failure::usage("no role was chosen"))
        }
        several => {
            let names: Vec<&str> = several.iter().map(|entry| entry.role.as_str()).collect();
            Err(Failure::usage("no role is named, and several are active")
                .cause(format!("active are {}", names.join(", ")))
                .hint(format!("name one, or set {}", variables::ROLE)))
        }
    }
}
