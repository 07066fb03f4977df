//! Verifies from the log alone what let a browser in on the approval page.

use jiff::Timestamp;

use crate::audit::Evidence;
use crate::audit::LetIn;
use crate::identity::oidc::Expected;
use crate::identity::oidc::IdTokenError;
use crate::identity::oidc::Nonce;
use crate::identity::oidc::verify_again;

/// Why such an event does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LetInError {
    /// The token does not verify with the stored key, or is of another sign-in.
    #[error("the ID token that let a browser in does not verify: {0}")]
    Token(#[from] IdTokenError),
    /// The event has no nonce.
    #[error("the event does not say which nonce the ID token must have")]
    NoNonce,
    /// The token is of another account, or was issued at another time, than the event says.
    #[error("the ID token says something else than the event")]
    Differs,
}

/// Verifies the event that let a browser in at `at`. Only the broker attests a session of its own and the answer of GitHub,
/// so for these there is nothing to verify.
///
/// # Errors
/// The stored token does not prove what the event says.
pub fn check(way: &LetIn, at: Timestamp) -> Result<(), LetInError> {
    let LetIn::Login { client, evidence: Evidence::Token(token) } = way else { return Ok(()) };
    let nonce = token.random.as_deref().ok_or(LetInError::NoNonce)?;
    let expected = Expected { issuer: &token.issuer, client, nonce: Nonce::Is(nonce) };
    let proven = verify_again(&token.token, &token.jwk, &expected, at)?;
    let account = token.account.as_ref().unwrap_or(&token.subject);
    if proven.subject == *account && proven.issued == token.issued {
        Ok(())
    } else {
        Err(LetInError::Differs)
    }
}
