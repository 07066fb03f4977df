//! Signs statements, and verifies signed ones.

use super::IdentityError;
use super::Opened;
use super::Signer;
use super::Verified;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::grant::statement::RequestStatement;

/// Signs a statement's canonical bytes in the namespace of its kind.
pub fn sign(statement: &Statement, signer: &dyn Signer) -> Result<Signed, IdentityError> {
    let text = statement.canonical_text();
    // A statement that does not parse must not be signed. The authority would refuse it anyway.
    if Statement::parse(text.as_bytes()).as_ref() != Ok(statement) {
        return Err(refused("it cannot be written in canonical form"));
    }
    let signature = signer.sign(&statement.kind().namespace(), text.as_bytes())?;
    Ok(Signed { statement: text, signature })
}

/// Parses and verifies a signed statement as received: canonical bytes of this kind, for exactly this authority, and a
/// valid signature. The caller must find out whose key it is.
pub fn open(signed: &Signed, kind: Kind, authority: &str) -> Result<(Statement, Verified), IdentityError> {
    let opened = Opened::open(signed.clone(), kind, authority)?;
    Ok((opened.statement().clone(), opened.verified().clone()))
}

/// Parses and verifies a signed request of any request kind. The signature must be of the kind that its bytes name.
pub fn open_asking(signed: &Signed, authority: &str) -> Result<(RequestStatement, Verified), IdentityError> {
    let opened = Opened::open_asking(signed.clone(), authority)?;
    let asked = opened.asked().cloned().ok_or_else(|| refused("it is not a request"))?;
    Ok((asked, opened.verified().clone()))
}

fn refused(cause: &str) -> IdentityError {
    IdentityError::Statement(cause.to_owned())
}
