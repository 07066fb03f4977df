//! The trait of a keychain. The stores are in `keychain/`; tests pass one in memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

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
