//! Puts secrets into an environment. GitHub takes them sealed, and never shows them again.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::GitHub;
use super::GitHubError;
use crate::github::api::settings::segment;
use crate::secret::Secret;
use crate::secret::sealed_box;

/// The public key to which GitHub wants an environment's secrets sealed ("Get an environment public key").
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SealingKey {
    /// Its id, which goes with the box.
    pub key_id: String,
    /// The key: 32 bytes as base64.
    pub key: String,
}

impl GitHub {
    /// The public key of an environment. GitHub refuses it to a token that may not see secrets.
    pub async fn sealing_key(&self, environment: &str) -> Result<SealingKey, GitHubError> {
        let path = format!("/environments/{}/secrets/public-key", segment(environment));
        self.get(&self.path(&path)).await
    }

    /// Creates or replaces a secret of an environment. Takes 32 bytes of fresh entropy.
    ///
    /// # Errors
    /// GitHub refuses, or its key cannot be sealed to.
    pub async fn put_secret(
        &self,
        environment: &str,
        key: &SealingKey,
        name: &str,
        value: &Secret<String>,
        entropy: [u8; 32],
    ) -> Result<(), GitHubError> {
        let path = self.path(&format!("/environments/{}/secrets/{}", segment(environment), segment(name)));
        let sealed = sealed_box::seal(&key.key, value, entropy).ok_or_else(|| GitHubError::Unreadable {
            asked: format!("GET the public key of the environment {environment}"),
            cause: "it is not an X25519 key in base64".to_owned(),
        })?;
        let body = json!({ "encrypted_value": sealed, "key_id": key.key_id });
        self.change(Method::PUT, &path, &body).await.map(|_| ())
    }
}
