//! The operating system's store through the `keyring` crate: Secret Service, macOS Keychain, Windows Credential Manager.
//!
//! The Secret Service store searches by service and user name over all collections and unlocks what it finds, so it may
//! raise a prompt that it cannot be told to leave out; only time bounds it (see `bounded.rs`).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use keyring::v1::Entry;
use keyring_core::Error;
use zeroize::Zeroizing;

use super::SERVICE;
use super::bounded::Bounded;
use super::bounded::Limits;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Keychain;
use crate::system::keychain::KeychainError;

/// The store, not yet touched.
pub(super) fn open(state: &Path, limits: Limits) -> Bounded {
    let items: Arc<dyn Keychain> = if cfg!(windows) {
        Arc::new(super::split::Split::new(OsItems, super::split::WINDOWS_LIMIT))
    } else {
        Arc::new(OsItems)
    };
    Bounded::new(items, limits, state.join("locks").join("keychain.lock"))
}

/// One item of the store for each of ours. Every call blocks for as long as the store likes.
struct OsItems;

impl OsItems {
    fn entry(item: &str) -> Result<keyring_core::Entry, KeychainError> {
        if let Err(error) = Entry::store_status() {
            return Err(KeychainError::Absent(sanitise(&error.to_string())));
        }
        let label = format!("{SERVICE} {item}");
        let modifiers: HashMap<&str, &str> = if cfg!(windows) {
            // By default the name would be `item.jit`, ambiguous where items hold dots, and would roam to other machines.
            HashMap::from([("target", label.as_str()), ("persistence", "Local")])
        } else if cfg!(target_os = "macos") {
            HashMap::new()
        } else {
            HashMap::from([("label", label.as_str())])
        };
        keyring_core::Entry::new_with_modifiers(SERVICE, item, &modifiers).map_err(|error| explain(&error))
    }

    /// Calls the store; once more, with the store opened anew, when the daemon has forgotten the session.
    fn call<T>(
        item: &str,
        call: impl Fn(&keyring_core::Entry) -> keyring_core::Result<T>,
    ) -> Result<keyring_core::Result<T>, KeychainError> {
        let result = call(&Self::entry(item)?);
        let forgotten = |cause: &dyn std::fmt::Display| cause.to_string().contains("Secret.Error.NoSession");
        match &result {
            Err(Error::PlatformFailure(cause)) if forgotten(cause) => {
                reopen().map_err(|error| explain(&error))?;
                Ok(call(&Self::entry(item)?))
            }
            _ => Ok(result),
        }
    }
}

impl Keychain for OsItems {
    fn name(&self) -> &'static str {
        if cfg!(windows) {
            "credential-manager"
        } else if cfg!(target_os = "macos") {
            "macos-keychain"
        } else {
            "secret-service"
        }
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        match Self::call(item, keyring_core::Entry::get_secret)? {
            Ok(stored) => decode(item, Zeroizing::new(stored)).map(Some),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(&error)),
        }
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        let stored = encode(value);
        Self::call(item, |entry| entry.set_secret(&stored))?.map_err(|error| explain(&error))
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        match Self::call(item, keyring_core::Entry::delete_credential)? {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(&error)),
        }
    }
}

/// Opens the store anew. The one that `keyring` opens lives as long as the process, longer than some keyring daemons.
fn reopen() -> keyring_core::Result<()> {
    #[cfg(all(unix, not(target_os = "macos")))]
    keyring_core::set_default_store(zbus_secret_service_keyring_store::Store::new()?);
    Ok(())
}

/// KWallet's bridge to the Secret Service keeps nothing but UTF-8, so values are text; on Windows bytes are dearer.
fn encode(value: &Secret<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(if cfg!(windows) {
        value.expose().clone()
    } else {
        BASE64.encode(value.expose()).into_bytes()
    })
}

fn decode(item: &str, stored: Zeroizing<Vec<u8>>) -> Result<Secret<Vec<u8>>, KeychainError> {
    if cfg!(windows) {
        return Ok(Secret::new(stored.to_vec()));
    }
    let decoded = BASE64.decode(&stored);
    drop(stored);
    decoded.map(Secret::new).map_err(|_| KeychainError::Damaged(format!("{item} is not what jit wrote")))
}

/// Says what the store's error means. Errors never hold the secret, except those that carry raw data, whose text is ours.
fn explain(error: &Error) -> KeychainError {
    match error {
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::PlatformFailure(cause) => {
            let cause = cause.to_string();
            // Writing a new item to a locked collection does not ask; the service says IsLocked, in its own words.
            if cause.contains("IsLocked") || cause.contains("locked collection") {
                KeychainError::Locked
            } else {
                KeychainError::Failed(sanitise(&cause))
            }
        }
        Error::TooLong(what, limit) => {
            KeychainError::Full(format!("{} may be at most {limit} long", sanitise(what)))
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => {
            KeychainError::Damaged("the store cannot read what it holds".to_owned())
        }
        Error::Ambiguous(twins) => KeychainError::Failed(format!(
            "another program keeps {} items under jit's name; remove those that are not jit's",
            twins.len()
        )),
        Error::NoDefaultStore => KeychainError::Absent("no store could be opened".to_owned()),
        other => KeychainError::Failed(sanitise(&other.to_string())),
    }
}
