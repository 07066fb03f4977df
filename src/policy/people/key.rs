//! The SSH public keys that people may sign with.

use jiff::Timestamp;
use ssh_key::HashAlg;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use crate::address;
use crate::grant::Assurance;

/// An SSH public key of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonKey {
    /// `SHA256:…`
    pub fingerprint: String,
    /// The key in OpenSSH's format, without a comment.
    pub line: String,
    /// Whether the key is in hardware (`sk-`), and so can prove a touch. True for a passkey.
    pub hardware: bool,
    /// The strongest assurance that a signature by it can have: `account` for a key that only a token names.
    pub worth: Assurance,
    /// Until when it signs new statements. `None` for a key that stays.
    pub until: Option<Timestamp>,
    /// The host name of the site for which a passkey signs. `None` for other keys.
    pub site: Option<String>,
}

impl PersonKey {
    /// The strongest assurance of a key of this kind, once it is known whose it is.
    pub(in crate::policy) fn full_worth(hardware: bool) -> Assurance {
        if hardware { Assurance::Touch } else { Assurance::Key }
    }
}

/// Why a text is not an acceptable signing key. Never repeats the text, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::policy) enum KeyError {
    #[error("this is a private key; everybody who can read this file now has it")]
    Private,
    #[error("this is not an SSH public key")]
    Unreadable,
    #[error("this is an SSH certificate; a policy names keys")]
    Certificate,
    #[error("keys of the kind {0} are not accepted")]
    Kind(String),
    #[error("an RSA key needs at least {MIN_RSA_BITS} bits, and this one has {0}")]
    Short(usize),
    #[error(
        "this RSA key has an odd shape: at most {MAX_RSA_BITS} bits and an odd exponent from 3 are accepted"
    )]
    Rsa,
    #[error("this key is in a compressed form that OpenSSH does not write")]
    Compressed,
    #[error("this hardware key was made neither for SSH nor as a passkey")]
    Application,
}

impl KeyError {
    pub(in crate::policy) fn hint(&self) -> &'static str {
        match self {
            Self::Private => "remove the key everywhere, make a new one with `ssh-keygen -t ed25519`",
            Self::Unreadable | Self::Certificate => "paste a line that `ssh-add -L` prints",
            Self::Kind(_) | Self::Short(_) | Self::Rsa | Self::Compressed | Self::Application => {
                "make another one with `ssh-keygen -t ed25519`, or `-t ed25519-sk` for a hardware key"
            }
        }
    }
}

/// The fewest bits of an RSA key (docs/trust.md, "The parts").
const MIN_RSA_BITS: usize = 3072;
/// The most bits that OpenSSH accepts. More bits cost too much to verify.
const MAX_RSA_BITS: usize = 16_384;

/// Parses one line as `ssh-add -L` prints it.
pub(in crate::policy) fn read(text: &str) -> Result<PersonKey, KeyError> {
    if text.contains("PRIVATE KEY") {
        return Err(KeyError::Private);
    }
    if text.len() > 16_384 {
        return Err(KeyError::Unreadable);
    }
    let parsed = PublicKey::from_openssh(text.trim()).map_err(|_| unreadable(text))?;
    let hardware = check(parsed.key_data())?;
    let bare = PublicKey::from(parsed.key_data().clone());
    let line = bare.to_openssh().map_err(|_| KeyError::Unreadable)?;
    let fingerprint = bare.fingerprint(HashAlg::Sha256).to_string();
    let site = site(parsed.key_data()).map(str::to_owned);
    Ok(PersonKey { fingerprint, line, hardware, worth: PersonKey::full_worth(hardware), until: None, site })
}

/// The site of a passkey, which is its application. Keys that OpenSSH made have one that begins with `ssh:`.
fn site(key: &KeyData) -> Option<&str> {
    let KeyData::SkEcdsaSha2NistP256(key) = key else { return None };
    Some(key.application()).filter(|application| address::is_host_name(application))
}

fn unreadable(text: &str) -> KeyError {
    let kind = text.split_whitespace().next().unwrap_or_default();
    if kind.contains("-cert-v") { KeyError::Certificate } else { KeyError::Unreadable }
}

/// Whether the key is in hardware.
///
/// # Errors
/// The key is not acceptable.
fn check(key: &KeyData) -> Result<bool, KeyError> {
    // The first byte of a SEC 1 point. Another form of the same key would have another fingerprint, and so be another
    // person.
    const UNCOMPRESSED: Option<&u8> = Some(&4);
    match key {
        KeyData::Ed25519(_) => Ok(false),
        KeyData::Ecdsa(key) if key.as_sec1_bytes().first() == UNCOMPRESSED => Ok(false),
        KeyData::Rsa(key) => {
            let bits = |bytes: &[u8]| {
                bytes.len() * 8 - bytes.first().map_or(0, |first| first.leading_zeros() as usize)
            };
            let modulus = key.n().as_positive_bytes().unwrap_or_default();
            let exponent = key.e().as_positive_bytes().unwrap_or_default();
            let odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last & 1 == 1);
            if bits(modulus) < MIN_RSA_BITS {
                return Err(KeyError::Short(bits(modulus)));
            }
            let fits = bits(modulus) <= MAX_RSA_BITS && odd(modulus) && odd(exponent);
            if fits && (2..=64).contains(&bits(exponent)) { Ok(false) } else { Err(KeyError::Rsa) }
        }
        KeyData::SkEd25519(key) if key.application().starts_with("ssh:") => Ok(true),
        KeyData::SkEcdsaSha2NistP256(token) => {
            let known = token.application().starts_with("ssh:") || site(key).is_some();
            let whole = token.ec_point().as_bytes().first() == UNCOMPRESSED;
            if !known {
                Err(KeyError::Application)
            } else if whole {
                Ok(true)
            } else {
                Err(KeyError::Compressed)
            }
        }
        KeyData::SkEd25519(_) => Err(KeyError::Application),
        KeyData::Ecdsa(_) => Err(KeyError::Compressed),
        KeyData::Certificate(_) => Err(KeyError::Certificate),
        other => Err(KeyError::Kind(other.algorithm().as_str().chars().take(64).collect())),
    }
}
