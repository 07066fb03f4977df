//! The clouds, and the other places that trust a token: for each its target, its credentials and its scope document, and the words that all have in common.
//!
//! The sums over them are [`super::Target`], [`super::lease::Credentials`] and [`ScopeDocument`]. Invariant: everything that is
//! stored, sealed or sent names its cloud by [`Cloud`]'s word.

pub mod aws;
pub mod aws_scope;
pub mod azure;
pub mod azure_scope;
pub mod certificates;
pub mod claims;
mod endpoint;
pub mod error;
pub mod gcp;
pub mod gcp_scope;
pub mod kubernetes;
pub mod lifting;
pub mod place;
pub mod sandbox;
pub mod scope;
pub mod token;
pub mod vault;

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

pub use place::Place;
pub use place::PlaceKind;
pub use scope::ScopeDocument;

/// A cloud, or another place that trusts a token, that this version knows. Its word is the tag of stored, sealed and sent forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Cloud {
    /// AWS.
    Aws,
    /// The sandbox cloud on this machine, shaped like AWS.
    Sandbox,
    /// Any program that trusts a token of the authority's issuer.
    Token,
    /// OpenBao and HashiCorp Vault.
    Vault,
    /// Google Cloud.
    Gcp,
    /// Kubernetes clusters.
    Kubernetes,
    /// Azure, by Microsoft Entra.
    Azure,
}

impl Cloud {
    /// Every cloud.
    pub const ALL: [Self; 7] =
        [Self::Aws, Self::Sandbox, Self::Token, Self::Vault, Self::Gcp, Self::Kubernetes, Self::Azure];

    /// The word in forms and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::Sandbox => "sandbox",
            Self::Token => "token",
            Self::Vault => "vault",
            Self::Gcp => "gcp",
            Self::Kubernetes => "kubernetes",
            Self::Azure => "azure",
        }
    }

    /// The cloud of this word. `None` for a word that this version does not know.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| cloud.as_str() == word)
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Whether a text could be the word of a cloud: two to 32 of `a`-`z`, `0`-`9` and `_`, a letter first. A tag of this shape that
/// [`Cloud::of`] does not know is a newer version's; any other is damage.
pub fn is_word(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
