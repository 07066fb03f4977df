//! The trait of a keychain. The stores are in `keychain/`; tests pass one in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;

use crate::secret::Secret;

/// Why a keychain operation failed. A missing item is not an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// The keychain exists but is locked, and nobody may be asked now.
    #[error("the keychain is locked")]
    Locked,
    /// There is no keychain service.
    #[error("there is no keychain here: {0}")]
    Absent(String),
    /// The keychain did not answer in time.
    #[error("the keychain did not answer within {0} seconds")]
    TimeOut(u64),
    /// Other `jit` commands used the keychain until the time limit.
    #[error("other jit commands kept the keychain busy for {0} seconds")]
    Busy(u64),
    /// The value does not fit, or the store is full.
    #[error("the keychain has no room: {0}")]
    Full(String),
    /// The stored value cannot be read back.
    #[error("the keychain's item is damaged: {0}")]
    Damaged(String),
    /// Another error of the store.
    #[error("the keychain failed: {0}")]
    Failed(String),
}

impl KeychainError {
    /// Advice on what to type next. A fallback is always chosen by name, never silently.
    pub fn hint(&self) -> Option<String> {
        let others = if cfg!(target_os = "linux") {
            "`--keychain keyutils`, `--keychain file` or `--keychain none`"
        } else {
            "`--keychain file` or `--keychain none`"
        };
        match self {
            Self::Locked => {
                Some(format!("unlock it and try again, or choose another: `jit login` with {others}"))
            }
            Self::Absent(_) | Self::TimeOut(_) => Some(format!("choose another: `jit login` with {others}")),
            Self::Busy(_) => Some("try again; `pgrep -a jit` shows the commands that run".to_owned()),
            Self::Full(_) => Some("end access that you no longer need: `jit end ROLE`".to_owned()),
            Self::Damaged(_) => Some("run `jit login` again".to_owned()),
            Self::Failed(_) => None,
        }
    }
}

/// A store of secrets by name. Calls may block on another process; the store itself limits their time.
pub trait Keychain: Send + Sync {
    /// The store's name in configuration and messages: `secret-service`, `keyutils`, `file` …
    fn name(&self) -> &'static str;

    /// Reads an item. `None` if there is none.
    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError>;

    /// Writes an item and replaces an existing one.
    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError>;

    /// Removes an item. A missing item is no error.
    fn delete(&self, item: &str) -> Result<(), KeychainError>;

    /// Writes an item that nobody needs after `expires`. A store that can forget by itself does so then; any other keeps
    /// the item.
    fn set_until(
        &self,
        item: &str,
        value: &Secret<Vec<u8>>,
        expires: Timestamp,
    ) -> Result<(), KeychainError> {
        let _ = expires;
        self.set(item, value)
    }

    /// The store's limit for this user, and how much of it is used. `None` if the store has no limit, or does not say.
    fn room(&self) -> Option<Room> {
        None
    }
}

/// The room of a store for one user, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The bytes in use.
    pub used: u64,
    /// The most that the user may have.
    pub limit: u64,
}

/// The keychain that a run uses.
#[derive(Clone)]
pub enum KeychainSource {
    /// The choice that the login recorded in the configuration. Opened only when needed.
    Recorded,
    /// The same, as on a machine without a desktop's keychain and without a kernel keyring. For tests.
    Headless,
    /// This one, whatever the configuration says. For tests and the demonstration.
    Given(Arc<dyn Keychain>),
}

/// The kernel's keyring of the user, which can hold credentials beside a keychain.
#[derive(Clone)]
pub enum KernelKeyring {
    /// This machine's. Only Linux has one.
    Machine,
    /// None. For tests and the demonstration.
    Absent,
    /// This one. For tests.
    Given(Arc<dyn Keychain>),
}

/// A keychain in memory. Its content ends with the process.
#[derive(Default)]
pub struct MemoryKeychain(Mutex<BTreeMap<String, Secret<Vec<u8>>>>);

impl MemoryKeychain {
    /// The names of all items, for tests that look for remains.
    pub fn items(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}

impl Keychain for MemoryKeychain {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(item).cloned())
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(item.to_owned(), value.clone());
        Ok(())
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(item);
        Ok(())
    }
}
