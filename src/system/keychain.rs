//! The trait of a keychain. The stores themselves live in `keychain/`; tests hand in one of memory.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::secret::Secret;

/// Why a keychain did not do as asked. A missing item is not an error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// The keychain is there but locked, and nobody may be asked now.
    #[error("the keychain is locked")]
    Locked,
    /// There is no keychain service to talk to.
    #[error("there is no keychain here: {0}")]
    Absent(String),
    /// The keychain did not answer in time.
    #[error("the keychain did not answer within {0} seconds")]
    TimeOut(u64),
    /// Other commands of this program kept the keychain busy all the time.
    #[error("other jit commands kept the keychain busy for {0} seconds")]
    Busy(u64),
    /// The value does not fit, or the store is full.
    #[error("the keychain has no room: {0}")]
    Full(String),
    /// What is stored there cannot be read back.
    #[error("the keychain's item is damaged: {0}")]
    Damaged(String),
    /// Anything else that the store said.
    #[error("the keychain failed: {0}")]
    Failed(String),
}

impl KeychainError {
    /// What to type next. A fall-back is always chosen by name, never silently.
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

/// A store of secrets by name. Calls may block on another process; they are bounded in time by the store itself.
pub trait Keychain: Send + Sync {
    /// The store's name as configuration and messages spell it: `secret-service`, `keyutils`, `file` …
    fn name(&self) -> &'static str;

    /// Reads an item, or says that there is none.
    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError>;

    /// Writes an item, replacing what was there.
    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError>;

    /// Removes an item. Removing what is not there is no error.
    fn delete(&self, item: &str) -> Result<(), KeychainError>;
}

/// Which keychain a run uses.
#[derive(Clone)]
pub enum KeychainSource {
    /// The choice that login recorded in the configuration; opened only when needed.
    Recorded,
    /// The same on a machine that has neither a desktop's keychain nor a kernel keyring, whatever this one has. For tests.
    Headless,
    /// This one, whatever the configuration says. For tests and the demonstration.
    Given(Arc<dyn Keychain>),
}

/// A keychain in memory: gone with the process.
#[derive(Default)]
pub struct MemoryKeychain(Mutex<BTreeMap<String, Secret<Vec<u8>>>>);

impl MemoryKeychain {
    /// The names of all items, for tests that look for what was left behind.
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
