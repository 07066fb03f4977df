//! How strongly a signature ties its signer to what they signed.

use serde::Deserialize;
use serde::Serialize;

/// The strength that a role demands of a review, and that a signature carries. Later variants are stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "broker", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Assurance {
    /// The authority or the identity provider vouches for the person. On a broker a key signs every review too, and a key
    /// of `people.toml` makes it as strong as `Key`.
    Account,
    /// An SSH signature by a key of that person.
    #[default]
    Key,
    /// An SSH signature by a hardware key (`sk-`) whose user-presence flag is set, or by a passkey that also verified its owner.
    Touch,
}

impl Assurance {
    /// The word used in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Key => "key",
            Self::Touch => "touch",
        }
    }
}
