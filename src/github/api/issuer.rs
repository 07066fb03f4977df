//! The keys of the issuer of ID tokens, asked for without a token of ours.

use super::GitHub;
use crate::github::id_token::KeySet;
use crate::github::id_token::TokenError;
use crate::github::id_token::keys;

impl GitHub {
    /// The keys that an issuer signs ID tokens with today.
    ///
    /// # Errors
    /// It does not answer as it should.
    pub async fn issuer_keys(&self, issuer: &str) -> Result<KeySet, TokenError> {
        keys(self.http.as_ref(), self.clock.as_ref(), issuer).await
    }
}
