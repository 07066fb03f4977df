//! An ssh-agent for tests: keys in memory, simulated security keys, the real wire format.

use std::convert::Infallible;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use rand_core::TryCryptoRng;
use rand_core::TryRng;
use ssh_key::Algorithm;
use ssh_key::EcdsaCurve;
use ssh_key::PrivateKey;
use ssh_key::Signature;
use ssh_key::SigningKey;
use ssh_key::encoding::Decode;
use ssh_key::encoding::Encode;
use ssh_key::private::EcdsaKeypair;
use ssh_key::private::Ed25519Keypair;
use ssh_key::private::KeypairData;
use ssh_key::private::RsaKeypair;
use ssh_key::public::EcdsaPublicKey;
use ssh_key::public::KeyData;
use ssh_key::public::SkEcdsaSha2NistP256;
use ssh_key::public::SkEd25519;

use super::Entropy;
use super::agent::Agent;
use super::agent::AgentError;
use super::fake::CountedEntropy;

/// The flags that choose the hash of an RSA signature.
const RSA_SHA2_256: u32 = 2;
const RSA_SHA2_512: u32 = 4;

/// The flag of PROTOCOL.u2f that says that somebody touched the key.
pub const USER_PRESENT: u8 = 0x01;

/// A key whose private half is in memory, made from a number. Worthless outside tests.
#[derive(Debug, Clone)]
pub struct SoftKey {
    private: PrivateKey,
    public: KeyData,
    /// The flags with which a simulated security key signs.
    flags: Option<u8>,
    /// The comment in `ssh-add -l`.
    pub comment: String,
}

impl SoftKey {
    /// An ed25519 key.
    pub fn ed25519(seed: u32) -> Self {
        let private = PrivateKey::from(Ed25519Keypair::from_seed(&CountedEntropy::seeded(seed).seed()));
        Self::plain(private)
    }

    /// An ed25519 key of a simulated security key, which signs with these flags for this application.
    pub fn hardware_ed25519(seed: u32, flags: u8, application: &str) -> Self {
        let pair = Ed25519Keypair::from_seed(&CountedEntropy::seeded(seed).seed());
        let public = KeyData::SkEd25519(SkEd25519::new(pair.public, application));
        Self { private: PrivateKey::from(pair), public, flags: Some(flags), comment: "software".to_owned() }
    }

    /// An ECDSA key.
    pub fn ecdsa(seed: u32, curve: EcdsaCurve) -> ssh_key::Result<Self> {
        let pair = EcdsaKeypair::random(&mut Counted::seeded(seed), curve)?;
        PrivateKey::new(KeypairData::from(pair), "").map(Self::plain)
    }

    /// An ECDSA P-256 key of a simulated security key.
    pub fn hardware_ecdsa(seed: u32, flags: u8, application: &str) -> ssh_key::Result<Self> {
        let pair = EcdsaKeypair::random(&mut Counted::seeded(seed), EcdsaCurve::NistP256)?;
        let EcdsaPublicKey::NistP256(point) = EcdsaPublicKey::from(&pair) else {
            return Err(ssh_key::Error::PublicKey);
        };
        let public = KeyData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(point, application));
        let private = PrivateKey::new(KeypairData::from(pair), "")?;
        Ok(Self { private, public, flags: Some(flags), comment: "software".to_owned() })
    }

    /// An RSA key of this many bits. Slow to make.
    pub fn rsa(seed: u32, bits: usize) -> ssh_key::Result<Self> {
        let pair = RsaKeypair::random(&mut Counted::seeded(seed), bits)?;
        PrivateKey::new(KeypairData::from(pair), "").map(Self::plain)
    }

    fn plain(private: PrivateKey) -> Self {
        let public = private.public_key().key_data().clone();
        Self { private, public, flags: None, comment: "memory".to_owned() }
    }

    /// The public half.
    pub fn public(&self) -> &KeyData {
        &self.public
    }

    /// The private half, for writing to a file. Not for simulated security keys.
    pub fn private(&self) -> &PrivateKey {
        &self.private
    }

    /// Signs bytes as `ssh-agent` does: RSA with SHA-512, security keys as PROTOCOL.u2f says.
    pub fn sign(&self, data: &[u8]) -> ssh_key::Result<Signature> {
        let Some(flags) = self.flags else { return raw(&self.private, data) };
        let (algorithm, application) = match &self.public {
            KeyData::SkEd25519(key) => (Algorithm::SkEd25519, key.application()),
            KeyData::SkEcdsaSha2NistP256(key) => (Algorithm::SkEcdsaSha2NistP256, key.application()),
            _ => return Err(ssh_key::Error::PublicKey),
        };
        let trailer = [flags, 0, 0, 0, 9];
        let mut signed = digest(&SHA256, application.as_bytes()).as_ref().to_vec();
        signed.extend_from_slice(&trailer);
        signed.extend_from_slice(digest(&SHA256, data).as_ref());
        let mut signature = raw(&self.private, &signed)?.as_bytes().to_vec();
        signature.extend_from_slice(&trailer);
        Signature::new(algorithm, signature)
    }
}

fn raw<K: SigningKey>(key: &K, data: &[u8]) -> ssh_key::Result<Signature> {
    key.try_sign(data).map_err(|_| ssh_key::Error::Crypto)
}

/// Counted bytes in the form that the key generators take.
struct Counted(CountedEntropy);

impl Counted {
    fn seeded(seed: u32) -> Self {
        Self(CountedEntropy::seeded(seed))
    }
}

impl TryRng for Counted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut word = [0; 4];
        self.0.fill(&mut word);
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut word = [0; 8];
        self.0.fill(&mut word);
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(into);
        Ok(())
    }
}

impl TryCryptoRng for Counted {}

/// An agent with keys in memory. It runs without keys until a test changes that.
#[derive(Default)]
pub struct FakeAgent {
    keys: Mutex<Vec<SoftKey>>,
    trouble: Mutex<Option<AgentError>>,
    asked_to_sign: Mutex<Vec<Vec<u8>>>,
}

impl FakeAgent {
    /// Adds a key, as `ssh-add` does.
    pub fn add(&self, key: SoftKey) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).push(key);
    }

    /// Removes all keys.
    pub fn clear(&self) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Makes every exchange fail with this error from now on. `None` ends that.
    pub fn fail(&self, trouble: Option<AgentError>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// The public key blobs with which it was asked to sign, in order.
    pub fn asked_to_sign(&self) -> Vec<Vec<u8>> {
        self.asked_to_sign.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn identities(&self) -> ssh_key::encoding::Result<Vec<u8>> {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answer = vec![12];
        u32::try_from(keys.len()).unwrap_or_default().encode(&mut answer)?;
        for key in keys.iter() {
            key.public.encode_prefixed(&mut answer)?;
            key.comment.encode(&mut answer)?;
        }
        Ok(answer)
    }

    fn sign(&self, mut message: &[u8]) -> ssh_key::encoding::Result<Vec<u8>> {
        let wanted = Vec::<u8>::decode(&mut message)?;
        let data = Vec::<u8>::decode(&mut message)?;
        let flags = u32::decode(&mut message)?;
        self.asked_to_sign.lock().unwrap_or_else(PoisonError::into_inner).push(wanted.clone());
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| key.public.encode_vec().is_ok_and(|blob| blob == wanted));
        // As strict as gpg-agent: an RSA key needs flags for its hash, and other keys allow none.
        let key = key.filter(|key| match key.public {
            KeyData::Rsa(_) => flags == RSA_SHA2_256 || flags == RSA_SHA2_512,
            _ => flags == 0,
        });
        let Some(signature) = key.and_then(|key| key.sign(&data).ok()) else { return Ok(vec![5]) };
        let mut answer = vec![14];
        signature.encode_prefixed(&mut answer)?;
        Ok(answer)
    }
}

impl Agent for FakeAgent {
    fn exchange(&self, message: &[u8], _limit: Duration) -> Result<Vec<u8>, AgentError> {
        if let Some(trouble) = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(trouble);
        }
        let answer = match message.split_first() {
            Some((11, [])) => self.identities(),
            Some((13, rest)) => self.sign(rest),
            _ => Ok(vec![5]),
        };
        answer.map_err(|error| AgentError::Damaged(error.to_string()))
    }
}
