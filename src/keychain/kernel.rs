//! Credentials in the Linux kernel's keyring of the user (`user-keyring(7)`). Each item is one key of the type `user`,
//! which the kernel itself forgets when the credentials expire.
//!
//! The user's keyring (`@u`) and not that of the session (`@s`): all sessions of a user share it, whether or not PAM
//! linked it into theirs. A program that does not possess a key is judged by the user's rights, so these allow reading.
//! Payloads are in kernel memory, which is never swapped out. The type `big_key` would cost less quota, but many kernels
//! lack it (`CONFIG_BIG_KEYS`), and its payloads may be swapped out.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::Timestamp;
use linux_keyutils::Key;
use linux_keyutils::KeyError;
use linux_keyutils::KeyPermissions;
use linux_keyutils::KeyPermissionsBuilder;
use linux_keyutils::KeyRing;
use linux_keyutils::KeyRingIdentifier;
use linux_keyutils::Permission;

use super::SERVICE;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Keychain;
use crate::system::keychain::KeychainError;
use crate::system::keychain::Room;

/// The longest payload of a key of the type `user`, in bytes (`keyrings(7)`).
const MAX_VALUE: usize = 32_767;

/// The user's keyring in the kernel. Accesses nothing until used.
pub(super) struct Kernel {
    clock: Arc<dyn Clock>,
}

impl Kernel {
    /// The keyring, for items whose lifetime this clock measures.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }

    /// Finds an item's key. `None` if the kernel has none, or has forgotten it.
    fn find(item: &str) -> Result<Option<Key>, KeychainError> {
        match keyring(KeyRingIdentifier::User)?.search(&description(item)) {
            Ok(key) => Ok(Some(key)),
            Err(error) if is_missing(error) => Ok(None),
            Err(error) => Err(explain(error)),
        }
    }
}

impl Keychain for Kernel {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        let mut unread = None;
        loop {
            let Some(key) = Self::find(item)? else { return Ok(None) };
            match key.read_to_vec() {
                Ok(value) => return Ok(Some(Secret::new(value))),
                // Another process removed it after it was found, and may have written a new one.
                Err(error) if is_missing(error) && unread != Some(key) => unread = Some(key),
                Err(error) if is_missing(error) => return Ok(None),
                Err(error) => return Err(explain(error)),
            }
        }
    }

    fn set(&self, item: &str, _: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        Err(KeychainError::Failed(format!(
            "{item} has no end, and the kernel's keyring holds only what has one"
        )))
    }

    /// Makes a new key in this thread's keyring, and moves it to the user's when it has its timeout and its rights. So
    /// no moment and no crash leaves a key that the kernel keeps for ever, and a reader finds the old value or the new one.
    fn set_until(
        &self,
        item: &str,
        value: &Secret<Vec<u8>>,
        expires: Timestamp,
    ) -> Result<(), KeychainError> {
        let Some(seconds) = lifetime(self.clock.now(), expires) else { return self.delete(item) };
        let length = value.expose().len();
        if length > MAX_VALUE {
            return Err(KeychainError::Full(format!("{length} bytes do not fit into one key of the kernel")));
        }
        let (users, own) = (keyring(KeyRingIdentifier::User)?, keyring(KeyRingIdentifier::Thread)?);
        let before = Self::find(item)?;
        let key = own.add_key(&description(item), value.expose()).map_err(explain)?;
        let moved = key
            .set_timeout(seconds)
            .and_then(|()| key.set_perms(rights()))
            .and_then(|()| users.link_key(key))
            .map_err(explain);
        let left = own.unlink_key(key).map_err(explain);
        moved?;
        if let Some(before) = before {
            // The new key has taken its place. Otherwise its bytes would count until the kernel tidies up.
            let _ = before.invalidate();
        }
        left
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        let Some(key) = Self::find(item)? else { return Ok(()) };
        match key.invalidate() {
            Err(error) if !is_missing(error) => Err(explain(error)),
            _ => Ok(()),
        }
    }

    fn room(&self) -> Option<Room> {
        let quota = quota()?;
        Some(Room { used: quota.bytes.into(), limit: quota.max_bytes.into() })
    }
}

/// The description of an item's key. `/proc/keys` shows it to programs of the same user.
fn description(item: &str) -> String {
    format!("{SERVICE}:{item}")
}

/// Whether the kernel's error means that jit has no key of this name. A key that another program of the user put there may
/// have rights that let jit neither find nor read it. The next write takes its place.
fn is_missing(error: KeyError) -> bool {
    matches!(
        error,
        KeyError::KeyDoesNotExist | KeyError::KeyExpired | KeyError::KeyRevoked | KeyError::AccessDenied
    )
}

fn keyring(which: KeyRingIdentifier) -> Result<KeyRing, KeychainError> {
    KeyRing::from_special_id(which, true).map_err(explain)
}

/// The seconds until `expires`, rounded up. `None` if it has passed: a timeout of 0 would mean none.
fn lifetime(now: Timestamp, expires: Timestamp) -> Option<usize> {
    let left = expires.duration_since(now);
    if left <= SignedDuration::ZERO {
        return None;
    }
    let seconds = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    // The kernel takes 32 bits.
    usize::try_from(u32::try_from(seconds).unwrap_or(u32::MAX)).ok()
}

/// The rights on a key. All programs of the user may find and read it, and none may change it or give it more time. A new
/// key replaces it, and a program that may find it may remove it (`keyctl_invalidate(3)`).
fn rights() -> KeyPermissions {
    let read = Permission::VIEW | Permission::READ | Permission::SEARCH;
    // Its maker has to link it into the user's keyring.
    let maker = Permission::VIEW | Permission::READ | Permission::SEARCH | Permission::LINK;
    KeyPermissionsBuilder::builder().posessor(maker).user(read).build()
}

/// The kernel's count of this user's keys and their bytes.
struct Quota {
    bytes: u32,
    max_bytes: u32,
    keys: u32,
    max_keys: u32,
}

/// Reads `/proc/key-users`. `None` if it cannot be read.
fn quota() -> Option<Quota> {
    let user = rustix::process::getuid().as_raw();
    let counted = procfs::keyring::key_users().ok()?.remove(&user)?;
    Some(Quota {
        bytes: counted.qnbytes,
        max_bytes: counted.maxbytes,
        keys: counted.qnkeys,
        max_keys: counted.maxkeys,
    })
}

/// Explains the kernel's error.
fn explain(error: KeyError) -> KeychainError {
    match error {
        KeyError::QuotaExceeded => KeychainError::Full(match quota() {
            Some(quota) => format!(
                "the kernel allows you {} bytes in {} keys, and {} bytes in {} keys are in use",
                quota.max_bytes, quota.max_keys, quota.bytes, quota.keys
            ),
            None => "what the kernel allows you in keys is used up".to_owned(),
        }),
        KeyError::PermissionDenied | KeyError::OperationNotSupported | KeyError::Unknown(NO_SUCH_CALL) => {
            KeychainError::Absent(
                "the kernel's keyring is switched off here, as containers often do".to_owned(),
            )
        }
        KeyError::AccessDenied => {
            KeychainError::Absent("the kernel does not let jit use your keyring".to_owned())
        }
        other => KeychainError::Failed(format!("the kernel's keyring: {other}")),
    }
}

/// ENOSYS: this kernel, or the sandbox in its place, has no keyrings.
const NO_SUCH_CALL: i32 = 38;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_rounded_up_and_never_zero() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-30T10:00:00.25Z");
        assert_eq!(lifetime(now, at("2026-11-30T11:00:00.25Z")), Some(3600));
        assert_eq!(lifetime(now, at("2026-11-30T10:00:01Z")), Some(1));
        assert_eq!(lifetime(now, now), None);
        assert_eq!(lifetime(now, at("2026-11-30T09:00:00Z")), None);
        assert_eq!(lifetime(now, Timestamp::MAX), Some(4_294_967_295));
    }

    #[test]
    fn the_kernels_errors_become_words() {
        assert!(matches!(explain(KeyError::QuotaExceeded), KeychainError::Full(_)));
        assert!(matches!(explain(KeyError::PermissionDenied), KeychainError::Absent(_)));
        assert!(matches!(explain(KeyError::Unknown(NO_SUCH_CALL)), KeychainError::Absent(_)));
        assert!(matches!(explain(KeyError::Unknown(5)), KeychainError::Failed(_)));
    }

    #[test]
    fn no_program_of_the_user_can_change_a_key_or_give_it_more_time() {
        assert_eq!(format!("{:#x}", rights().bits()), "0x1b0b0000");
    }
}
