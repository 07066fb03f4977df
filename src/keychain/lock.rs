//! One lock a grant, round login and mint only. Whoever waits is told for whom; a killed holder frees it.

use std::io;
use std::time::Duration;

use crate::grant::text::sanitise;
use crate::system::System;
use crate::system::files;

/// How often the lock is tried.
const POLL: Duration = Duration::from_millis(100);
/// When the person is told who holds it.
const SAY_AFTER: Duration = Duration::from_secs(1);
/// When waiting ends, where nothing else is said. A broker's mint is bounded to less.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// Why the lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has held it for too long.
    #[error("{} has been working on {name} for more than {seconds} seconds", holder_text(*holder))]
    Held {
        /// What the lock protects.
        name: String,
        /// The process that holds it, as far as is known.
        holder: Option<u32>,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The lock's file cannot be used.
    #[error("the lock file cannot be used: {0}")]
    File(#[from] io::Error),
}

impl LockError {
    /// What to type next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Held { holder: Some(process), .. } => {
                Some(format!("wait for it, or see what it does: `ps -p {process}`"))
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

/// Takes the lock of this name, waiting at most 30 seconds. After one second `on_wait` hears which process holds it.
/// Never hold it while a person is asked something; read the cache again after getting it.
pub async fn hold(
    system: &System,
    name: &str,
    on_wait: impl FnOnce(Option<u32>) + Send,
) -> Result<Held, LockError> {
    hold_within(system, name, GIVE_UP_AFTER, on_wait).await
}

/// The same, waiting at most for `limit`: for work that takes its holder longer.
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

/// A file name on every platform. Two names that fall together share a lock, which only costs waiting.
fn spell(name: &str) -> String {
    let safe = |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '@');
    let spelled: String = name.chars().map(|c| if safe(c) { c } else { '_' }).collect();
    spelled.chars().take(120).collect()
}
