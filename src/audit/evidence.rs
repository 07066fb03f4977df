//! The proof behind a sign-in, as the log keeps it.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::grant::Digest;

/// The login that a sign-in proved, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case", deny_unknown_fields)]
pub enum Evidence {
    /// An ID token of the identity provider.
    Token(TokenEvidence),
    /// The account that GitHub named to the authority itself.
    GitHub {
        /// The numeric id of the account.
        id: u64,
        /// Its login then. Never compared.
        login: String,
    },
}

/// An ID token, and what the authority read from it under the policy then in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenEvidence {
    /// The token as the provider issued it (JWS compact).
    pub token: String,
    /// The provider's key that verified it, as JSON (RFC 7517). Providers drop old keys, so the log keeps it.
    pub jwk: String,
    /// The random text in the nonce of a token that enrolled a key. The whole nonce of a token that let a browser in on the
    /// approval page. `None` for a token that came without either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub random: Option<String>,
    /// When the provider issued the token.
    pub issued: Timestamp,
    /// The issuer.
    pub issuer: String,
    /// The claim that names the person.
    pub subject: String,
    /// The account at the provider (`sub`), if another claim names the person. That claim may pass to another account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The name to show.
    pub label: String,
    /// The groups. `None` if the token leaves them open, so that nothing rests on them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
}

/// How a browser was let in on the approval page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum LetIn {
    /// A code that the person's client asked for and confirmed. The browser's session ends with that client's session.
    Session {
        /// The SHA-256 of the token of the client's session.
        session: Digest,
    },
    /// A sign-in at the identity provider or on GitHub, which enrolled no key.
    Login {
        /// The client at the provider, or the app on GitHub, that the person signed in to.
        client: String,
        /// The proof.
        evidence: Evidence,
    },
}

impl Evidence {
    /// A text that is the same for every sign-in of one login, and different for any other.
    pub fn login(&self) -> String {
        match self {
            Self::Token(token) => format!("token {} {}", token.issuer, token.subject),
            Self::GitHub { id, .. } => format!("github {id}"),
        }
    }

    /// When the login was proved: when the token was issued, or when GitHub answered at `at`.
    pub fn proved(&self, at: Timestamp) -> Timestamp {
        match self {
            Self::Token(token) => token.issued.min(at),
            Self::GitHub { .. } => at,
        }
    }

    /// The source in words.
    pub fn source(&self) -> &str {
        match self {
            Self::Token(token) => &token.issuer,
            Self::GitHub { .. } => "GitHub",
        }
    }
}
