//! The digest of a statement and the id that people type.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use data_encoding::Encoding;
use data_encoding::HEXLOWER;
use data_encoding::Specification;
use serde::Deserialize;
use serde::Serialize;

/// Why a text is not a digest or not a request id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// Not 64 lower-case hexadecimal characters.
    #[error("not a SHA-256 in lower-case hexadecimal")]
    Digest,
    /// Not ten Crockford base32 characters.
    #[error("invalid request id (expected something like 7F3KQ2M8ZD)")]
    Id,
}

/// A SHA-256, such as that of a statement's canonical bytes. Written as 64 lower-case hexadecimal characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

/// Crockford's base32 alphabet (<https://www.crockford.com/base32.html>), upper case.
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    // The id keeps ten characters (50 bits) of the encoded digest, so spare bits at its end mean nothing.
    specification.check_trailing_bits = false;
    #[expect(clippy::expect_used, reason = "a constant alphabet of 32 distinct symbols")]
    specification.encoding().expect("the Crockford alphabet is well formed")
});

impl Digest {
    /// The digest of some bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let mut value = [0; 32];
        value.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(value)
    }

    /// The 32 bytes themselves.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The id that people type: the first ten Crockford base32 characters, 50 bits.
    pub fn request_id(&self) -> RequestId {
        let mut text = CROCKFORD.encode(&self.0);
        text.truncate(RequestId::LENGTH);
        RequestId(text)
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| DigestError::Digest)?;
        bytes.try_into().map(Self).map_err(|_| DigestError::Digest)
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The first ten Crockford base32 characters of a request's digest. Typed ids may use lower case and the look-alikes
/// that Crockford names (`o` for `0`, `i` and `l` for `1`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(String);

impl RequestId {
    /// The number of characters.
    pub const LENGTH: usize = 10;

    /// The text of the id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Normalises a typed id, or the beginning of one, to its canonical spelling. `None` if it cannot be one.
    pub fn spell(typed: &str) -> Option<String> {
        if typed.is_empty() || typed.len() > Self::LENGTH {
            return None;
        }
        typed
            .chars()
            .map(|character| match character.to_ascii_uppercase() {
                'O' => Some('0'),
                'I' | 'L' => Some('1'),
                'U' => None,
                other => other.is_ascii_alphanumeric().then_some(other),
            })
            .collect()
    }
}

impl FromStr for RequestId {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        Self::spell(text).filter(|id| id.len() == Self::LENGTH).map(Self).ok_or(DigestError::Id)
    }
}

impl TryFrom<String> for RequestId {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, DigestError> {
        text.parse()
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ten_crockford_characters() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digest.request_id().as_str(), "Q9W1DFWF07");
        assert_eq!("q9wldfwfo7".parse::<RequestId>().unwrap(), digest.request_id());
        for bad in ["", "Q9W1DFWF0", "Q9W1DFWF077", "Q9W1DFWFU7", "../../../x", "Q9W1-FWF07"] {
            assert!(bad.parse::<RequestId>().is_err(), "{bad:?}");
        }
    }
}
