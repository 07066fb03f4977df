//! The sealed boxes of libsodium, in which GitHub takes the values of secrets ("Encrypting secrets for the REST API").
//!
//! A sealed box is the one-use public key followed by a box of X25519, XSalsa20 and Poly1305 (libsodium, "Sealed boxes").

use crypto_box::PublicKey;
use crypto_box::aead::rand_core;
use crypto_box::aead::rand_core::CryptoRng;
use crypto_box::aead::rand_core::RngCore;
use data_encoding::BASE64;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::Secret;
use super::seal::check_sealable;

/// The length of a public key, in bytes.
const KEY: usize = 32;

/// Seals a value to a public key. Key and box are base64, as GitHub spells them. Takes 32 bytes of fresh entropy.
/// `None` if the key is not one, or if everybody knows what it would be sealed with.
pub fn seal(recipient: &str, value: &Secret<String>, entropy: [u8; 32]) -> Option<String> {
    let key: [u8; KEY] = BASE64.decode(recipient.as_bytes()).ok()?.try_into().ok()?;
    // A point of low order makes a shared secret that everybody knows (RFC 7748 §6.1).
    check_sealable(&BASE64URL_NOPAD.encode(&key)).ok()?;
    let mut once = OneUse { bytes: Zeroizing::new(entropy), used: 0 };
    let sealed = PublicKey::from_bytes(key).seal(&mut once, value.expose().as_bytes()).ok()?;
    Some(BASE64.encode(&sealed))
}

/// Gives the library exactly the 32 bytes of entropy that its one-use key draws.
struct OneUse {
    bytes: Zeroizing<[u8; 32]>,
    used: usize,
}

impl RngCore for OneUse {
    fn next_u32(&mut self) -> u32 {
        let mut word = [0; 4];
        self.fill_bytes(&mut word);
        u32::from_le_bytes(word)
    }

    fn next_u64(&mut self) -> u64 {
        let mut word = [0; 8];
        self.fill_bytes(&mut word);
        u64::from_le_bytes(word)
    }

    fn fill_bytes(&mut self, into: &mut [u8]) {
        let end = self.used + into.len();
        // Repeated entropy would be a catastrophe that no caller could notice, so this is a case for a panic.
        assert!(end <= self.bytes.len(), "the library drew more entropy than one sealed box needs");
        into.copy_from_slice(&self.bytes[self.used..end]);
        self.used = end;
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(into);
        Ok(())
    }
}

impl CryptoRng for OneUse {}

#[cfg(test)]
mod tests {
    use crypto_box::SecretKey;

    use super::*;

    #[test]
    fn only_the_key_that_it_was_sealed_to_opens_a_box() {
        let key = SecretKey::from_bytes([7; 32]);
        let public = BASE64.encode(key.public_key().as_bytes());
        let sealed = seal(&public, &Secret::from("hush"), [9; 32]).unwrap();
        let bytes = BASE64.decode(sealed.as_bytes()).unwrap();
        // 32 bytes of the one-use key and 16 of the tag (libsodium, `crypto_box_SEALBYTES`).
        assert_eq!(bytes.len(), 48 + 4);
        assert_eq!(key.unseal(&bytes).unwrap(), b"hush");
        assert!(SecretKey::from_bytes([8; 32]).unseal(&bytes).is_err());
        assert_ne!(seal(&public, &Secret::from("hush"), [10; 32]).unwrap(), sealed);
    }

    #[test]
    fn what_is_no_key_seals_nothing() {
        let zero = BASE64.encode(&[0; 32]);
        for bad in ["", "AAAA", "not base64", zero.as_str()] {
            assert_eq!(seal(bad, &Secret::from("hush"), [9; 32]), None, "{bad}");
        }
    }
}
