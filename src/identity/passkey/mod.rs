//! Passkeys: signatures that a browser makes with WebAuthn, packed so that stock OpenSSH verifies them.
//!
//! The WebAuthn challenge is the very blob that an SSH key would sign (PROTOCOL.sshsig), so an assertion fits into an ordinary
//! SSH signature of the type `webauthn-sk-ecdsa-sha2-nistp256@openssh.com` (PROTOCOL.u2f). Invariant: `ssh-keygen -Y verify` accepts every
//! signature that this code accepts; this code demands more.

mod authenticator_data;
mod client_data;
mod enrol;
mod packed;
mod site;

use ssh_key::HashAlg;
use ssh_key::SshSig;
use ssh_key::public::KeyData;

use super::IdentityError;
use super::armour;
use super::key;
use crate::grant::text::sanitise;
pub use enrol::Registration;
pub use enrol::enrol;
pub(super) use packed::Packed;
pub use site::Site;

/// The result of `navigator.credentials.get` in the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// The authenticator's data (WebAuthn §6.1).
    pub authenticator_data: Vec<u8>,
    /// The client data in JSON, as the browser spelt it (WebAuthn §5.8.1).
    pub client_data_json: Vec<u8>,
    /// The ECDSA signature in ASN.1 DER (WebAuthn §6.5.5).
    pub signature: Vec<u8>,
}

/// The exact bytes of the WebAuthn challenge for a message: the blob that an SSH signature with SHA-512 is over.
///
/// # Errors
/// The namespace is empty.
pub fn challenge(namespace: &str, message: &[u8]) -> Result<Vec<u8>, IdentityError> {
    SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(|error| refused(&error.to_string()))
}

/// Packs an assertion into an armoured SSH signature by the passkey of this key line, and verifies it as any signature is
/// verified.
///
/// # Errors
/// The line is not a passkey's, or the assertion is not one over exactly this message, in this namespace, at this site.
pub fn pack(
    key_line: &str,
    site: &Site,
    namespace: &str,
    message: &[u8],
    assertion: &Assertion,
) -> Result<String, IdentityError> {
    let key = key::parse(key_line)?;
    let KeyData::SkEcdsaSha2NistP256(passkey) = key.key_data() else {
        return Err(IdentityError::Key("it is not a passkey".to_owned()));
    };
    let armoured = Packed::of(passkey.clone(), site, namespace, assertion)?.armour()?;
    armour::verify_by(&|| Some(site.clone()), namespace, message, &armoured)?;
    Ok(armoured)
}

fn refused(cause: &str) -> IdentityError {
    IdentityError::Signature(sanitise(cause))
}
