//! One RSA key: generated, kept in a private PKCS#8 file, named by its thumbprint.

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::KeyPair as _;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;
use serde_json::json;

use super::IssuerError;
use crate::secret::Secret;
use crate::system::files;

/// The largest key or timetable file that is read, in bytes.
const MAX_FILE: u64 = 256 * 1024;

/// A private key and its public key.
pub struct SigningKey {
    pair: KeyPair,
    modulus: String,
    exponent: String,
    kid: String,
}

impl SigningKey {
    /// Generates an RSA key of 2048 bits: every cloud accepts this size, it is the fastest to verify, and keys live for
    /// months, not decades.
    pub fn generate() -> Result<Self, IssuerError> {
        KeyPair::generate(KeySize::Rsa2048)
            .map(Self::of)
            .map_err(|_| IssuerError::Cryptography("make an RSA key"))
    }

    /// Loads the key with this id. Refuses a file that others can read or that contains another key.
    pub fn load(path: &Path, kid: &str) -> Result<Self, IssuerError> {
        let damaged = |cause| IssuerError::Damaged { path: path.to_owned(), cause };
        let bytes = read_private(path)?.ok_or_else(|| damaged("it is missing"))?;
        let pair = KeyPair::from_pkcs8(bytes.expose()).map_err(|_| damaged("it holds no RSA key"))?;
        let key = Self::of(pair);
        if key.kid == kid { Ok(key) } else { Err(damaged("it holds another key than keys.json says")) }
    }

    fn of(pair: KeyPair) -> Self {
        let public = pair.public_key();
        let modulus = BASE64URL_NOPAD.encode(public.modulus().big_endian_without_leading_zero());
        let exponent = BASE64URL_NOPAD.encode(public.exponent().big_endian_without_leading_zero());
        let kid = thumbprint(&modulus, &exponent);
        Self { pair, modulus, exponent, kid }
    }

    /// Writes the key to a file that only its owner can read.
    pub fn save(&self, path: &Path) -> Result<(), IssuerError> {
        let der: Pkcs8V1Der<'_> =
            self.pair.as_der().map_err(|_| IssuerError::Cryptography("encode an RSA key"))?;
        files::replace_private(path, der.as_ref())
            .map_err(|cause| IssuerError::File { path: path.to_owned(), cause })
    }

    /// The RFC 7638 thumbprint, base64url without padding.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK (RFC 7517).
    pub fn public_json(&self) -> Value {
        jwk(&self.kid, &self.modulus, &self.exponent)
    }

    /// Signs with RS256 (RFC 7518 §3.3).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, IssuerError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)
            .map_err(|_| IssuerError::Cryptography("sign"))?;
        Ok(signature)
    }
}

/// The RFC 7638 §3 thumbprint of an RSA key: the required members in lexicographic order, without white space.
fn thumbprint(modulus: &str, exponent: &str) -> String {
    let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
    BASE64URL_NOPAD.encode(digest(&SHA256, members.as_bytes()).as_ref())
}

fn jwk(kid: &str, modulus: &str, exponent: &str) -> Value {
    json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": modulus, "e": exponent })
}

/// Whether a JWK has the form of our keys, and is named by its own thumbprint: nobody can put another key under that name.
pub fn is_named_by_thumbprint(key: &Value) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let (Some(modulus), Some(exponent)) = (text("n"), text("e")) else { return false };
    *key == jwk(&thumbprint(modulus, exponent), modulus, exponent)
}

/// Reads a file that only its owner may read. `None` if there is none.
pub fn read_private(path: &Path) -> Result<Option<Secret<Vec<u8>>>, IssuerError> {
    let failed = |cause| IssuerError::File { path: path.to_owned(), cause };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // Checks the open file, so that the checked file is the one that is read.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(IssuerError::Readable { path: path.to_owned(), mode });
        }
    }
    let mut content = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut content).map_err(failed)?;
    Ok(Some(Secret::new(content)))
}
