//! Signers for tests and the demonstration of attacks: keys made from a number. Only with the feature
//! `testing`.

use ssh_key::EcdsaCurve;
use ssh_key::Signature;

use super::IdentityError;
use super::Signer;
use super::armour;
use super::key;
use crate::system::fake_agent::SoftKey;
use crate::system::fake_agent::USER_PRESENT;

/// Signs anything with a key in memory.
#[derive(Debug, Clone)]
pub struct TestSigner {
    key: SoftKey,
    line: String,
    fingerprint: String,
}

impl TestSigner {
    /// A person's ed25519 key.
    pub fn ed25519(seed: u32) -> Self {
        Self::of(SoftKey::ed25519(seed))
    }

    /// A person's security key, touched for each signature.
    pub fn touch(seed: u32) -> Self {
        Self::hardware(seed, USER_PRESENT, "ssh:")
    }

    /// A security key that signs with these flags for this application.
    pub fn hardware(seed: u32, flags: u8, application: &str) -> Self {
        Self::of(SoftKey::hardware_ed25519(seed, flags, application))
    }

    /// An ECDSA P-256 key.
    pub fn ecdsa(seed: u32) -> Result<Self, IdentityError> {
        SoftKey::ecdsa(seed, EcdsaCurve::NistP256).map(Self::of).map_err(|error| failed(&error))
    }

    /// Wraps any key in memory.
    pub fn of(key: SoftKey) -> Self {
        let line = ssh_key::PublicKey::from(key.public().clone()).to_openssh().unwrap_or_default();
        let fingerprint = key::fingerprint(key.public());
        Self { key, line, fingerprint }
    }

    /// The key, to be put into a [`crate::system::fake_agent::FakeAgent`].
    pub fn key(&self) -> &SoftKey {
        &self.key
    }

    /// The raw signature over bytes, outside any SSHSIG.
    pub fn sign_raw(&self, data: &[u8]) -> Result<Signature, IdentityError> {
        self.key.sign(data).map_err(|error| failed(&error))
    }
}

impl Signer for TestSigner {
    fn public_key(&self) -> &str {
        &self.line
    }

    fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn sign(&self, namespace: &str, message: &[u8]) -> Result<String, IdentityError> {
        armour::assemble(self.key.public(), namespace, message, |data| self.sign_raw(data))
    }
}

fn failed(error: &ssh_key::Error) -> IdentityError {
    IdentityError::Key(error.to_string())
}
