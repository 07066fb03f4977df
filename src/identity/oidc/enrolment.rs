//! The nonce by which a provider's token names the key that its person enrols.

use aws_lc_rs::digest::SHA256;
use aws_lc_rs::digest::digest;
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

/// The members of the hashed document, in the order of RFC 8785.
#[derive(Serialize)]
struct Bound<'a> {
    authority: &'a str,
    key: &'a str,
    random: &'a str,
}

/// The nonce for an authorisation request: the SHA-256, in base64url without padding, of the canonical JSON (RFC 8785) of
/// the authority's address, the public key as an OpenSSH line without comment, and a random text. The random text keeps
/// the provider from telling which key somebody enrols.
pub fn nonce(authority: &str, key_line: &str, random: &str) -> String {
    let bound = Bound { authority, key: key_line, random };
    // Three strings always serialise. An empty document would only give a nonce that matches no token.
    let bytes = serde_json_canonicalizer::to_vec(&bound).unwrap_or_default();
    BASE64URL_NOPAD.encode(digest(&SHA256, &bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::nonce;

    #[test]
    fn it_is_the_hash_of_the_canonical_document() {
        // printf '{"authority":"https://jit.example.com","key":"ssh-ed25519 AAAA","random":"r"}' | openssl sha256 -binary
        assert_eq!(
            nonce("https://jit.example.com", "ssh-ed25519 AAAA", "r"),
            "a7wXY9XpDuYsdZalAq5ejIpzutMwhgY7H78oSQkxEm8"
        );
    }

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let first = nonce("a", "b", "c");
        for other in [nonce("x", "b", "c"), nonce("a", "x", "c"), nonce("a", "b", "x"), nonce("ab", "", "c")]
        {
            assert_ne!(first, other);
        }
        assert_ne!(nonce("a\",\"key\":\"b", "c", "d"), nonce("a", "b\",\"key\":\"c", "d"));
    }
}
