//! Locks this machine's `jit`: without a new login by the person, nobody here asks, reviews or fetches credentials.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::joining::logout;
use crate::flow::joining::logout::Left;
use crate::grant::Name;
use crate::state::index;
use crate::state::index::Entry;

/// The effect of a lock.
#[derive(Debug, Clone)]
pub struct Locked {
    /// Whether there was a login to end.
    pub had_login: bool,
    /// Why the broker was not told. `None` if it was, or if there was nothing to tell.
    pub untold: Option<Failure>,
    /// How many credentials were removed from this machine.
    pub removed: usize,
    /// The access that goes on, and until when.
    pub lives: Vec<Entry>,
    /// The agents of this person whose login on this machine ended too.
    pub agents: Vec<Name>,
}

/// The secrets and leases that are gone for one name.
struct Removed {
    count: usize,
    left: Option<Left>,
    lives: Vec<Entry>,
}

/// Removes every credential and the session from this machine, for the person and for each agent with a folder here. Then tells the
/// broker: one that does not answer leaves nothing to use here. Access that was given goes on: after the next login it is used again,
/// and `jit end` ends it.
///
/// # Errors
/// A secret could not be removed. All others are removed nevertheless, and the broker is told.
pub async fn lock(client: &Client<'_>) -> Result<Locked, Failure> {
    let mut failed = None;
    let own = remove(client, &mut failed);
    let mut locked = Locked {
        had_login: own.left.is_some(),
        untold: None,
        removed: own.count,
        lives: own.lives,
        agents: Vec::new(),
    };
    let mut left: Vec<Left> = own.left.into_iter().collect();
    for name in agents(client) {
        let system = client.system.as_agent(name.as_str());
        let removed = match Client::open(&system) {
            Ok(agent) => remove(&agent, &mut failed),
            Err(failure) => {
                failed = Some(failure);
                continue;
            }
        };
        locked.removed += removed.count;
        locked.lives.extend(removed.lives);
        if let Some(session) = removed.left {
            locked.agents.push(name);
            left.push(session);
        }
    }
    for session in left {
        locked.untold = session.tell().await.or(locked.untold);
    }
    failed.map_or(Ok(locked), Err)
}

/// The agents that have a folder on this machine. Agents have none themselves.
fn agents(client: &Client<'_>) -> Vec<Name> {
    let files = &client.system.files;
    let mut names = Vec::new();
    for folder in [&files.config, &files.state] {
        let Ok(entries) = std::fs::read_dir(folder.join("agents")) else { continue };
        let found = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        names.extend(found);
    }
    names.sort();
    names.dedup();
    names
}

/// Removes what one name has here. Goes on after a failure.
fn remove(client: &Client<'_>, failed: &mut Option<Failure>) -> Removed {
    let entries = index::read(&client.system.files).entries;
    let mut count = 0;
    match client.vault_if_any() {
        Err(failure) => *failed = Some(failure),
        Ok(vault) => {
            for entry in &entries {
                let held = match &entry.id {
                    Some(id) => vault.lease(id).map(|lease| lease.is_some()),
                    None => vault.direct(&entry.role).map(|lease| lease.is_some()),
                };
                let dropped = match &entry.id {
                    Some(id) => vault.drop_lease(id),
                    None => vault.drop_direct(&entry.role),
                };
                match dropped {
                    // One that a newer version wrote cannot be read, and goes too.
                    Ok(()) => count += usize::from(held.unwrap_or(true)),
                    Err(failure) => *failed = Some(failure),
                }
            }
        }
    }
    let left = match logout::forget(client) {
        Ok(left) => Some(left),
        Err(failure) => {
            if failure.kind != Kind::NotLoggedIn {
                *failed = Some(failure);
            }
            None
        }
    };
    let now = client.now();
    let lives = entries.into_iter().filter(|entry| entry.is_active(now)).collect();
    Removed { count, left, lives }
}
