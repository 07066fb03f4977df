//! An assertion within an SSH signature (PROTOCOL.sshsig, and "webauthn signatures" in PROTOCOL.u2f).

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED;
use aws_lc_rs::signature::UnparsedPublicKey;
use p256::ecdsa::Signature;
use ssh_key::HashAlg;
use ssh_key::LineEnding;
use ssh_key::Mpint;
use ssh_key::SshSig;
use ssh_key::encoding;
use ssh_key::encoding::CheckedSum;
use ssh_key::encoding::Decode;
use ssh_key::encoding::DecodePem;
use ssh_key::encoding::Encode;
use ssh_key::encoding::EncodePem;
use ssh_key::encoding::Reader;
use ssh_key::encoding::Writer;
use ssh_key::encoding::pem::PemLabel;
use ssh_key::public::KeyData;
use ssh_key::public::SkEcdsaSha2NistP256;

use super::Assertion;
use super::authenticator_data;
use super::authenticator_data::AuthenticatorData;
use super::challenge;
use super::client_data;
use super::refused;
use super::site::Site;
use crate::grant::Assurance;
use crate::identity::IdentityError;
use crate::identity::Verified;
use crate::identity::key;

/// The type of a signature that a browser made.
const KIND: &str = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";
/// The first bytes of an SSH signature.
const PREAMBLE: [u8; 6] = *b"SSHSIG";
/// The length of each of the two numbers of a signature, in bytes.
const SCALAR: usize = 32;
/// The first byte of a SEC 1 point in the form that OpenSSH writes.
const UNCOMPRESSED: u8 = 4;

/// A passkey's SSH signature, in parts.
pub(in crate::identity) struct Packed {
    key: KeyData,
    namespace: String,
    /// The two numbers of the ECDSA signature, each of 32 bytes.
    scalars: [u8; 2 * SCALAR],
    flags: u8,
    counter: u32,
    origin: String,
    client_data: Vec<u8>,
    extensions: Vec<u8>,
}

impl Packed {
    /// Puts the parts together. Checks what a packed signature no longer shows; the rest remains to be verified.
    pub(super) fn of(
        key: SkEcdsaSha2NistP256,
        site: &Site,
        namespace: &str,
        assertion: &Assertion,
    ) -> Result<Self, IdentityError> {
        let data = AuthenticatorData::read(&assertion.authenticator_data)
            .ok_or_else(|| refused("the authenticator's data are damaged"))?;
        if data.rp_id_hash != sha256(site.rp_id.as_bytes()) {
            return Err(refused(&format!("it was made by a passkey of another site than {}", site.rp_id)));
        }
        let signature = Signature::from_der(&assertion.signature)
            .map_err(|_| refused("its two numbers are not in ASN.1 DER"))?;
        Ok(Self {
            key: KeyData::SkEcdsaSha2NistP256(key),
            namespace: namespace.to_owned(),
            scalars: signature.to_bytes().into(),
            flags: data.flags,
            counter: data.counter,
            origin: site.origin.clone(),
            client_data: assertion.client_data_json.clone(),
            extensions: data.rest.to_vec(),
        })
    }

    /// Parses an armoured SSH signature. `None` if it is not one, or not of a passkey.
    ///
    /// # Errors
    /// It is of a passkey, and is damaged. Whether it is in canonical form remains to be compared.
    pub(in crate::identity) fn read(armoured: &str) -> Result<Option<Self>, IdentityError> {
        let Ok(envelope) = Envelope::decode_pem(armoured) else { return Ok(None) };
        let mut body = envelope.signature.as_slice();
        if !String::decode(&mut body).is_ok_and(|kind| kind == KIND) {
            return Ok(None);
        }
        if envelope.version != SshSig::VERSION || !envelope.reserved.is_empty() {
            return Err(refused("its version is not known"));
        }
        if envelope.hash != HashAlg::Sha512 {
            return Err(refused("a passkey's challenge is made with SHA-512, and this one's is not"));
        }
        Self::decode(envelope.public_key, envelope.namespace, body)
            .map(Some)
            .map_err(|error| refused(&format!("the passkey's signature is damaged ({error})")))
    }

    fn decode(key: KeyData, namespace: String, mut body: &[u8]) -> encoding::Result<Self> {
        let reader = &mut body;
        let scalars = reader.read_prefixed(|inner| -> encoding::Result<_> {
            let (r, s) = (Mpint::decode(inner)?, Mpint::decode(inner)?);
            // A reader of a slice ignores what is left of a prefixed part.
            inner.ensure_finished()?;
            let mut scalars = [0; 2 * SCALAR];
            for (number, into) in [r, s].iter().zip(scalars.chunks_exact_mut(SCALAR)) {
                let bytes = number.as_positive_bytes().ok_or(encoding::Error::MpintEncoding)?;
                let start = SCALAR.checked_sub(bytes.len()).ok_or(encoding::Error::Length)?;
                into[start..].copy_from_slice(bytes);
            }
            Ok(scalars)
        })?;
        let packed = Self {
            key,
            namespace,
            scalars,
            flags: u8::decode(reader)?,
            counter: u32::decode(reader)?,
            origin: String::decode(reader)?,
            client_data: Vec::decode(reader)?,
            extensions: Vec::decode(reader)?,
        };
        reader.finish(packed)
    }

    /// The armoured text, as `ssh-keygen -Y sign` spells its own.
    pub(in crate::identity) fn armour(&self) -> Result<String, IdentityError> {
        self.envelope()
            .and_then(|envelope| envelope.encode_pem_string(LineEnding::LF))
            .map_err(|error| refused(&error.to_string()))
    }

    fn envelope(&self) -> encoding::Result<Envelope> {
        let mut numbers = Vec::new();
        for scalar in self.scalars.chunks_exact(SCALAR) {
            Mpint::from_positive_bytes(scalar).encode(&mut numbers)?;
        }
        let mut signature = Vec::new();
        KIND.encode(&mut signature)?;
        numbers.encode(&mut signature)?;
        self.flags.encode(&mut signature)?;
        self.counter.encode(&mut signature)?;
        self.origin.encode(&mut signature)?;
        self.client_data.encode(&mut signature)?;
        self.extensions.encode(&mut signature)?;
        Ok(Envelope {
            version: SshSig::VERSION,
            public_key: self.key.clone(),
            namespace: self.namespace.clone(),
            reserved: Vec::new(),
            hash: HashAlg::Sha512,
            signature,
        })
    }

    /// The namespace that it says that it was made for.
    pub(in crate::identity) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Verifies it over a message: an assertion that the passkey's owner made for exactly this message, in the namespace, on a
    /// page of this site. Without a site, no passkey counts.
    pub(in crate::identity) fn verify(
        &self,
        site: Option<&Site>,
        message: &[u8],
    ) -> Result<Verified, IdentityError> {
        key::check(&self.key)?;
        let (KeyData::SkEcdsaSha2NistP256(passkey), Some(rp_id)) = (&self.key, key::site(&self.key)) else {
            return Err(refused("it was made in a browser, and its key is not a passkey"));
        };
        let Some(site) = site else {
            return Err(refused(&format!(
                "it was made by a passkey of {rp_id}, and passkeys count only at a broker whose address is https with a host name; sign with an SSH key"
            )));
        };
        if rp_id != site.rp_id {
            return Err(refused(&format!("it was made by a passkey of {rp_id}, not of {}", site.rp_id)));
        }
        let check = || -> Result<(), String> {
            authenticator_data::check_flags(self.flags)?;
            if self.flags & authenticator_data::ATTESTED != 0 {
                return Err("it carries a new credential, as only a registration does".to_owned());
            }
            authenticator_data::check_extensions(self.flags, &self.extensions)?;
            if self.origin != site.origin {
                return Err(format!("it was made at {:?}, not at {}", self.origin, site.origin));
            }
            Ok(())
        };
        check().map_err(|cause| refused(&cause))?;
        let challenge = challenge(&self.namespace, message)?;
        client_data::check(&self.client_data, client_data::GET, &challenge, site)
            .map_err(|cause| refused(&cause))?;
        let point = passkey.ec_point().as_bytes();
        if point.first() != Some(&UNCOMPRESSED) {
            return Err(IdentityError::Key("its point is in a compressed form".to_owned()));
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .verify(&self.signed(rp_id), &self.scalars)
            .map_err(|_| refused("it was made over other bytes or with another key"))?;
        Ok(Verified { fingerprint: key::fingerprint(&self.key), assurance: Assurance::Touch })
    }

    /// The bytes under the ECDSA signature: the authenticator's data, then the SHA-256 of the client data (WebAuthn §6.3.3).
    fn signed(&self, rp_id: &str) -> Vec<u8> {
        let mut signed = sha256(rp_id.as_bytes()).to_vec();
        signed.push(self.flags);
        signed.extend_from_slice(&self.counter.to_be_bytes());
        signed.extend_from_slice(&self.extensions);
        signed.extend_from_slice(&sha256(&self.client_data));
        signed
    }
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// An SSH signature whose inner part is still bytes: `ssh-key` knows no signatures of browsers.
struct Envelope {
    version: u32,
    public_key: KeyData,
    namespace: String,
    reserved: Vec<u8>,
    hash: HashAlg,
    signature: Vec<u8>,
}

impl PemLabel for Envelope {
    const PEM_LABEL: &'static str = SshSig::PEM_LABEL;
}

impl Decode for Envelope {
    type Error = ssh_key::Error;

    fn decode(reader: &mut impl Reader) -> ssh_key::Result<Self> {
        let mut preamble = [0; PREAMBLE.len()];
        reader.read(&mut preamble)?;
        if preamble != PREAMBLE {
            return Err(ssh_key::Error::FormatEncoding);
        }
        Ok(Self {
            version: u32::decode(reader)?,
            public_key: reader.read_prefixed(KeyData::decode)?,
            namespace: String::decode(reader)?,
            reserved: Vec::decode(reader)?,
            hash: HashAlg::decode(reader)?,
            signature: Vec::decode(reader)?,
        })
    }
}

impl Encode for Envelope {
    fn encoded_len(&self) -> encoding::Result<usize> {
        [
            PREAMBLE.len(),
            self.version.encoded_len()?,
            self.public_key.encoded_len_prefixed()?,
            self.namespace.encoded_len()?,
            self.reserved.encoded_len()?,
            self.hash.encoded_len()?,
            self.signature.encoded_len()?,
        ]
        .checked_sum()
    }

    fn encode(&self, writer: &mut impl Writer) -> encoding::Result<()> {
        writer.write(&PREAMBLE)?;
        self.version.encode(writer)?;
        self.public_key.encode_prefixed(writer)?;
        self.namespace.encode(writer)?;
        self.reserved.encode(writer)?;
        self.hash.encode(writer)?;
        self.signature.encode(writer)
    }
}
