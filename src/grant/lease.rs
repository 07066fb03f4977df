//! One set of short-lived credentials, and the bytes that tie a sealed lease to its request.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::Digest;
use super::statement::canonical;
use crate::secret::Secret;

/// Credentials of an AWS session.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AwsCredentials {
    /// `ASIA…`
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: Secret<String>,
    /// The session token; of any length.
    pub session_token: Secret<String>,
    /// The twelve digits of the account.
    pub account: String,
    /// The ARN of the session, when the STS named it.
    pub session_arn: Option<String>,
    /// The region in which the role is used.
    pub region: String,
    /// The endpoint of the STS, where it is not AWS's own.
    pub endpoint_url: Option<String>,
}

/// One set of short-lived credentials minted under a grant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Lease {
    /// Counts the leases of one request, from 1. A number is used once.
    pub number: u32,
    /// When the credentials stop to work.
    pub expires: Timestamp,
    /// The credentials themselves.
    pub credentials: AwsCredentials,
}

impl Lease {
    /// The lease as JSON, for sealing and for the keychain. This and [`Secret::expose`] are the only ways out.
    pub fn to_secret_json(&self) -> Secret<Vec<u8>> {
        let credentials = &self.credentials;
        let value = serde_json::json!({
            "number": self.number,
            "expires": self.expires,
            "credentials": {
                "access_key_id": credentials.access_key_id,
                "secret_access_key": credentials.secret_access_key.expose(),
                "session_token": credentials.session_token.expose(),
                "account": credentials.account,
                "session_arn": credentials.session_arn,
                "region": credentials.region,
                "endpoint_url": credentials.endpoint_url,
            },
        });
        Secret::new(Zeroizing::new(value.to_string()).as_bytes().to_vec())
    }

    /// Reads what [`Lease::to_secret_json`] wrote. The error never quotes the input.
    pub fn from_secret_json(json: &Secret<Vec<u8>>) -> Result<Self, LeaseError> {
        serde_json::from_slice(json.expose()).map_err(|_| LeaseError)
    }
}

/// The bytes are no lease. Nothing of them is shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these are no credentials that jit wrote")]
pub struct LeaseError;

/// The associated data of a sealed lease: it opens only for this authority, request, run and number.
pub fn associated_data(authority: &str, request: &Digest, run: &str, number: u32) -> Vec<u8> {
    canonical(&BTreeMap::from([
        ("authority".to_owned(), authority.to_owned()),
        ("digest".to_owned(), request.to_string()),
        ("run".to_owned(), run.to_owned()),
        ("lease".to_owned(), number.to_string()),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_storage_and_shows_nothing() {
        let lease = Lease {
            number: 1,
            expires: "2026-11-23T10:00:00Z".parse().unwrap(),
            credentials: AwsCredentials {
                access_key_id: "ASIAEXAMPLE".to_owned(),
                secret_access_key: "hush".into(),
                session_token: "quiet".into(),
                account: "111122223333".to_owned(),
                session_arn: None,
                region: "eu-west-1".to_owned(),
                endpoint_url: None,
            },
        };
        assert_eq!(Lease::from_secret_json(&lease.to_secret_json()).unwrap(), lease);
        let shown = format!("{lease:?}");
        assert!(!shown.contains("hush") && !shown.contains("quiet"), "{shown}");
    }
}
