//! The source of randomness.

use data_encoding::BASE64URL_NOPAD;

/// A source of randomness fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);

    /// Thirty-two random bytes: a key, or the seed of one.
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.fill(&mut seed);
        seed
    }

    /// 256 random bits as base64url text without padding, 43 characters: a nonce or a token.
    fn token(&self) -> String {
        BASE64URL_NOPAD.encode(&self.seed())
    }
}

/// The operating system's generator.
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(
        clippy::expect_used,
        reason = "without randomness no key is safe: stopping is the only right answer"
    )]
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer).expect("the operating system's random generator answers");
    }
}
