//! The tokens with which an authority buys credentials: its own, or one that it was given.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;

use super::MintOrder;
use super::ProviderError;
use super::REVOKER;
use super::subject;
use super::voucher::Voucher;
use crate::issuer::Issuer;
use crate::secret::Secret;

/// How long a token with which the authority buys something is valid, in seconds. It never leaves the authority.
pub const TOKEN_LIFE: i64 = 60;

/// The source of the JWT.
#[derive(Clone)]
pub enum Tokens {
    /// Signed here, anew for each exchange. The address is the issuer's, which clouds compare byte for byte.
    Issuer(Arc<Issuer>, String),
    /// Signed by another issuer and fetched for one mint: the ID token of a workflow's job.
    Given(Secret<String>),
}

impl Tokens {
    /// The caller, and whose token it shows.
    pub fn voucher(&self) -> Voucher {
        match self {
            Self::Issuer(..) => Voucher::Broker,
            Self::Given(_) => Voucher::Job,
        }
    }

    /// A token for an order: its own claims, then those of the place. A token that was given is returned unchanged.
    ///
    /// # Errors
    /// No key can sign now.
    pub fn token(
        &self,
        order: &MintOrder,
        audience: &str,
        (now, until, nonce): (Timestamp, Timestamp, &str),
        more: impl IntoIterator<Item = (String, Value)>,
    ) -> Result<Secret<String>, ProviderError> {
        let (issuer, url) = match self {
            Self::Issuer(issuer, url) => (issuer, url),
            Self::Given(token) => return Ok(token.clone()),
        };
        let mut claims = claims(url, order, audience, (now, until, nonce));
        claims.extend(more);
        issuer.sign(&claims, now).map_err(|error| ProviderError {
            message: error.to_string(),
            hint: error.hint(),
            passing: error.is_passing(),
        })
    }
}

impl Tokens {
    /// A token with which the authority signs in to take back what was handed out ([`REVOKER`]).
    ///
    /// # Errors
    /// No key can sign now, or the authority has no issuer of its own.
    pub fn token_for_revoking(
        &self,
        audience: &str,
        (now, until, nonce): (Timestamp, Timestamp, &str),
    ) -> Result<Secret<String>, ProviderError> {
        let Self::Issuer(issuer, url) = self else {
            return Err(ProviderError {
                message: "this authority has no issuer of its own, so it takes nothing back".to_owned(),
                hint: Some("a broker does: `jit serve`".to_owned()),
                passing: false,
            });
        };
        let members = [
            ("iss", json!(url)),
            ("sub", json!(REVOKER)),
            ("aud", json!(audience)),
            ("iat", json!(now.as_second())),
            ("exp", json!(until.as_second())),
            ("jti", json!(nonce)),
        ];
        let claims = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        issuer.sign(&claims, now).map_err(|error| ProviderError {
            message: error.to_string(),
            hint: error.hint(),
            passing: error.is_passing(),
        })
    }
}

/// The claims of every token but AWS's. The subject names only the role, because the other side pins it. The last three are for
/// its records: the request, the person and the role.
fn claims(
    issuer_url: &str,
    order: &MintOrder,
    audience: &str,
    (now, until, nonce): (Timestamp, Timestamp, &str),
) -> Map<String, Value> {
    let members = [
        ("iss", json!(issuer_url)),
        ("sub", json!(subject(&order.role))),
        ("aud", json!(audience)),
        ("iat", json!(now.as_second())),
        ("exp", json!(until.as_second())),
        ("jti", json!(nonce)),
        ("jit_request", json!(order.request.as_str())),
        ("jit_person", json!(order.person.as_str())),
        ("jit_role", json!(order.role.as_str())),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
