//! Signing statements, and opening signed ones that somebody sent.

use super::IdentityError;
use super::Signer;
use super::Verified;
use super::verify;
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
    let bytes = signed.statement.as_bytes();
    let statement = Statement::parse(bytes)
        .map_err(|error| IdentityError::Statement(crate::grant::text::sanitise(&error.to_string())))?;
    if statement.kind() != kind {
        return Err(refused(&format!("it is a {}, not a {kind}", statement.kind())));
    }
    if statement.header().authority != authority {
        return Err(refused("it is meant for another broker"));
    }
    let verified = verify(&kind.namespace(), bytes, &signed.signature)?;
    Ok((statement, verified))
}

/// Reads a signed request of whichever kind its bytes say it is; the signature must be of exactly that kind.
pub fn open_asking(signed: &Signed, authority: &str) -> Result<(RequestStatement, Verified), IdentityError> {
    let kind =
        Statement::parse(signed.statement.as_bytes()).map_or(Kind::Request, |statement| statement.kind());
    match open(signed, kind, authority)? {
        (Statement::Request(asked), verified) => Ok((*asked, verified)),
        (other, _) => Err(refused(&format!("it is a {}, not a request", other.kind()))),
    }
}

fn refused(cause: &str) -> IdentityError {
    IdentityError::Statement(cause.to_owned())
}
