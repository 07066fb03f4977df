//! The result of a run: sealed credentials, and the ID token that proves who sealed them.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;

use crate::github::id_token;
use crate::github::id_token::Expected;
use crate::github::id_token::TokenError;
use crate::grant::Digest;
use crate::secret::Secret;
use crate::system::System;

/// How long a client looks for the result of a run that it started, and therefore the greatest age of its token.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The largest result, in bytes: credentials of 8 KiB and a token of 20,000 bytes fit.
pub const MAX_FILE: usize = 256 * 1024;

/// The result, as `mint` writes it into its log ([`crate::github::job_log`]). It needs no protection from readers of the
/// repository: the credentials are sealed, and nothing else accepts the token's audience.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivered {
    /// The run, as in the associated data.
    pub run: String,
    /// The number of the lease.
    pub number: u32,
    /// The sealed lease.
    pub sealed: String,
    /// When the credentials expire. The time inside the seal is authoritative.
    pub expires: Timestamp,
    /// When the grant ends.
    pub active_until: Timestamp,
    /// The ID token for [`audience`].
    pub token: Secret<String>,
}

/// The audience of the token that accompanies a sealed lease. The token proves who sealed it (docs/trust.md, "A
/// repository on GitHub that decides").
pub fn audience(sealed: &str) -> String {
    format!("jit-lease:{}", Digest::of(sealed.as_bytes()))
}

impl Delivered {
    /// Its text.
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

    /// Parses the text. `None` if it is invalid.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_FILE {
            return None;
        }
        serde_json::from_slice(bytes).ok()
    }

    /// Checks that `jit.yml` on `main` sealed it, in the expected run and environment, because a seal alone does not
    /// prove who sealed.
    ///
    /// # Errors
    /// The token is not valid, or belongs to another run.
    pub async fn check(&self, system: &System, issuer: &str, expected: &Expected) -> Result<(), TokenError> {
        let claims = id_token::verify(system, issuer, &self.token, &audience(&self.sealed), KEPT).await?;
        claims.check(expected)?;
        if self.run == expected.run_id.to_string() { Ok(()) } else { Err(TokenError::Claim("run")) }
    }
}
