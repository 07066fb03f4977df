//! Public keys: which are acceptable, and their OpenSSH text line.

use ssh_key::HashAlg;
use ssh_key::Mpint;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;
use ssh_key::public::RsaPublicKey;

use super::IdentityError;
use crate::address;
use crate::grant::text::sanitise;

/// The longest public key line, in bytes. An RSA key of 8192 bits needs 1.4 KiB.
const MAX_LINE: usize = 8 * 1024;
/// The longest comment that is kept, in characters. An agent may send any amount of text.
const MAX_COMMENT: usize = 100;
/// The smallest RSA modulus, in bits.
const MIN_RSA: usize = 3072;
/// The largest RSA modulus, in bits. The RSA library verifies no larger ones, and they only cost time.
const MAX_RSA: usize = 8192;
/// The FIDO application of people's keys that OpenSSH made. A passkey has the host name of its site instead.
const APPLICATION: &str = "ssh:";

/// An acceptable public key, as one line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLine {
    /// Algorithm and key, without the comment. Equal keys have equal lines.
    pub line: String,
    /// `SHA256:…`
    pub fingerprint: String,
    /// Whether it is an `sk-` key, whose signatures can prove a touch.
    pub hardware: bool,
    /// The host name of the site for which a passkey signs. `None` for other keys.
    pub site: Option<String>,
    /// The key's comment, safe for a terminal.
    pub comment: String,
}

impl PublicLine {
    pub(super) fn of(key: &KeyData, comment: &str) -> Result<Self, IdentityError> {
        check(key)?;
        let line = PublicKey::from(key.clone())
            .to_openssh()
            .map_err(|error| IdentityError::Key(sanitise(&error.to_string())))?;
        Ok(Self {
            line,
            fingerprint: fingerprint(key),
            hardware: is_hardware(key),
            site: site(key).map(str::to_owned),
            comment: sanitise(&comment.chars().take(MAX_COMMENT).collect::<String>()),
        })
    }
}

/// Parses one OpenSSH public key line: algorithm, key, and an optional comment. Refuses options, certificates and weak
/// keys.
pub fn parse_line(line: &str) -> Result<PublicLine, IdentityError> {
    let key = parse(line)?;
    PublicLine::of(key.key_data(), &String::from_utf8_lossy(key.comment().as_bytes()))
}

pub(super) fn parse(line: &str) -> Result<PublicKey, IdentityError> {
    if line.len() > MAX_LINE {
        return Err(IdentityError::Key(format!("the line is longer than {MAX_LINE} bytes")));
    }
    let line = line.trim();
    if line.contains(['\n', '\r']) {
        return Err(IdentityError::Key("it has more than one line".to_owned()));
    }
    if line.contains("PRIVATE KEY") {
        return Err(IdentityError::Key("this is a private key; name the .pub file".to_owned()));
    }
    let key =
        PublicKey::from_openssh(line).map_err(|error| IdentityError::Key(sanitise(&error.to_string())))?;
    check(key.key_data())?;
    Ok(key)
}

pub(super) fn fingerprint(key: &KeyData) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// Whether a public key line is of a hardware key (`sk-`).
pub fn is_hardware_line(line: &str) -> bool {
    line.starts_with("sk-")
}

pub(super) fn is_hardware(key: &KeyData) -> bool {
    matches!(key, KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_))
}

/// The host name of the site that a passkey belongs to. `None` for keys that OpenSSH made.
pub(super) fn site(key: &KeyData) -> Option<&str> {
    let KeyData::SkEcdsaSha2NistP256(key) = key else { return None };
    Some(key.application()).filter(|application| address::is_host_name(application))
}

/// Refuses keys that are weak or of an unknown kind.
pub(super) fn check(key: &KeyData) -> Result<(), IdentityError> {
    match key {
        KeyData::Ed25519(_) | KeyData::Ecdsa(_) => Ok(()),
        KeyData::Rsa(key) => check_rsa(key),
        KeyData::SkEd25519(key) => check_application(key.application()),
        KeyData::SkEcdsaSha2NistP256(_) if site(key).is_some() => Ok(()),
        KeyData::SkEcdsaSha2NistP256(key) => check_application(key.application()),
        KeyData::Certificate(_) => Err(IdentityError::Key("certificates are not accepted".to_owned())),
        other => Err(IdentityError::Key(format!(
            "keys of type {} are not accepted",
            sanitise(other.algorithm().as_str())
        ))),
    }
}

fn check_rsa(key: &RsaPublicKey) -> Result<(), IdentityError> {
    let bits = bits(key.n());
    if bits < MIN_RSA {
        return Err(IdentityError::Key(format!(
            "an RSA key of {bits} bits is too weak, {MIN_RSA} are needed"
        )));
    }
    if bits > MAX_RSA {
        return Err(IdentityError::Key(format!(
            "an RSA key of {bits} bits is too large, {MAX_RSA} are enough"
        )));
    }
    // With an exponent of 1, or an even one, anybody can forge signatures.
    let exponent = key.e().as_positive_bytes().unwrap_or_default();
    if bits_of(exponent) < 2 || exponent.last().is_none_or(|last| last % 2 == 0) {
        return Err(IdentityError::Key("the RSA key's exponent is unsafe".to_owned()));
    }
    Ok(())
}

/// The exact length of a number in bits. `RsaPublicKey::key_size` rounds up to whole bytes, which would accept weaker
/// keys.
fn bits(number: &Mpint) -> usize {
    bits_of(number.as_positive_bytes().unwrap_or_default())
}

fn bits_of(bytes: &[u8]) -> usize {
    let leading: usize = bytes.first().map_or(0, |first| first.leading_zeros() as usize);
    (bytes.len() * 8).saturating_sub(leading)
}

fn check_application(application: &str) -> Result<(), IdentityError> {
    if application == APPLICATION {
        return Ok(());
    }
    // A key made for a web site could otherwise be tricked into signing one of our statements. A passkey cannot: its own kind of
    // signature says where it was made.
    Err(IdentityError::Key(format!(
        "the security key's application is {:?}, not {APPLICATION:?}",
        sanitise(application)
    )))
}
