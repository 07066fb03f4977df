//! The operating system's store through the `keyring` crate: Secret Service, macOS Keychain, Windows Credential
//! Manager.
//!
//! The Secret Service store searches all collections by service and user name and unlocks the items it finds. So it may
//! show a prompt that cannot be prevented, only limited in time (see `bounded.rs`).

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use keyring_core::Error;
use zeroize::Zeroizing;

use super::SERVICE;
use super::bounded::Bounded;
use super::bounded::Limits;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Keychain;
use crate::system::keychain::KeychainError;

/// Prepares the store without accessing it.
pub(super) fn open(state: &Path, limits: Limits) -> Bounded {
    let items: Arc<dyn Keychain> = if cfg!(windows) {
        Arc::new(super::split::Split::new(OsItems, super::split::WINDOWS_LIMIT))
    } else {
        Arc::new(OsItems)
    };
    Bounded::new(items, limits, state.join("locks").join("keychain.lock"))
}

/// One item of the store for each of ours. A call blocks for as long as the store likes.
struct OsItems;

impl OsItems {
    fn entry(item: &str) -> keyring_core::Result<keyring_core::Entry> {
        let label = format!("{SERVICE} {item}");
        let modifiers: HashMap<&str, &str> = if cfg!(windows) {
            // The default name `item.jit` would be ambiguous for items with dots, and would roam to other machines.
            HashMap::from([("target", label.as_str()), ("persistence", "Local")])
        } else if cfg!(target_os = "macos") {
            HashMap::new()
        } else {
            HashMap::from([("label", label.as_str())])
        };
        keyring_core::Entry::new_with_modifiers(SERVICE, item, &modifiers)
    }

    /// Calls the store, in a new session if the old one is unusable.
    fn call<T>(
        item: &str,
        call: impl Fn(&keyring_core::Entry) -> Result<T, Fault>,
    ) -> Result<T, KeychainError> {
        persist(opened, reopen, || call(&Self::entry(item)?))
    }
}

/// Why a call failed.
enum Fault {
    /// The store's error.
    Store(Error),
    /// The error from opening the store.
    Opening(Error),
    /// The store returned a value that was never written.
    Damaged(String),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

impl Fault {
    /// Whether the session is to blame, so that a new one may help.
    ///
    /// The Secret Service encrypts values on the bus with a key that both sides compute. `secret-service` and KWallet
    /// omit the leading zeros of the numbers in that computation. If one of them begins with a zero (1 session in 256
    /// each), KWallet refuses our public key, or the two sides hold different keys. Values then arrive as noise, mostly
    /// reported as a crypto error here and an unknown session there.
    fn is_session(&self) -> bool {
        match self {
            Self::Damaged(_) => true,
            Self::Store(Error::PlatformFailure(cause)) | Self::Opening(Error::PlatformFailure(cause)) => {
                let cause = cause.to_string();
                // gnome-keyring forgets its sessions when it restarts.
                ["Secret.Error.NoSession", "find session", "public key size", "Crypto error"]
                    .iter()
                    .any(|sign| cause.contains(sign))
            }
            Self::Store(_) | Self::Opening(_) => false,
        }
    }
}

impl From<Fault> for KeychainError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => explain(&error),
            Fault::Opening(Error::PlatformFailure(cause)) => {
                let cause = sanitise(&cause.to_string());
                Self::Absent(cause.trim_start_matches("zbus error: ").to_owned())
            }
            Fault::Opening(error) => Self::Absent(sanitise(&error.to_string())),
            Fault::Damaged(item) => Self::Damaged(format!("{item} is not what jit wrote")),
        }
    }
}

/// How often a call is made, each time in a new session. Two bad sessions in a row occur once in 16,000 calls.
const SESSIONS: usize = 3;

/// Repeats the call in new sessions while the session is to blame.
fn persist<T>(
    opened: impl Fn() -> keyring_core::Result<()>,
    reopen: impl Fn() -> keyring_core::Result<()>,
    call: impl Fn() -> Result<T, Fault>,
) -> Result<T, KeychainError> {
    let mut result = opened().map_err(Fault::Opening).and_then(|()| call());
    for _ in 1..SESSIONS {
        if !result.as_ref().is_err_and(Fault::is_session) {
            break;
        }
        result = reopen().map_err(Fault::Opening).and_then(|()| call());
    }
    Ok(result?)
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
        Self::call(item, |entry| read(item, entry))
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        let stored = encode(value);
        Self::call(item, |entry| {
            entry.set_secret(&stored)?;
            // Noise from two different keys sometimes looks like a value to the other side.
            if cfg!(all(unix, not(target_os = "macos"))) && read(item, entry)?.as_ref() != Some(value) {
                return Err(Fault::Damaged(item.to_owned()));
            }
            Ok(())
        })
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        Self::call(item, |entry| match entry.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(error.into()),
        })
    }
}

fn read(item: &str, entry: &keyring_core::Entry) -> Result<Option<Secret<Vec<u8>>>, Fault> {
    match entry.get_secret() {
        Ok(stored) => {
            let value = decode(Zeroizing::new(stored));
            value.map(Some).ok_or_else(|| Fault::Damaged(item.to_owned()))
        }
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens the store unless this process already has.
fn opened() -> keyring_core::Result<()> {
    if keyring_core::get_default_store().is_some() { Ok(()) } else { reopen() }
}

/// Opens the store again.
fn reopen() -> keyring_core::Result<()> {
    // The store that `keyring` opens lives as long as the process, longer than some keyring daemons. It is opened only
    // once, so a session that KWallet refused could not be replaced.
    #[cfg(all(unix, not(target_os = "macos")))]
    {
        keyring_core::set_default_store(zbus_secret_service_keyring_store::Store::new()?);
        Ok(())
    }
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    {
        let failed = |error: &Error| Error::PlatformFailure(error.to_string().into());
        keyring::v1::Entry::store_status().as_ref().map(|()| ()).map_err(failed)
    }
}

/// KWallet's bridge to the Secret Service keeps only UTF-8, so values are text. On Windows space is scarcer.
fn encode(value: &Secret<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(if cfg!(windows) {
        value.expose().clone()
    } else {
        BASE64.encode(value.expose()).into_bytes()
    })
}

fn decode(stored: Zeroizing<Vec<u8>>) -> Option<Secret<Vec<u8>>> {
    if cfg!(windows) {
        return Some(Secret::new(stored.to_vec()));
    }
    let decoded = BASE64.decode(&stored);
    drop(stored);
    decoded.map(Secret::new).ok()
}

/// Explains the store's error. Errors never contain the secret, except those with raw data, for which the text is ours.
fn explain(error: &Error) -> KeychainError {
    match error {
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::PlatformFailure(cause) => {
            let cause = cause.to_string();
            // Writing a new item to a locked collection shows no prompt. The service says IsLocked, in its own words.
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::cell::RefCell;

    use super::*;

    fn platform(cause: &str) -> Error {
        Error::PlatformFailure(cause.into())
    }

    /// The errors of KWallet and gnome-keyring for an unusable session, as `secret-service` passes them on.
    fn bad_sessions() -> Vec<Fault> {
        let refused =
            "zbus fdo error: org.freedesktop.DBus.Error.InvalidArgs: Client public key size is invalid";
        let unknown = "zbus fdo error: org.freedesktop.DBus.Error.UnknownObject: Can't find session /org/freedesktop/secrets/session/7";
        vec![
            Fault::Opening(platform(refused)),
            Fault::Store(platform(unknown)),
            Fault::Store(platform("Crypto error: message decryption failed")),
            Fault::Store(platform("Crypto error: secret has an invalid initialization vector")),
            Fault::Store(platform("zbus error: org.freedesktop.Secret.Error.NoSession: no such session")),
            Fault::Damaged("lease:x".to_owned()),
        ]
    }

    /// Calls a store whose first calls end in these faults. Returns the result, and how often it was opened again.
    fn after(faults: Vec<Fault>) -> (Result<u8, KeychainError>, usize) {
        let faults = RefCell::new(faults);
        let opened_anew = Cell::new(0);
        let opening = || {
            let mut faults = faults.borrow_mut();
            match faults.pop() {
                Some(Fault::Opening(error)) => Err(error),
                other => {
                    faults.extend(other);
                    Ok(())
                }
            }
        };
        let reopen = || {
            opened_anew.set(opened_anew.get() + 1);
            opening()
        };
        let call = || faults.borrow_mut().pop().map_or(Ok(7), Err);
        (persist(opening, reopen, call), opened_anew.get())
    }

    /// With KWallet, 1 session in 130 is unusable.
    #[test]
    fn a_session_that_is_of_no_use_is_replaced() {
        assert_eq!(after(Vec::new()), (Ok(7), 0));
        for first in 0..bad_sessions().len() {
            let fault = bad_sessions().swap_remove(first);
            assert_eq!(after(vec![fault]), (Ok(7), 1), "fault {first}");
            for second in 0..bad_sessions().len() {
                let both = vec![bad_sessions().swap_remove(second), bad_sessions().swap_remove(first)];
                assert_eq!(after(both), (Ok(7), 2), "faults {first} and {second}");
            }
        }
    }

    #[test]
    fn answers_are_no_reason_for_a_new_session_and_trouble_has_an_end() {
        let locked = || Fault::Store(Error::NoStorageAccess("locked".into()));
        assert_eq!(after(vec![locked()]), (Err(KeychainError::Locked), 0));
        let failed = || Fault::Store(platform("the disk is gone"));
        assert_eq!(after(vec![failed()]), (Err(KeychainError::Failed("the disk is gone".to_owned())), 0));
        let absent = Fault::Opening(platform("no secret service provider or dbus session found"));
        assert!(matches!(after(vec![absent]), (Err(KeychainError::Absent(_)), 0)));
        let crypto = || Fault::Store(platform("Crypto error: message decryption failed"));
        let (result, times) = after((0..9).map(|_| crypto()).collect());
        assert!(matches!(result, Err(KeychainError::Failed(_))), "{result:?}");
        assert_eq!(times, SESSIONS - 1);
    }
}
