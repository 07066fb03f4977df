//! The Linux kernel's keyring: kernel memory, lost at reboot, and three days after the last use.

use keyring_core::Entry;
use keyring_core::Error;
use keyring_core::api::CredentialStoreApi;
use linux_keyutils_keyring_store::Store;

use super::SERVICE;
use crate::grant::text::sanitise;
use crate::secret::Secret;
use crate::system::Keychain;
use crate::system::keychain::KeychainError;

/// The longest value of a kernel key, in bytes (measured: one more is EINVAL).
const MAX_VALUE: usize = 32_767;

/// The session keyring and the persistent one behind it. Accesses nothing until used.
pub(super) struct Keyutils;

impl Keyutils {
    fn entry(item: &str) -> Result<Entry, KeychainError> {
        let store = Store::new().map_err(|error| explain(&error))?;
        store.build(SERVICE, item, None).map_err(|error| explain(&error))
    }
}

impl Keychain for Keyutils {
    fn name(&self) -> &'static str {
        "keyutils"
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        match Self::entry(item)?.get_secret() {
            Ok(value) => match value.split_first() {
                Some((0, value)) => Ok(Some(Secret::new(value.to_vec()))),
                _ => Err(KeychainError::Damaged(format!("{item} is not what jit wrote"))),
            },
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(explain(&error)),
        }
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        let length = value.expose().len();
        if length >= MAX_VALUE {
            return Err(KeychainError::Full(format!("{length} bytes do not fit into one kernel key")));
        }
        // A kernel key cannot be empty, so a zero byte precedes every value.
        let stored = Secret::new([&[0], value.expose().as_slice()].concat());
        Self::entry(item)?.set_secret(stored.expose()).map_err(|error| explain(&error))
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        match Self::entry(item)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(explain(&error)),
        }
    }
}

/// Explains the kernel's error in plain words.
fn explain(error: &Error) -> KeychainError {
    let cause = match error {
        Error::NoStorageAccess(cause) | Error::PlatformFailure(cause) => cause.to_string(),
        other => other.to_string(),
    };
    match cause.as_str() {
        "QuotaExceeded" => KeychainError::Full(
            "the kernel gives each person a small number of bytes for keys, and they are used up".to_owned(),
        ),
        "AccessDenied" | "KeyringDoesNotExist" => KeychainError::Absent(
            "this login has no kernel keyring of its own (as in cron, containers, or ssh without pam_keyinit); `keyctl session - bash` begins one"
                .to_owned(),
        ),
        "OperationNotSupported" | "PermissionDenied" => {
            KeychainError::Absent("the kernel keyring is switched off here, as containers often do".to_owned())
        }
        other => KeychainError::Failed(sanitise(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_errors_become_words() {
        let platform = |name: &str| explain(&Error::PlatformFailure(name.into()));
        assert!(matches!(platform("QuotaExceeded"), KeychainError::Full(_)));
        assert!(matches!(platform("PermissionDenied"), KeychainError::Absent(_)));
        assert!(matches!(platform("Unknown(5)"), KeychainError::Failed(_)));
        assert!(matches!(explain(&Error::NoStorageAccess("AccessDenied".into())), KeychainError::Absent(_)));
        let long = Keyutils.set("lease:x", &Secret::new(vec![1; MAX_VALUE]));
        assert!(matches!(long, Err(KeychainError::Full(_))));
    }
}
