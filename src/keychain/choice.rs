//! The choice of the store: made once at login, recorded by name, and shown. There is no automatic fallback.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::bounded::Limits;
use super::file::FileKeychain;
use super::os;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Keychain;
use crate::system::KeychainSource;
use crate::system::System;
use crate::system::keychain::KeychainError;
use crate::system::keychain::MemoryKeychain;

/// A store, by its name in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The operating system's: Secret Service, macOS Keychain, Windows Credential Manager.
    Os,
    /// The Linux kernel's keyring.
    Keyutils,
    /// A file encrypted with a passphrase.
    File,
    /// No store: nothing outlives the process.
    None,
}

/// The text is not the name of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a keychain: use os, keyutils, file or none")]
pub struct ChoiceError(String);

impl Choice {
    /// The name in the configuration and after `--keychain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Os => "os",
            Self::Keyutils => "keyutils",
            Self::File => "file",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Choice {
    type Err = ChoiceError;

    fn from_str(text: &str) -> Result<Self, ChoiceError> {
        match text {
            "os" => Ok(Self::Os),
            "keyutils" => Ok(Self::Keyutils),
            "file" => Ok(Self::File),
            "none" => Ok(Self::None),
            other => Err(ChoiceError(sanitise(other))),
        }
    }
}

/// The store for this run: the one passed in, else the recorded one. Does not access it yet.
pub fn resolve(system: &System, recorded: Option<Choice>) -> Result<Arc<dyn Keychain>, KeychainError> {
    match (&system.keychain, recorded) {
        (KeychainSource::Given(keychain), _) => Ok(Arc::clone(keychain)),
        (KeychainSource::Recorded | KeychainSource::Headless, Some(choice)) => open(choice, system),
        (KeychainSource::Recorded | KeychainSource::Headless, None) => {
            Err(KeychainError::Absent("none has been chosen yet; `jit login` does that".to_owned()))
        }
    }
}

/// Prepares a store. The first call that needs it opens it.
pub fn open(choice: Choice, system: &System) -> Result<Arc<dyn Keychain>, KeychainError> {
    let headless = matches!(system.keychain, KeychainSource::Headless);
    match choice {
        Choice::Os if headless => Err(KeychainError::Absent("no desktop session runs here".to_owned())),
        Choice::Keyutils if headless => {
            Err(KeychainError::Absent("the kernel keyring is switched off here".to_owned()))
        }
        Choice::Os => {
            Ok(Arc::new(os::open(&system.files.state, Limits::of(system.console.is_interactive()))))
        }
        #[cfg(target_os = "linux")]
        Choice::Keyutils => Ok(Arc::new(super::keyutils::Keyutils)),
        #[cfg(not(target_os = "linux"))]
        Choice::Keyutils => Err(KeychainError::Absent("only Linux has a kernel keyring".to_owned())),
        Choice::File => Ok(Arc::new(FileKeychain::new(system))),
        Choice::None => Ok(Arc::new(Nowhere::default())),
    }
}

/// Proves within two seconds that the operating system's store can write, read back and remove.
pub fn probe(system: &System) -> Result<(), KeychainError> {
    if matches!(system.keychain, KeychainSource::Headless) {
        return open(Choice::Os, system).map(|_| ());
    }
    let store = os::open(&system.files.state, Limits::PROBE);
    let (item, content) = (format!("probe:{}", system.entropy.token()), system.entropy.seed());
    store.run(Limits::PROBE.write, move |store| round_trip(store, &item, &content))
}

/// Proves that a store can write, read back and remove.
pub fn prove(keychain: &dyn Keychain, system: &System) -> Result<(), KeychainError> {
    round_trip(keychain, &format!("probe:{}", system.entropy.token()), &system.entropy.seed())
}

fn round_trip(keychain: &dyn Keychain, item: &str, content: &[u8]) -> Result<(), KeychainError> {
    keychain.set(item, &Secret::new(content.to_vec()))?;
    let read = keychain.get(item);
    keychain.delete(item)?;
    let same = read?.is_some_and(|read| read.expose() == content);
    if same && keychain.get(item)?.is_none() {
        return Ok(());
    }
    Err(KeychainError::Damaged("it does not return what jit stored".to_owned()))
}

/// A store in memory, under the configuration's name for it.
#[derive(Default)]
struct Nowhere(MemoryKeychain);

impl Keychain for Nowhere {
    fn name(&self) -> &'static str {
        "none"
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        self.0.get(item)
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        self.0.set(item, value)
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        self.0.delete(item)
    }
}
