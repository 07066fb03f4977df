//! A signed statement that was read once: its bytes, what they say and their digest, which cannot come apart.

use super::RequestStatement;
use super::Signed;
use super::Statement;
use super::StatementError;
use crate::grant::Digest;

/// A statement as it was received, read. Nobody has found out yet whose signature it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    signed: Signed,
    statement: Statement,
    digest: Digest,
}

impl Received {
    /// Reads a statement. There is no other way to make one, so nobody has to read the bytes again.
    ///
    /// # Errors
    /// The bytes are no statement.
    pub fn read(signed: Signed) -> Result<Self, StatementError> {
        let statement = Statement::parse(signed.statement.as_bytes())?;
        let digest = Digest::of(signed.statement.as_bytes());
        Ok(Self { signed, statement, digest })
    }

    /// The bytes and the signature.
    pub fn signed(&self) -> &Signed {
        &self.signed
    }

    /// The statement that the bytes contain.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The request that the statement makes. `None` for a statement of another kind.
    pub fn asked(&self) -> Option<&RequestStatement> {
        match &self.statement {
            Statement::Request(asked) => Some(asked),
            _ => None,
        }
    }
}
