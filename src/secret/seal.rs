//! Sealing a lease to the one-use key of the request that asked for it.
//!
//! HPKE base mode (RFC 9180) with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and ChaCha20-Poly1305. A sealed value is the
//! 32-byte encapsulated key followed by the ciphertext, base64url without padding.

use std::convert::Infallible;

use data_encoding::BASE64URL_NOPAD;
use hpke::Deserializable;
use hpke::Kem;
use hpke::OpModeR;
use hpke::OpModeS;
use hpke::Serializable;
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use rand_core::TryCryptoRng;
use rand_core::TryRng;
use zeroize::Zeroizing;

use super::Secret;

/// Domain separation: the HPKE `info` of every sealed lease.
const INFO: &[u8] = b"jit.lease.v1";
/// Length of an encapsulated X25519 key, in bytes.
const ENCAPSULATED: usize = 32;

/// Why a value could not be sealed or opened. Never reveals the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The recipient is not a base64url X25519 public key.
    #[error("the recipient key is not a valid X25519 key")]
    Recipient,
    /// The sealed value is not base64url, or too short.
    #[error("the sealed credentials are damaged")]
    Damaged,
    /// The value was sealed to another key, for another request, or was modified.
    #[error("the sealed credentials do not belong to this request")]
    Mismatch,
}

/// The private half of a request's one-use key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientKey(Secret<Vec<u8>>);

impl RecipientKey {
    /// Derives a key pair from 32 bytes of fresh entropy.
    pub fn generate(entropy: &[u8; 32]) -> Self {
        let (private, _) = X25519HkdfSha256::derive_keypair(entropy);
        Self(Secret::new(private.to_bytes().to_vec()))
    }

    /// The public half as in a request statement: base64url without padding, 32 bytes.
    pub fn public(&self) -> Result<String, SealError> {
        let public = X25519HkdfSha256::sk_to_pk(&self.private()?);
        Ok(BASE64URL_NOPAD.encode(&public.to_bytes()))
    }

    /// The private half for the keychain: base64url without padding.
    pub fn to_storage(&self) -> Secret<String> {
        Secret::new(BASE64URL_NOPAD.encode(self.0.expose()))
    }

    /// Parses the output of [`RecipientKey::to_storage`].
    pub fn from_storage(stored: &str) -> Result<Self, SealError> {
        let bytes = BASE64URL_NOPAD.decode(stored.as_bytes()).map_err(|_| SealError::Damaged)?;
        let key = Self(Secret::new(bytes));
        key.private().map(|_| key)
    }

    /// Opens a sealed value. `associated` must be the associated data that it was sealed with.
    pub fn open(&self, sealed: &str, associated: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).map_err(|_| SealError::Damaged)?;
        if bytes.len() <= ENCAPSULATED {
            return Err(SealError::Damaged);
        }
        let (encapsulated, ciphertext) = bytes.split_at(ENCAPSULATED);
        let encapsulated = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated)
            .map_err(|_| SealError::Damaged)?;
        hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &self.private()?,
            &encapsulated,
            INFO,
            ciphertext,
            associated,
        )
        .map(Secret::new)
        .map_err(|_| SealError::Mismatch)
    }

    fn private(&self) -> Result<<X25519HkdfSha256 as Kem>::PrivateKey, SealError> {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(self.0.expose()).map_err(|_| SealError::Recipient)
    }
}

/// Checks that `recipient` is a public key that [`seal`] accepts.
pub fn check_recipient(recipient: &str) -> Result<(), SealError> {
    public_key(recipient).map(|_| ())
}

/// Checks that values can be sealed to `recipient`. A point of low order is a well-formed public key, but everybody
/// knows the resulting secret, so nothing may be sealed to it.
///
/// # Errors
/// Nothing can be sealed to it.
pub fn check_sealable(recipient: &str) -> Result<(), SealError> {
    // The plaintext is empty, so the entropy need not be secret.
    seal(recipient, b"", b"", [1; ENCAPSULATED]).map(|_| ())
}

/// Seals `plaintext` to `recipient`, bound to `associated`. Takes 32 bytes of fresh entropy.
pub fn seal(
    recipient: &str,
    plaintext: &[u8],
    associated: &[u8],
    entropy: [u8; 32],
) -> Result<String, SealError> {
    let (encapsulated, ciphertext) =
        hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &public_key(recipient)?,
            INFO,
            plaintext,
            associated,
            &mut OneUse { bytes: Zeroizing::new(entropy), used: 0 },
        )
        .map_err(|_| SealError::Recipient)?;
    let mut sealed = encapsulated.to_bytes().to_vec();
    sealed.extend_from_slice(&ciphertext);
    Ok(BASE64URL_NOPAD.encode(&sealed))
}

fn public_key(recipient: &str) -> Result<<X25519HkdfSha256 as Kem>::PublicKey, SealError> {
    let bytes = BASE64URL_NOPAD.decode(recipient.as_bytes()).map_err(|_| SealError::Recipient)?;
    <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&bytes).map_err(|_| SealError::Recipient)
}

/// Gives the HPKE library exactly the 32 bytes of entropy that the encapsulation draws.
struct OneUse {
    bytes: Zeroizing<[u8; 32]>,
    used: usize,
}

impl TryRng for OneUse {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        let end = self.used + into.len();
        // Repeated entropy would be a catastrophe that no caller could notice, so this is the one case for a panic.
        assert!(end <= self.bytes.len(), "the HPKE library drew more entropy than one encapsulation needs");
        into.copy_from_slice(&self.bytes[self.used..end]);
        self.used = end;
        Ok(())
    }
}

impl TryCryptoRng for OneUse {}

#[cfg(test)]
mod tests {
    use super::RecipientKey;
    use super::SealError;
    use super::seal;

    #[test]
    fn opens_only_with_the_right_key_and_the_right_associated_data() {
        let key = RecipientKey::generate(&[7; 32]);
        let sealed = seal(&key.public().unwrap(), b"credentials", b"request 1", [9; 32]).unwrap();
        assert_eq!(key.open(&sealed, b"request 1").unwrap().expose(), b"credentials");
        assert_eq!(key.open(&sealed, b"request 2").unwrap_err(), SealError::Mismatch);
        let other = RecipientKey::generate(&[8; 32]);
        assert_eq!(other.open(&sealed, b"request 1").unwrap_err(), SealError::Mismatch);
        assert_eq!(key.open("AAAA", b"request 1").unwrap_err(), SealError::Damaged);
    }

    #[test]
    fn survives_storage() {
        let key = RecipientKey::generate(&[7; 32]);
        assert_eq!(RecipientKey::from_storage(key.to_storage().expose()).unwrap(), key);
    }
}
