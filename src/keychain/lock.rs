//! One lock per grant, held only during login and mint. A waiting process is told for whom it waits. A killed holder
//! frees it.

use std::io;
use std::time::Duration;

use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::files;

/// How often to try the lock.
const POLL: Duration = Duration::from_millis(100);
/// After how long the person is told who holds the lock.
const SAY_AFTER: Duration = Duration::from_secs(1);
/// The default limit for waiting. A broker's mint has a shorter limit.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process held it for too long.
    #[error("{} has been working on {name} for more than {seconds} seconds", holder_text(*holder))]
    Held {
        /// The name of what the lock protects.
        name: String,
        /// The process that holds it, if known.
        holder: Option<u32>,
        /// The time waited, in seconds.
        seconds: u64,
    },
    /// The lock file cannot be used.
    #[error("the lock file cannot be used: {0}")]
    File(#[from] io::Error),
}

impl LockError {
    /// The command to try next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Held { holder: Some(process), .. } => {
                let list = if cfg!(windows) { "Get-Process -Id" } else { "ps -p" };
                Some(format!("wait for it, or see what it does: `{list} {process}`"))
            }
            Self::Held { holder: None, .. } => Some("wait for it, then try again".to_owned()),
            Self::File(_) => Some("check the permissions of the state folder: `jit doctor`".to_owned()),
        }
    }
}

fn holder_text(holder: Option<u32>) -> String {
    holder.map_or_else(|| "another jit".to_owned(), |process| format!("another jit (process {process})"))
}

/// The lock, held until dropped.
#[derive(Debug)]
#[must_use = "the lock is free again when this is dropped"]
pub struct Held(#[expect(dead_code, reason = "held for its drop")] files::Lock);

/// Takes the lock of this name, waiting at most 30 seconds. After one second `on_wait` receives the process that holds
/// it. Never hold it during a prompt, and read the cache again after taking it.
pub async fn hold(
    system: &System,
    name: &str,
    on_wait: impl FnOnce(Option<u32>) + Send,
) -> Result<Held, LockError> {
    hold_within(system, name, GIVE_UP_AFTER, on_wait).await
}

/// As [`hold`], but waits at most for `limit`: for longer work.
pub async fn hold_within(
    system: &System,
    name: &str,
    limit: Duration,
    on_wait: impl FnOnce(Option<u32>) + Send,
) -> Result<Held, LockError> {
    let path = system.files.state.join("locks").join(format!("{}.lock", spell(name)));
    let mut waited = Duration::ZERO;
    let mut on_wait = Some(on_wait);
    loop {
        if let Some(lock) = files::Lock::try_take(&path)? {
            return Ok(Held(lock));
        }
        if waited >= limit {
            let (name, holder) = (sanitise(name), files::Lock::holder(&path));
            return Err(LockError::Held { name, holder, seconds: limit.as_secs() });
        }
        if waited >= SAY_AFTER
            && let Some(on_wait) = on_wait.take()
        {
            on_wait(files::Lock::holder(&path));
        }
        system.clock.sleep(POLL).await;
        waited += POLL;
    }
}

/// A file name that is valid on every platform. Two names with the same spelling share a lock, which only costs
/// waiting.
fn spell(name: &str) -> String {
    let safe = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '@');
    let spelled: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    spelled.chars().take(120).collect()
}
