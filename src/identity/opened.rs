//! A statement that its signer really made for this authority.

use std::sync::Arc;

use super::IdentityError;
use super::Verified;
use super::verify_for;
use crate::grant::Assurance;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::grant::statement::Received;
use crate::grant::statement::RequestStatement;
use crate::grant::text;

/// A statement whose signature holds: what it says, its digest, and which key signed it, read once and verified once. It can be
/// made in no other way than by verifying the bytes.
#[derive(Debug, Clone)]
pub struct Opened {
    received: Arc<Received>,
    authority: String,
    verified: Verified,
}

impl Opened {
    /// Reads a signed statement as received: canonical bytes of this kind, meant for exactly this authority, under a
    /// signature that holds. The caller still has to find out whose key it is.
    ///
    /// # Errors
    /// One of these does not hold.
    pub fn open(signed: Signed, kind: Kind, authority: &str) -> Result<Self, IdentityError> {
        Self::verify(read(signed)?, kind, authority)
    }

    /// The same for a request of whichever kind its bytes say that it is; the signature must be of exactly that kind. Any other
    /// statement fails as an ordinary request.
    ///
    /// # Errors
    /// As for [`Opened::open`].
    pub fn open_asking(signed: Signed, authority: &str) -> Result<Self, IdentityError> {
        let received = read(signed)?;
        let kind = received.asked().map_or(Kind::Request, |asked| asked.way.kind());
        Self::verify(received, kind, authority)
    }

    fn verify(received: Received, kind: Kind, authority: &str) -> Result<Self, IdentityError> {
        let refused = |cause: String| Err(IdentityError::Statement(cause));
        let statement = received.statement();
        if statement.kind() != kind {
            return refused(format!("it is a {}, not a {kind}", statement.kind()));
        }
        if statement.header().authority != authority {
            return refused("it is meant for another broker".to_owned());
        }
        let signed = received.signed();
        let verified =
            verify_for(authority, &kind.namespace(), signed.statement.as_bytes(), &signed.signature)?;
        Ok(Self { received: Arc::new(received), authority: authority.to_owned(), verified })
    }

    /// The bytes with what they say.
    pub fn received(&self) -> &Arc<Received> {
        &self.received
    }

    /// The bytes and the signature.
    pub fn signed(&self) -> &Signed {
        self.received.signed()
    }

    /// Its statement.
    pub fn statement(&self) -> &Statement {
        self.received.statement()
    }

    /// The request that the statement makes. `None` for a statement of another kind.
    pub fn asked(&self) -> Option<&RequestStatement> {
        self.received.asked()
    }

    /// The SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        self.received.digest()
    }

    /// The author that the statement names. This is true only if the key is theirs.
    pub fn who(&self) -> &Name {
        &self.statement().header().who
    }

    /// The authority that it was opened for.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The key that signed it, by its fingerprint, and the assurance of the signature.
    pub fn verified(&self) -> &Verified {
        &self.verified
    }

    /// The fingerprint of the key that signed it, `SHA256:…`.
    pub fn fingerprint(&self) -> &str {
        &self.verified.fingerprint
    }

    /// How strongly it is signed.
    pub fn assurance(&self) -> Assurance {
        self.verified.assurance
    }
}

fn read(signed: Signed) -> Result<Received, IdentityError> {
    Received::read(signed).map_err(|error| IdentityError::Statement(text::sanitise(&error.to_string())))
}
