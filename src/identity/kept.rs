//! A key that the keychain keeps: made for one sign-in at an identity provider, and forgotten at logout.

use data_encoding::BASE64URL_NOPAD;
use ssh_key::PrivateKey;
use ssh_key::private::Ed25519Keypair;

use super::IdentityError;
use super::Signer;
use super::key::PublicLine;
use super::signer::FileSigner;
use crate::secret::Secret;
use crate::system::Entropy;

/// An Ed25519 key in memory, with its form for the keychain.
pub struct KeptKey {
    seed: Secret<Vec<u8>>,
    line: PublicLine,
}

impl KeptKey {
    /// A new key.
    ///
    /// # Errors
    /// The key's text cannot be written.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, IdentityError> {
        Self::of_seed(Secret::new(entropy.seed().to_vec()))
    }

    /// Reads the text that [`KeptKey::to_storage`] wrote.
    ///
    /// # Errors
    /// It is another text.
    pub fn from_storage(text: &str) -> Result<Self, IdentityError> {
        let seed = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
        Self::of_seed(Secret::new(seed))
    }

    /// The text for the keychain.
    pub fn to_storage(&self) -> Secret<String> {
        Secret::new(BASE64URL_NOPAD.encode(self.seed.expose()))
    }

    /// The public key as one OpenSSH line without comment.
    pub fn line(&self) -> &str {
        &self.line.line
    }

    /// Signs with the key.
    ///
    /// # Errors
    /// Never for a key of this kind.
    pub fn signer(&self) -> Result<Box<dyn Signer>, IdentityError> {
        Ok(Box::new(FileSigner::new(pair(&self.seed)?)?))
    }

    fn of_seed(seed: Secret<Vec<u8>>) -> Result<Self, IdentityError> {
        let line = PublicLine::of(pair(&seed)?.public_key().key_data(), "")?;
        Ok(Self { seed, line })
    }
}

fn pair(seed: &Secret<Vec<u8>>) -> Result<PrivateKey, IdentityError> {
    let seed: &[u8; 32] = seed
        .expose()
        .as_slice()
        .try_into()
        .map_err(|_| IdentityError::File("the keychain's session key is damaged".to_owned()))?;
    Ok(PrivateKey::from(Ed25519Keypair::from_seed(seed)))
}
