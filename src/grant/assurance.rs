//! How strongly a person stands behind what they signed.

use serde::Deserialize;
use serde::Serialize;

/// What a role demands of a review, and what a signature carries; later ones are stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// The authority's own word. On a broker every review is signed by a key, so this is as strong as `Key` there.
    Account,
    /// An SSH signature by a key of that person.
    #[default]
    Key,
    /// An SSH signature by a hardware key (`sk-`) whose user-presence flag is set.
    Touch,
}

impl Assurance {
    /// The word in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Key => "key",
            Self::Touch => "touch",
        }
    }
}
