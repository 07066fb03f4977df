//! The newest (sequence, hash), kept in the key folder and synced before any answer that depends on it is sent.
//!
//! The file has two slots, written in turn and in place. A crash can therefore damage only the slot being written, and
//! a full disk cannot stop the head from advancing.

use std::fmt;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Seek;
use std::io::SeekFrom;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use crate::grant::Digest;
use crate::system::files;

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Head {
    /// The number of the newest event. 0 before the first event.
    pub sequence: u64,
    /// Its hash. Zeros before the first event.
    pub hash: [u8; 32],
}

/// The error for text that is not a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not SEQUENCE.HASH: the number of an event, a dot, and its hash in 64 hexadecimal digits")]
pub struct HeadError;

impl fmt::Display for Head {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.sequence, Digest::from(self.hash))
    }
}

impl FromStr for Head {
    type Err = HeadError;

    fn from_str(text: &str) -> Result<Self, HeadError> {
        let (sequence, hash) = text.split_once('.').ok_or(HeadError)?;
        let hash: Digest = hash.parse().map_err(|_| HeadError)?;
        Ok(Self { sequence: sequence.parse().map_err(|_| HeadError)?, hash: *hash.bytes() })
    }
}

const SLOT: usize = 512;
/// Sequence, hash, and the SHA-256 over both.
const FILLED: usize = 8 + 32 + 32;

impl Head {
    fn to_slot(self) -> [u8; SLOT] {
        let mut slot = [0; SLOT];
        slot[..8].copy_from_slice(&self.sequence.to_be_bytes());
        slot[8..40].copy_from_slice(&self.hash);
        let sum = Digest::of(&slot[..40]);
        slot[40..FILLED].copy_from_slice(sum.bytes());
        slot
    }

    fn of_slot(slot: &[u8]) -> Option<Self> {
        let sum = Digest::of(slot.get(..40)?);
        if slot.get(40..FILLED)? != sum.bytes() {
            return None;
        }
        let sequence = u64::from_be_bytes(slot.get(..8)?.try_into().ok()?);
        Some(Self { sequence, hash: slot.get(8..40)?.try_into().ok()? })
    }
}

/// The file that holds the head.
pub struct HeadFile {
    file: File,
    slot: usize,
}

impl HeadFile {
    /// Opens the file and reads the newest intact head. Creates an empty file if there is none.
    pub fn open(path: &Path) -> io::Result<(Self, Head)> {
        if files::read(path)?.is_none() {
            let mut empty = Head::default().to_slot().to_vec();
            empty.extend_from_slice(&Head::default().to_slot());
            files::replace_private(path, &empty)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let newest = bytes
            .chunks(SLOT)
            .take(2)
            .enumerate()
            .filter_map(|(slot, bytes)| Head::of_slot(bytes).map(|head| (head, slot)))
            .max_by_key(|(head, _)| head.sequence);
        let (head, slot) = newest.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "neither half of the log's head can be read")
        })?;
        Ok((Self { file, slot }, head))
    }

    /// Replaces the stored head with this one, even if the stored one is later.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn replace(path: &Path, head: &Head) -> io::Result<Self> {
        let slot = head.to_slot();
        files::replace_private(path, &[slot, slot].concat())?;
        let (file, _) = Self::open(path)?;
        Ok(file)
    }

    /// Makes this the head and syncs it.
    pub fn advance(&mut self, head: &Head) -> io::Result<()> {
        let slot = 1 - self.slot;
        let place = if slot == 0 { 0 } else { SLOT as u64 };
        self.file.seek(SeekFrom::Start(place))?;
        self.file.write_all(&head.to_slot())?;
        self.file.sync_data()?;
        self.slot = slot;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_newest_and_survives_a_spoiled_slot() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("head");
        let (mut file, head) = HeadFile::open(&path).unwrap();
        assert_eq!(head, Head::default());
        for sequence in 1..=5 {
            file.advance(&Head { sequence, hash: [u8::try_from(sequence).unwrap(); 32] }).unwrap();
        }
        assert_eq!(HeadFile::open(&path).unwrap().1.sequence, 5);
        let mut bytes = std::fs::read(&path).unwrap();
        let newest = if bytes[7] == 5 { 0 } else { SLOT };
        bytes[newest + 20] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(HeadFile::open(&path).unwrap().1.sequence, 4);
        std::fs::write(&path, vec![0; 2 * SLOT]).unwrap();
        assert!(HeadFile::open(&path).is_err());
    }
}
