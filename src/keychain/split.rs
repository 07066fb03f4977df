//! Splits values that are too long for a store over several items, so that a crash leaves the old value or the new one.
//!
//! The item itself is a header: a zero byte and the value if it fits; otherwise a one, the generation, the number of
//! parts and the SHA-256 of the whole. New parts use the other generation's names, then the header is written, and the
//! old parts are removed last.

use crate::grant::Digest;
use crate::secret::Secret;
use crate::system::Keychain;
use crate::system::keychain::KeychainError;

/// The capacity of one item of the Windows Credential Manager, in bytes (CRED_MAX_CREDENTIAL_BLOB_SIZE).
pub const WINDOWS_LIMIT: usize = 5 * 512;
/// More parts than any credentials need. Bounds the demands of a damaged header.
const MAX_PARTS: u8 = 64;
const WHOLE: u8 = 0;
const PARTS: u8 = 1;

/// A store whose items may be longer than those of the inner store.
pub struct Split<K> {
    inner: K,
    limit: usize,
}

/// The content of a header.
enum Header {
    Whole(Secret<Vec<u8>>),
    Parts { generation: u8, count: u8, digest: [u8; 32] },
}

impl<K: Keychain> Split<K> {
    /// Splits values over items of at most `limit` bytes of the inner store.
    pub fn new(inner: K, limit: usize) -> Self {
        Self { inner, limit }
    }

    fn header(&self, item: &str) -> Result<Option<Header>, KeychainError> {
        let Some(stored) = self.inner.get(item)? else { return Ok(None) };
        let damaged = || KeychainError::Damaged(format!("the header of {item} is not one that jit wrote"));
        let header = match stored.expose().as_slice() {
            [WHOLE, value @ ..] => Header::Whole(Secret::new(value.to_vec())),
            [PARTS, generation @ (0 | 1), count, digest @ ..] if (1..=MAX_PARTS).contains(count) => {
                let digest = digest.try_into().map_err(|_| damaged())?;
                Header::Parts { generation: *generation, count: *count, digest }
            }
            _ => return Err(damaged()),
        };
        Ok(Some(header))
    }

    /// The generation of the value's parts; 1 if it has none. The next value uses the other generation's names.
    fn current(&self, item: &str) -> Result<u8, KeychainError> {
        match self.header(item) {
            Ok(Some(Header::Parts { generation, .. })) => Ok(generation),
            // A damaged header protects nothing, so a new write repairs it.
            Ok(_) | Err(KeychainError::Damaged(_)) => Ok(1),
            Err(error) => Err(error),
        }
    }

    /// Removes every part of a generation from `first` on. Parts are written in ascending and removed in descending
    /// order, so that the remains of a crash have no gap and are found again.
    fn sweep(&self, item: &str, generation: u8, first: u8) -> Result<(), KeychainError> {
        let mut end = first;
        while end < MAX_PARTS && self.inner.get(&part(item, generation, end))?.is_some() {
            end += 1;
        }
        (first..end).rev().try_for_each(|index| self.inner.delete(&part(item, generation, index)))
    }
}

fn part(item: &str, generation: u8, index: u8) -> String {
    format!("{item}#{generation}.{index}")
}

impl<K: Keychain> Keychain for Split<K> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
        let (generation, count, digest) = match self.header(item)? {
            None => return Ok(None),
            Some(Header::Whole(value)) => return Ok(Some(value)),
            Some(Header::Parts { generation, count, digest }) => (generation, count, digest),
        };
        // Reserved at once, because growing would leave copies of a secret behind.
        let mut value = Vec::with_capacity(usize::from(count) * self.limit);
        for index in 0..count {
            let Some(piece) = self.inner.get(&part(item, generation, index))? else {
                return Err(KeychainError::Damaged(format!("part {index} of {item} is missing")));
            };
            value.extend_from_slice(piece.expose());
        }
        let value = Secret::new(value);
        if Digest::of(value.expose()).bytes() != &digest {
            return Err(KeychainError::Damaged(format!("the parts of {item} do not belong together")));
        }
        Ok(Some(value))
    }

    fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
        let old = self.current(item)?;
        let new = 1 - old;
        let bytes = value.expose();
        let header = if bytes.len() < self.limit {
            [&[WHOLE], bytes.as_slice()].concat()
        } else {
            let count = u8::try_from(bytes.len().div_ceil(self.limit)).unwrap_or(u8::MAX);
            if count > MAX_PARTS {
                return Err(KeychainError::Full(format!("{} bytes are too many for one item", bytes.len())));
            }
            for (index, piece) in (0..count).zip(bytes.chunks(self.limit)) {
                self.inner.set(&part(item, new, index), &Secret::new(piece.to_vec()))?;
            }
            self.sweep(item, new, count)?;
            [&[PARTS, new, count], Digest::of(bytes).bytes().as_slice()].concat()
        };
        self.inner.set(item, &Secret::new(header))?;
        self.sweep(item, old, 0)
    }

    fn delete(&self, item: &str) -> Result<(), KeychainError> {
        self.inner.delete(item)?;
        self.sweep(item, 0, 0)?;
        self.sweep(item, 1, 0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use proptest::prelude::*;

    use super::*;
    use crate::system::keychain::MemoryKeychain;

    /// A store with a limit of bytes per item, which fails after a number of writes.
    struct Small {
        memory: MemoryKeychain,
        limit: usize,
        writes_left: AtomicUsize,
    }

    impl Small {
        fn new(limit: usize) -> Self {
            Self { memory: MemoryKeychain::default(), limit, writes_left: AtomicUsize::new(usize::MAX) }
        }

        fn write(&self) -> Result<(), KeychainError> {
            self.writes_left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .map(|_| ())
                .map_err(|_| KeychainError::Failed("killed".to_owned()))
        }
    }

    impl Keychain for &Small {
        fn name(&self) -> &'static str {
            "small"
        }

        fn get(&self, item: &str) -> Result<Option<Secret<Vec<u8>>>, KeychainError> {
            self.memory.get(item)
        }

        fn set(&self, item: &str, value: &Secret<Vec<u8>>) -> Result<(), KeychainError> {
            self.write()?;
            assert!(value.expose().len() <= self.limit, "{item} is too long");
            self.memory.set(item, value)
        }

        fn delete(&self, item: &str) -> Result<(), KeychainError> {
            self.write()?;
            self.memory.delete(item)
        }
    }

    fn value(length: usize, fill: u8) -> Secret<Vec<u8>> {
        Secret::new((0..length).map(|at| fill.wrapping_add(u8::try_from(at % 251).unwrap())).collect())
    }

    #[test]
    fn values_of_every_length_survive_the_windows_limit() {
        let store = Small::new(WINDOWS_LIMIT);
        let split = Split::new(&store, WINDOWS_LIMIT);
        for length in [0, 1, 2559, 2560, 2561, 4096, 5119, 5120, 5121, 40_000, 64 * 2560] {
            split.set("lease", &value(length, 7)).unwrap();
            assert_eq!(split.get("lease").unwrap().unwrap(), value(length, 7), "{length}");
        }
        let too_long = split.set("lease", &value(64 * 2560 + 1, 7));
        assert!(matches!(too_long, Err(KeychainError::Full(_))));
        assert_eq!(split.get("lease").unwrap().unwrap().expose().len(), 64 * 2560, "the old value stays");
        split.delete("lease").unwrap();
        assert_eq!(split.get("lease").unwrap(), None);
        assert!(store.memory.items().is_empty());
    }

    #[test]
    fn missing_foreign_or_swapped_parts_are_damage() {
        let store = Small::new(100);
        let split = Split::new(&store, 100);
        split.set("lease", &value(250, 7)).unwrap();
        let part_name = store.memory.items().into_iter().find(|name| name.contains('#')).unwrap();
        store.memory.set(&part_name, &value(100, 9)).unwrap();
        assert!(matches!(split.get("lease"), Err(KeychainError::Damaged(_))));
        store.memory.delete(&part_name).unwrap();
        assert!(matches!(split.get("lease"), Err(KeychainError::Damaged(_))));
        for header in [vec![], vec![2], vec![1, 0, 0], vec![1, 9, 1], vec![1, 0, 255, 1, 2]] {
            store.memory.set("lease", &Secret::new(header)).unwrap();
            assert!(matches!(split.get("lease"), Err(KeychainError::Damaged(_))));
        }
        split.set("lease", &value(250, 8)).unwrap();
        assert_eq!(split.get("lease").unwrap().unwrap(), value(250, 8), "writing anew repairs it");
    }

    proptest! {
        #[test]
        fn killed_anywhere_the_old_or_the_new_value_is_there(
            old in 0usize..600, new in 0usize..600, third in 0usize..600, kill in 0usize..20
        ) {
            let store = Small::new(100);
            let split = Split::new(&store, 100);
            split.set("lease", &value(old, 1)).unwrap();
            store.writes_left.store(kill, Ordering::SeqCst);
            let finished = split.set("lease", &value(new, 2)).is_ok();
            store.writes_left.store(usize::MAX, Ordering::SeqCst);
            let found = split.get("lease").unwrap().unwrap();
            prop_assert!(found == value(new, 2) || (!finished && found == value(old, 1)));
            // Later writes and the removal clear away all remains.
            split.set("lease", &value(third, 3)).unwrap();
            prop_assert_eq!(split.get("lease").unwrap().unwrap(), value(third, 3));
            split.delete("lease").unwrap();
            prop_assert_eq!(store.memory.items(), Vec::<String>::new());
        }

        #[test]
        fn deleting_is_never_damage(length in 0usize..600, kill in 0usize..10) {
            let store = Small::new(100);
            let split = Split::new(&store, 100);
            split.set("lease", &value(length, 1)).unwrap();
            store.writes_left.store(kill, Ordering::SeqCst);
            let _ = split.delete("lease");
            store.writes_left.store(usize::MAX, Ordering::SeqCst);
            let found = split.get("lease").unwrap();
            prop_assert!(found.is_none() || found == Some(value(length, 1)));
            split.delete("lease").unwrap();
            prop_assert_eq!(store.memory.items(), Vec::<String>::new());
        }
    }
}
