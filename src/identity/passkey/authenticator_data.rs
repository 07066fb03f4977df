//! The authenticator's data beside its signature (WebAuthn §6.1).

use ciborium::Value;
use ssh_key::encoding::Reader;

/// Somebody touched the authenticator.
const USER_PRESENT: u8 = 0x01;
/// The authenticator knows who: a face, a finger, a PIN.
const USER_VERIFIED: u8 = 0x04;
/// The passkey may be copied to the owner's other devices.
const BACKUP_ELIGIBLE: u8 = 0x08;
/// The passkey has been copied.
const BACKED_UP: u8 = 0x10;
/// The data of a new credential follow.
pub(super) const ATTESTED: u8 = 0x40;
/// Extensions follow.
const EXTENDED: u8 = 0x80;

/// Its fixed part, and the bytes that follow.
pub(super) struct AuthenticatorData<'a> {
    /// The SHA-256 of the relying party's name.
    pub(super) rp_id_hash: [u8; 32],
    pub(super) flags: u8,
    /// How often the authenticator has signed. Zero if it does not count, as for every passkey that is copied.
    pub(super) counter: u32,
    pub(super) rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    pub(super) fn read(mut bytes: &'a [u8]) -> Option<Self> {
        let reader = &mut bytes;
        let mut rp_id_hash = [0; 32];
        let mut flags = [0; 1];
        let mut counter = [0; 4];
        reader.read(&mut rp_id_hash).ok()?;
        reader.read(&mut flags).ok()?;
        reader.read(&mut counter).ok()?;
        Some(Self { rp_id_hash, flags: flags[0], counter: u32::from_be_bytes(counter), rest: bytes })
    }
}

/// Demands presence and verification. OpenSSH demands neither.
pub(super) fn check_flags(flags: u8) -> Result<(), &'static str> {
    if flags & USER_PRESENT == 0 {
        return Err("the passkey was used without a touch");
    }
    if flags & USER_VERIFIED == 0 {
        return Err("the passkey was used without a face, a finger or a PIN");
    }
    if flags & BACKED_UP != 0 && flags & BACKUP_ELIGIBLE == 0 {
        return Err("the passkey's flags contradict each other");
    }
    Ok(())
}

/// Demands that the extensions are there exactly if the flag says so, and are one CBOR map.
pub(super) fn check_extensions(flags: u8, extensions: &[u8]) -> Result<(), &'static str> {
    if (flags & EXTENDED != 0) == extensions.is_empty() {
        return Err("the passkey's flags and its extensions contradict each other");
    }
    if extensions.is_empty() || matches!(read_cbor(extensions), Some((Value::Map(_), []))) {
        Ok(())
    } else {
        Err("the passkey's extensions are damaged")
    }
}

/// One CBOR value, and the bytes after it.
pub(super) fn read_cbor(mut bytes: &[u8]) -> Option<(Value, &[u8])> {
    let value = ciborium::from_reader(&mut bytes).ok()?;
    Some((value, bytes))
}
