//! The scopes of Azure: some of a role's audiences.

use serde::Deserialize;

use super::azure::Audiences;
use crate::grant::Digest;

/// The document of a scope: some of the role's audiences. Its text is `{"audiences":[…]}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AzureScopeDocument {
    audiences: Audiences,
    text: String,
}

impl AzureScopeDocument {
    /// The document.
    pub fn new(audiences: Audiences) -> Self {
        let text = serde_json::json!({ "audiences": audiences.names() }).to_string();
        Self { audiences, text }
    }

    /// Reads the text form. `None` if it is another text.
    pub fn parse(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Read {
            audiences: Vec<String>,
        }
        let read: Read = serde_json::from_str(text).ok()?;
        let document = Self::new(Audiences::new(read.audiences).ok()?);
        Some(document).filter(|document| document.text == text)
    }

    /// The audiences.
    pub fn audiences(&self) -> &Audiences {
        &self.audiences
    }

    /// The document as JSON.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The SHA-256 of [`AzureScopeDocument::as_str`].
    pub fn digest(&self) -> Digest {
        Digest::of(self.text.as_bytes())
    }
}
