//! A kernel's keyring for tests: it forgets each item at its time, has a quota, and can be emptied as by a reboot.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;

use super::Clock;
use super::keychain::Keychain;
use super::keychain::KeychainError;
use super::keychain::Room;
use crate::secret::Secret;

/// The content of an item, and when the kernel forgets it.
type Item = (Secret<Vec<u8>>, Timestamp);

/// A kernel's keyring of one user.
pub struct FakeKernel {
    clock: Arc<dyn Clock>,
    items: Mutex<BTreeMap<String, Item>>,
    /// The most bytes that the user may have.
    pub quota: Mutex<usize>,
    /// The error of every call, as in a container.
    pub broken: Mutex<Option<KeychainError>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeKernel {
    /// An empty keyring with the kernel's usual quota of 20,000 bytes, which forgets by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, items: Mutex::default(), quota: Mutex::new(20_000), broken: Mutex::default() }
    }

    /// The names of the items that it has not forgotten, each with the time at which it will.
    pub fn items(&self) -> Vec<(String, Timestamp)> {
        self.forget();
        locked(&self.items).iter().map(|(item, (_, expires))| (item.clone(), *expires)).collect()
    }

    /// Forgets everything, as at a reboot.
    pub fn reboot(&self) {
        locked(&self.items).clear();
    }

    fn forget(&self) {
        let now = self.clock.now();
        locked(&self.items).retain(|_, (_, expires)| *expires > now);
    }

    fn ready(&self) -> Result<(), KeychainError> {
        self.forget();
        locked(&self.broken).clone().map_or(Ok(()), Err)
    }

    fn used(&self) -> usize {
        locked(&self.items).values().map(|(value, _)| value.expose().len()).sum()
    }
}

impl Keychain for FakeKernel {
    fn name(&self) -> &'static str {
        "kernel"
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        self.ready()?;
        Ok(locked(&self.items).get(item).map(|(value, _)| value.clone()))
    }

    fn set(&self, _: &str, _: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        Err(KeychainError::Failed("the kernel keeps nothing without an end".to_owned()))
    }

    fn set_until(
        &self,
        item: &str,
        value: &Secret<Vec<u8>>,
        expires: Timestamp,
    ) -> Result<(), KeychainError> {
        self.ready()?;
        if self.used() + value.expose().len() > *locked(&self.quota) {
            return Err(KeychainError::Full("the quota is used up".to_owned()));
        }
        locked(&self.items).insert(item.to_owned(), (value.clone(), expires));
        Ok(())
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        self.ready()?;
        locked(&self.items).remove(item);
        Ok(())
    }

    fn room(&self) -> Option<Room> {
        let bytes = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Some(Room { used: bytes(self.used()), limit: bytes(*locked(&self.quota)) })
    }
}
