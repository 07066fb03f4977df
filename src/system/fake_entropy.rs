//! Counted entropy for tests.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use super::Entropy;

/// Bytes that never repeat and are the same in every run. Worthless for keys outside tests.
#[derive(Default)]
pub struct CountedEntropy(AtomicU64);

impl CountedEntropy {
    /// A source that differs from others by `seed`.
    pub fn seeded(seed: u32) -> Self {
        Self(AtomicU64::new(u64::from(seed) << 32))
    }
}

impl Entropy for CountedEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            // SplitMix64 (Steele, Lea, Flood 2014) over a counter.
            let mut word = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            word ^= word >> 31;
            chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
        }
    }
}
