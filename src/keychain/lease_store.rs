//! Where credentials are kept: in the keychain with everything else, or in the kernel's keyring. Chosen once at login,
//! recorded, and shown. There is no automatic fallback.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use jiff::SignedDuration;

use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::KernelKeyring;
use crate::system::Keychain;
use crate::system::System;
use crate::system::keychain::KeychainError;

/// A place for credentials, by its name in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseStore {
    /// The Linux kernel's keyring of the user.
    Kernel,
    /// The keychain, with the session and the one-use keys.
    Keychain,
}

/// The text is not the name of a place for credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no place for credentials: use kernel or keychain")]
pub struct LeaseStoreError(String);

impl LeaseStore {
    /// The name in the configuration and after `--credentials`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Keychain => "keychain",
        }
    }
}

impl fmt::Display for LeaseStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for LeaseStore {
    type Err = LeaseStoreError;

    fn from_str(text: &str) -> Result<Self, LeaseStoreError> {
        match text {
            "kernel" => Ok(Self::Kernel),
            "keychain" => Ok(Self::Keychain),
            other => Err(LeaseStoreError(sanitise(other))),
        }
    }
}

/// The kernel's keyring. Does not access it yet.
///
/// # Errors
/// This system has none.
pub fn kernel(system: &System) -> Result<Arc<dyn Keychain>, KeychainError> {
    match &system.kernel {
        KernelKeyring::Given(keyring) => Ok(Arc::clone(keyring)),
        #[cfg(target_os = "linux")]
        KernelKeyring::Machine => Ok(Arc::new(super::kernel::Kernel::new(Arc::clone(&system.clock)))),
        #[cfg(not(target_os = "linux"))]
        KernelKeyring::Machine => Err(KeychainError::Absent("only Linux has a kernel keyring".to_owned())),
        KernelKeyring::Absent => Err(KeychainError::Absent("there is no kernel keyring here".to_owned())),
    }
}

/// How long the kernel keeps the item of a probe that was killed in the middle.
const PROBE: SignedDuration = SignedDuration::from_mins(1);

/// Proves that a store can write an item with an end, read it back and remove it.
pub fn prove(store: &dyn Keychain, system: &System) -> Result<(), KeychainError> {
    let item = format!("probe:{}", system.entropy.token());
    let content = Secret::new(system.entropy.seed().to_vec());
    store.set_until(&item, &content, system.clock.now() + PROBE)?;
    let read = store.get(&item);
    store.delete(&item)?;
    if read?.as_ref() == Some(&content) && store.get(&item)?.is_none() {
        return Ok(());
    }
    Err(KeychainError::Damaged("it does not return what jit stored".to_owned()))
}
