//! The keys of the ID tokens' issuer, fetched without our token.

use super::GitHub;
use crate::github::id_token::KeySet;
use crate::github::id_token::TokenError;
use crate::github::id_token::keys;

impl GitHub {
    /// The current signing keys of an issuer of ID tokens.
    ///
    /// # Errors
    /// It does not answer as expected.
    pub async fn issuer_keys(&self, issuer: &str) -> Result<KeySet, TokenError> {
        keys(self.http.as_ref(), self.clock.as_ref(), issuer).await
    }
}
