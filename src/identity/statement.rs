//! Signing statements, and opening signed ones that somebody sent.

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
    // What cannot be read back must not be signed: the authority would refuse it anyway.
    if Statement::parse(text.as_bytes()).as_ref() != Ok(statement) {
        return Err(refused("it cannot be written in canonical form"));
    }
    let signature = signer.sign(&statement.kind().namespace(), text.as_bytes())?;
    Ok(Signed { statement: text, signature })
}

/// Reads a signed statement as received: canonical bytes of this kind, meant for exactly this authority, under a
/// signature that holds. Whose key it is remains to be asked.
pub fn open(signed: &Signed, kind: Kind, authority: &str) -> Result<(Statement, Verified), IdentityError> {
    let opened = Opened::open(signed.clone(), kind, authority)?;
    Ok((opened.statement().clone(), opened.verified().clone()))
}

/// Reads a signed request of whichever kind its bytes say it is; the signature must be of exactly that kind.
pub fn open_asking(signed: &Signed, authority: &str) -> Result<(RequestStatement, Verified), IdentityError> {
    let opened = Opened::open_asking(signed.clone(), authority)?;
    let asked = opened.asked().cloned().ok_or_else(|| refused("it is not a request"))?;
    Ok((asked, opened.verified().clone()))
}

fn refused(cause: &str) -> IdentityError {
    IdentityError::Statement(cause.to_owned())
}
