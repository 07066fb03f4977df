//! The certificates of the authorities that a server's own certificate must come from, pinned by their digest.

use std::fmt;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::pem::SectionKind;

use super::error::TargetError;
use crate::grant::Digest;

/// The longest bundle, in bytes: it travels with every lease, and keychains are small.
pub const MAX_CERTIFICATES: usize = 8 * 1024;

/// A bundle of certificates. Two bundles are equal if their digests are: that is what a statement names.
#[derive(Debug, Clone)]
pub struct Certificates {
    digest: Digest,
    pem: Option<String>,
}

impl Certificates {
    /// Reads a file of certificates in PEM (RFC 7468). Its bytes are kept as they are, so `sha256sum` shows the same digest.
    ///
    /// # Errors
    /// It has no certificate, has something else beside certificates, or is too long.
    pub fn of_pem(pem: &str) -> Result<Self, TargetError> {
        let refuse = |why: &'static str| Err(TargetError::Certificates(why));
        if pem.len() > MAX_CERTIFICATES {
            return refuse("it is longer than 8192 bytes: keep the one certificate that signs the server's");
        }
        let mut count = 0;
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(pem.as_bytes()) {
            match section {
                // A certificate is a sequence in DER.
                Ok((SectionKind::Certificate, der)) if der.first() == Some(&0x30) => count += 1,
                Ok((SectionKind::Certificate, _)) | Err(_) => return refuse("it is damaged"),
                Ok(_) => return refuse("it holds something else than certificates"),
            }
        }
        if pem.contains("PRIVATE KEY") {
            return refuse("it holds a private key, which everybody who may ask would get");
        }
        if count == 0 {
            return refuse("it holds no certificate in PEM");
        }
        Ok(Self { digest: Digest::of(pem.as_bytes()), pem: Some(pem.to_owned()) })
    }

    /// A bundle of which only the digest is known, as a statement names it.
    pub fn of_digest(digest: Digest) -> Self {
        Self { digest, pem: None }
    }

    /// The SHA-256 of the bundle's bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The certificates in PEM. `None` if only the digest is known.
    pub fn pem(&self) -> Option<&str> {
        self.pem.as_deref()
    }
}

impl PartialEq for Certificates {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Certificates {}

impl PartialOrd for Certificates {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Certificates {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.digest.cmp(&other.digest)
    }
}

impl std::hash::Hash for Certificates {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// Writes the digest.
impl fmt::Display for Certificates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.digest, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A section of this kind. Its content is a sequence in DER, which is all that is looked at.
    pub(super) fn section(kind: &str) -> String {
        format!("-----BEGIN {kind}-----\nMAMCAQE=\n-----END {kind}-----\n")
    }

    #[test]
    fn a_bundle_is_known_by_its_bytes() {
        let text = section("CERTIFICATE");
        let bundle = Certificates::of_pem(&text).unwrap();
        assert_eq!(bundle.pem(), Some(text.as_str()));
        assert_eq!(bundle, Certificates::of_digest(Digest::of(text.as_bytes())));
        assert_ne!(bundle, Certificates::of_pem(&format!("{text}\n")).unwrap());
        assert!(Certificates::of_pem(&format!("# the cluster's own\n{text}{text}")).is_ok());
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let good = section("CERTIFICATE");
        for bad in [
            String::new(),
            "no certificate".to_owned(),
            section("PRIVATE KEY"),
            format!("{good}{}", section("RSA PRIVATE KEY")),
            format!("{good}{}", section("OPENSSH PRIVATE KEY")),
            section("CERTIFICATE REQUEST"),
            section("CERTIFICATE").replace("MAMCAQE=", "AAAA"),
            section("CERTIFICATE").replace("MAMCAQE=", "??"),
            format!("{good}-----BEGIN CERTIFICATE-----\nMAMC"),
            good.repeat(200),
        ] {
            assert!(Certificates::of_pem(&bad).is_err(), "{bad}");
        }
    }
}
