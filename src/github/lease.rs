//! What a run hands back: sealed credentials, and the ID token that says who sealed them.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;

use crate::github::id_token;
use crate::github::id_token::Expected;
use crate::github::id_token::TokenError;
use crate::grant::Digest;
use crate::secret::Secret;
use crate::system::System;

/// The name of the artifact, and of the one file in it.
pub const ARTIFACT: &str = "jit-lease";
/// The file in the artifact.
pub const FILE: &str = "lease.json";

/// How long an artifact is kept, and so how old its token may be.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The longest file, in bytes: credentials of 8 KiB, a token of 20,000.
pub const MAX_FILE: usize = 256 * 1024;

/// The content of the artifact. Nothing in it is secret to those who may read the repository: the credentials are sealed, and
/// the token is for an audience that nothing else accepts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// The run, as it stands in the associated data.
    pub run: String,
    /// The number of the lease.
    pub number: u32,
    /// The sealed lease.
    pub sealed: String,
    /// When the credentials stop to work; what counts stands inside the seal.
    pub expires: Timestamp,
    /// When the grant ends.
    pub active_until: Timestamp,
    /// The ID token, for the audience of [`audience`].
    pub token: Secret<String>,
}

/// The audience of the token that goes with a sealed lease (trust.md §6.6).
pub fn audience(sealed: &str) -> String {
    format!("jit-lease:{}", Digest::of(sealed.as_bytes()))
}

impl Delivered {
    /// The file's text.
    pub fn write(&self) -> String {
        let value = serde_json::json!({
            "run": self.run,
            "number": self.number,
            "sealed": self.sealed,
            "expires": self.expires,
            "active_until": self.active_until,
            "token": self.token.expose(),
        });
        format!("{value}\n")
    }

    /// Reads it. The error never quotes the input.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_FILE {
            return None;
        }
        serde_json::from_slice(bytes).ok()
    }

    /// Whether `jit.yml` on `main` sealed it, in the run and the environment that were expected: sealing alone says nothing
    /// of who sealed.
    ///
    /// # Errors
    /// The token does not hold, or is another run's.
    pub async fn check(&self, system: &System, issuer: &str, expected: &Expected) -> Result<(), TokenError> {
        let claims = id_token::verify(system, issuer, &self.token, &audience(&self.sealed), KEPT).await?;
        claims.check(expected)?;
        if self.run == expected.run_id.to_string() { Ok(()) } else { Err(TokenError::Claim("run")) }
    }
}
