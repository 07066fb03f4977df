//! The log key: Ed25519 (RFC 8032), its private half a secret of the environment `jit-log`, its public half in the policy.

use aws_lc_rs::signature::ED25519;
use aws_lc_rs::signature::Ed25519KeyPair;
use aws_lc_rs::signature::KeyPair;
use aws_lc_rs::signature::UnparsedPublicKey;
use data_encoding::BASE64URL_NOPAD;

use crate::secret::Secret;

/// Signs events and indexes.
pub struct JournalKey(Ed25519KeyPair);

impl JournalKey {
    /// A key from its seed: 32 bytes in base64url without padding, as the secret `JIT_LOG_KEY` holds it.
    pub fn read(text: &Secret<String>) -> Option<Self> {
        let seed = Secret::new(BASE64URL_NOPAD.decode(text.expose().trim().as_bytes()).ok()?);
        Ed25519KeyPair::from_seed_unchecked(seed.expose()).ok().map(Self)
    }

    /// The public half, as it stands in the policy.
    pub fn public(&self) -> Option<[u8; 32]> {
        self.0.public_key().as_ref().try_into().ok()
    }

    /// The public half in base64url, for `access.toml`.
    pub fn public_text(&self) -> String {
        BASE64URL_NOPAD.encode(self.0.public_key().as_ref())
    }

    pub(super) fn sign(&self, domain: &[u8], message: &[u8]) -> String {
        BASE64URL_NOPAD.encode(self.0.sign(&framed(domain, message)).as_ref())
    }
}

/// Whether one of these keys signed a message in a domain.
pub(super) fn verify(keys: &[[u8; 32]], domain: &[u8], message: &[u8], signature: &str) -> bool {
    let Ok(signature) = BASE64URL_NOPAD.decode(signature.as_bytes()) else { return false };
    let message = framed(domain, message);
    keys.iter().any(|key| UnparsedPublicKey::new(&ED25519, key).verify(&message, &signature).is_ok())
}

/// Domains end in a zero byte and hold none, so that no message of one is a message of another.
fn framed(domain: &[u8], message: &[u8]) -> Vec<u8> {
    [domain, message].concat()
}
