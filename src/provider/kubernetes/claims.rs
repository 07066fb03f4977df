//! The claims of a token for a cluster. The token came sealed from the authority, and the API server verifies it.

use data_encoding::BASE64URL_NOPAD;
use serde::Deserialize;

use crate::secret::Secret;

/// The claims that are compared.
#[derive(Deserialize)]
pub struct Said {
    /// The subject.
    pub sub: String,
    /// The audiences: one text, or a list.
    #[serde(default)]
    pub aud: Audiences,
    /// The groups.
    #[serde(default)]
    pub groups: Vec<String>,
}

/// The claim `aud` in both of its forms (RFC 7519 §4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Audiences {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Default for Audiences {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

impl Audiences {
    /// Whether this is the only audience.
    pub fn are_only(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.as_slice() == [audience],
        }
    }
}

/// Reads a token's claims without verifying it. `None` if it is not a JWT.
pub fn read(token: &Secret<String>) -> Option<Said> {
    let payload = token.expose().split('.').nth(1)?;
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).ok()?).ok()
}
