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

/// Resources of Azure that have several names. Each line begins with the id of its application (Microsoft's documentation:
/// "Verify first-party Microsoft applications in sign-in reports"; azure-sdk: authority hosts and scopes of Resource Manager).
const NAMES: [&[&str]; 4] = [
    &[
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        "https://management.azure.com",
        "https://management.core.windows.net",
    ],
    &["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"],
    &["cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "https://vault.azure.net"],
    &["e406a681-f3d4-42a8-90b6-c2b029497af1", "https://storage.azure.com"],
];

/// Whether each of some audiences is among others, by whichever of its names. A resource and another name of it that its tenant
/// chose are told apart: the tenant alone knows them.
pub(super) fn are_covered(some: &Audiences, all: &Audiences) -> bool {
    some.names().iter().all(|name| all.names().iter().any(|other| first_name(other) == first_name(name)))
}

/// One name of each resource.
fn first_name(name: &str) -> &str {
    let name = name.trim_end_matches('/');
    NAMES.iter().find(|names| names.contains(&name)).and_then(|names| names.first()).copied().unwrap_or(name)
}
