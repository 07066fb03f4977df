//! Locks this machine's `jit`: without a new login by the person, nobody here asks, reviews or fetches credentials.

use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::Kind;
use crate::flow::joining::logout;
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
}

/// Ends the session, and removes every credential from this machine. Access that was given goes on: after the next login it is
/// used again, and `jit end` ends it.
///
/// # Errors
/// A secret could not be removed. All others are removed nevertheless.
pub async fn lock(client: &Client<'_>) -> Result<Locked, Failure> {
    let (had_login, untold) = match logout::logout(client).await {
        Ok(untold) => (true, untold),
        Err(failure) if failure.kind == Kind::NotLoggedIn => (false, None),
        Err(failure) => return Err(failure),
    };
    let vault = client.vault_if_any()?;
    let (mut removed, mut failed) = (0, None);
    let entries = index::read(&client.system.files).entries;
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
            Ok(()) => removed += usize::from(held.unwrap_or(true)),
            Err(failure) => failed = Some(failure),
        }
    }
    if let Some(failure) = failed {
        return Err(failure);
    }
    let now = client.now();
    let lives = entries.into_iter().filter(|entry| entry.is_active(now)).collect();
    Ok(Locked { had_login, untold, removed, lives })
}
