//! SSHSIG: creating the armoured text and verifying it, more strictly than OpenSSH does.

use ssh_key::Algorithm;
use ssh_key::HashAlg;
use ssh_key::LineEnding;
use ssh_key::PublicKey;
use ssh_key::Signature;
use ssh_key::SshSig;
use ssh_key::public::KeyData;

use super::IdentityError;
use super::Verified;
use super::key;
use super::passkey::Packed;
use super::passkey::Site;
use crate::grant::Assurance;
use crate::grant::text::sanitise;

/// The longest armoured signature, in bytes. An RSA key of 8192 bits needs 3 KiB.
const MAX_ARMOUR: usize = 16 * 1024;
/// The flags byte and the four-byte counter that end a security key's signature (PROTOCOL.u2f).
const TRAILER: usize = 5;
/// The flag that says "somebody touched the key". Neither OpenSSH's `-Y verify` nor `ssh-key` requires it.
const USER_PRESENT: u8 = 0x01;

/// Verifies an armoured SSHSIG over `message`: exactly this namespace, SHA-256 or SHA-512, an acceptable key, and for
/// security keys a touch. The armour must be spelled as `ssh-keygen -Y sign` spells it, so that nothing can hide in it.
/// A passkey's signature is refused, because it counts only at its own site: see [`verify_for`].
pub fn verify(namespace: &str, message: &[u8], armoured: &str) -> Result<Verified, IdentityError> {
    verify_by(&|| None, namespace, message, armoured)
}

/// The same for this authority: a passkey of its site counts as well, and is a touch.
pub fn verify_for(
    authority: &str,
    namespace: &str,
    message: &[u8],
    armoured: &str,
) -> Result<Verified, IdentityError> {
    verify_by(&|| Site::of(authority), namespace, message, armoured)
}

/// The same for the site, which is asked for only if a passkey signed.
pub(super) fn verify_by(
    site: &dyn Fn() -> Option<Site>,
    namespace: &str,
    message: &[u8],
    armoured: &str,
) -> Result<Verified, IdentityError> {
    tracing::trace!(target: "jit::work", "verified");
    if armoured.len() > MAX_ARMOUR {
        return Err(refused(&format!("it is longer than {MAX_ARMOUR} bytes")));
    }
    let signature = match SshSig::from_pem(armoured) {
        Ok(signature) => signature,
        Err(error) => {
            let packed = Packed::read(armoured)?
                .ok_or_else(|| refused(&format!("it is not an SSH signature ({error})")))?;
            check_spelling(&packed.armour()?, armoured)?;
            check_namespace(packed.namespace(), namespace)?;
            return packed.verify(site().as_ref(), message);
        }
    };
    let spelled = signature.to_pem(LineEnding::LF).map_err(|error| refused(&error.to_string()))?;
    check_spelling(&spelled, armoured)?;
    if signature.version() != SshSig::VERSION || !signature.reserved().is_empty() {
        return Err(refused("its version is not known"));
    }
    check_namespace(signature.namespace(), namespace)?;
    let public = signature.public_key();
    key::check(public)?;
    if let Some(site) = key::site(public) {
        return Err(refused(&format!("its key is a passkey of {site}, and it was not made in a browser")));
    }
    let assurance = assurance(public, signature.signature())?;
    PublicKey::from(public.clone())
        .verify(namespace, message, &signature)
        .map_err(|_| refused("it was made over other bytes or with another key"))?;
    Ok(Verified { fingerprint: key::fingerprint(public), assurance })
}

/// Refuses what is not spelled as it would be spelled here.
fn check_spelling(spelled: &str, armoured: &str) -> Result<(), IdentityError> {
    let same = spelled.trim_end_matches('\n') == armoured.trim_end_matches('\n');
    if same { Ok(()) } else { Err(refused("it is not in canonical form")) }
}

fn check_namespace(found: &str, namespace: &str) -> Result<(), IdentityError> {
    if found == namespace {
        return Ok(());
    }
    Err(refused(&format!("it was made for {:?}, not for {namespace:?}", sanitise(found))))
}

/// The assurance of the signature. Refuses an algorithm that is weak or not the key's.
fn assurance(public: &KeyData, signature: &Signature) -> Result<Assurance, IdentityError> {
    let fits = match (public, signature.algorithm()) {
        // `ssh-rsa` itself means SHA-1 (RFC 8332 §3). Only the two SHA-2 forms carry a hash here.
        (KeyData::Rsa(_), Algorithm::Rsa { hash }) => {
            matches!(hash, Some(HashAlg::Sha256 | HashAlg::Sha512))
        }
        (KeyData::Rsa(_), _) => false,
        (_, algorithm) => public.algorithm() == algorithm,
    };
    if !fits {
        return Err(refused(&format!(
            "its algorithm {} is not one that {} keys may use",
            sanitise(signature.algorithm().as_str()),
            sanitise(public.algorithm().as_str())
        )));
    }
    if !key::is_hardware(public) {
        return Ok(Assurance::Key);
    }
    let bytes = signature.as_bytes();
    let flags = bytes.len().checked_sub(TRAILER).and_then(|at| bytes.get(at)).copied().unwrap_or_default();
    if flags & USER_PRESENT == 0 {
        return Err(refused("the security key was not touched"));
    }
    Ok(Assurance::Touch)
}

/// Builds the armoured text. `sign` receives the bytes that the key itself must sign. Does not verify the result.
pub(super) fn assemble(
    public: &KeyData,
    namespace: &str,
    message: &[u8],
    sign: impl FnOnce(&[u8]) -> Result<Signature, IdentityError>,
) -> Result<String, IdentityError> {
    let failed = |error: ssh_key::Error| refused(&error.to_string());
    let data = SshSig::signed_data(namespace, HashAlg::Sha512, message).map_err(failed)?;
    let signature = sign(&data)?;
    let armoured = SshSig::new(public.clone(), namespace, HashAlg::Sha512, signature)
        .and_then(|signature| signature.to_pem(LineEnding::LF))
        .map_err(failed)?;
    Ok(armoured)
}

fn refused(cause: &str) -> IdentityError {
    IdentityError::Signature(sanitise(cause))
}
