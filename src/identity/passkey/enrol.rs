//! Turns the registration of a passkey into a line for `people.toml`.

use ciborium::Value;
use p256::PublicKey;
use ssh_key::public::EcdsaPublicKey;
use ssh_key::public::KeyData;
use ssh_key::public::SkEcdsaSha2NistP256;

use super::authenticator_data;
use super::authenticator_data::AuthenticatorData;
use super::authenticator_data::read_cbor;
use super::client_data;
use super::packed::sha256;
use super::site::Site;
use crate::grant::text::sanitise;
use crate::identity::IdentityError;
use crate::identity::key::PublicLine;

/// The longest attestation object, in bytes. Those with certificates of a manufacturer need some 5 KiB.
const MAX_ATTESTATION: usize = 64 * 1024;
/// The longest client data, in bytes.
const MAX_CLIENT_DATA: usize = 8 * 1024;
/// The length of the number of the authenticator's model, which precedes a credential (WebAuthn §6.5.1).
const MODEL: usize = 16;
/// The longest id of a credential, in bytes (WebAuthn §7.1).
const MAX_CREDENTIAL_ID: usize = 1023;

/// The members of a CBOR map, as they come.
type Members = Vec<(Value, Value)>;

/// The result of `navigator.credentials.create` in the browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The attestation object (WebAuthn §6.5.4), in CBOR.
    pub attestation_object: Vec<u8>,
    /// The client data in JSON, as the browser spelt it (WebAuthn §5.8.1).
    pub client_data_json: Vec<u8>,
}

/// Checks a registration, and returns its OpenSSH public key line: type `sk-ecdsa-sha2-nistp256@openssh.com`, with the site's
/// relying party as application. The manufacturer's attestation is not looked at.
///
/// # Errors
/// It is damaged, answers another challenge, was made at another site or without verifying its owner, or is of another kind than
/// ES256.
pub fn enrol(registration: &Registration, challenge: &[u8], site: &Site) -> Result<String, IdentityError> {
    let key =
        read(registration, challenge, site).map_err(|cause| IdentityError::Registration(sanitise(&cause)))?;
    PublicLine::of(&KeyData::SkEcdsaSha2NistP256(key), "").map(|line| line.line)
}

fn read(registration: &Registration, challenge: &[u8], site: &Site) -> Result<SkEcdsaSha2NistP256, String> {
    if registration.attestation_object.len() > MAX_ATTESTATION
        || registration.client_data_json.len() > MAX_CLIENT_DATA
    {
        return Err("it is too long".to_owned());
    }
    client_data::check(&registration.client_data_json, client_data::CREATE, challenge, site)?;
    let data = authenticator_bytes(&registration.attestation_object)
        .ok_or_else(|| "its attestation object is damaged".to_owned())?;
    let data =
        AuthenticatorData::read(&data).ok_or_else(|| "the authenticator's data are damaged".to_owned())?;
    if data.rp_id_hash != sha256(site.rp_id.as_bytes()) {
        return Err(format!("it was made for another site than {}", site.rp_id));
    }
    authenticator_data::check_flags(data.flags)?;
    if data.flags & authenticator_data::ATTESTED == 0 {
        return Err("it carries no new credential".to_owned());
    }
    let (key, extensions) =
        credential_key(data.rest).ok_or_else(|| "its credential is damaged".to_owned())?;
    authenticator_data::check_extensions(data.flags, extensions)?;
    let point = point(&key)?;
    match EcdsaPublicKey::from_sec1_bytes(&point) {
        Ok(EcdsaPublicKey::NistP256(point)) => Ok(SkEcdsaSha2NistP256::new(point, site.rp_id.as_str())),
        _ => Err("its key is not a point of P-256".to_owned()),
    }
}

/// The authenticator's data within an attestation object. `None` if it is damaged.
fn authenticator_bytes(object: &[u8]) -> Option<Vec<u8>> {
    let (Value::Map(members), []) = read_cbor(object)? else { return None };
    let named = |name: &str| one(&members, &Value::from(name));
    let (_format, _statement) = (named("fmt")?.as_text()?, named("attStmt")?.as_map()?);
    named("authData")?.as_bytes().cloned()
}

/// The key of the new credential, and the bytes after it (WebAuthn §6.5.1). `None` if it is damaged.
fn credential_key(bytes: &[u8]) -> Option<(Members, &[u8])> {
    let (_model, rest) = bytes.split_at_checked(MODEL)?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let length = usize::from(u16::from_be_bytes(*length));
    let (_id, rest) = rest.split_at_checked(length)?;
    let (key, rest) = read_cbor(rest)?;
    (1..=MAX_CREDENTIAL_ID).contains(&length).then_some(())?;
    Some((key.into_map().ok()?, rest))
}

/// The SEC 1 point of a COSE key, which must be of the kind ES256 and say nothing else (WebAuthn §5.8.5, RFC 9053 §7.1).
fn point(key: &[(Value, Value)]) -> Result<[u8; 65], String> {
    const KIND: (i32, i32) = (1, 2);
    const ALGORITHM: (i32, i32) = (3, -7);
    const CURVE: (i32, i32) = (-1, 1);
    let number = |label: i32| one(key, &Value::from(label));
    let is = |(label, expected): (i32, i32)| number(label) == Some(&Value::from(expected));
    if !(is(KIND) && is(ALGORITHM) && is(CURVE)) {
        return Err("its key is not of the kind ES256, the only one that OpenSSH verifies".to_owned());
    }
    let half = |label: i32| number(label)?.as_bytes().filter(|bytes| bytes.len() == 32);
    let (Some(x), Some(y), 5) = (half(-2), half(-3), key.len()) else {
        return Err("its key is damaged".to_owned());
    };
    let mut point = [4; 65];
    point[1..33].copy_from_slice(x);
    point[33..].copy_from_slice(y);
    PublicKey::from_sec1_bytes(&point).map_err(|_| "its key is not a point of P-256".to_owned())?;
    Ok(point)
}

/// The value with this label. `None` if there is none, or more than one.
fn one<'a>(members: &'a [(Value, Value)], label: &Value) -> Option<&'a Value> {
    let mut found = members.iter().filter(|(key, _)| key == label).map(|(_, value)| value);
    let value = found.next()?;
    found.next().is_none().then_some(value)
}
