//! Signature Version 4 (AWS General Reference), by `aws-sigv4`.

use std::time::Duration;
use std::time::UNIX_EPOCH;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::SignableBody;
use aws_sigv4::http_request::SignableRequest;
use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::sign;
use aws_sigv4::sign::v4::SigningParams;
use jiff::Timestamp;

use crate::secret::Secret;

/// The name of STS in signatures.
pub const STS: &str = "sts";

/// The name of IAM in signatures.
pub const IAM: &str = "iam";

/// The keys that sign a request.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The id of the access key.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: Secret<String>,
    /// The session token, for temporary credentials.
    pub session_token: Option<Secret<String>>,
}

/// A request to be signed. The host comes from the URL.
pub struct Unsigned<'a> {
    /// The service's name: [`STS`] or [`IAM`].
    pub service: &'a str,
    /// `POST` everywhere here.
    pub method: &'a str,
    /// The whole URL.
    pub url: &'a str,
    /// The headers that are signed besides `host`, `x-amz-date` and `x-amz-security-token`.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

/// The request cannot be signed. The error shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be signed")]
pub struct SigningError;

/// The headers to add: `authorization`, `x-amz-date` and, with a session token, `x-amz-security-token`.
///
/// # Errors
/// The URL or a header is malformed.
pub fn signed_headers(
    request: &Unsigned<'_>,
    keys: &Keys,
    region: &str,
    at: Timestamp,
) -> Result<Vec<(String, String)>, SigningError> {
    let identity = Credentials::new(
        keys.access_key_id.clone(),
        keys.secret_access_key.expose().clone(),
        keys.session_token.as_ref().map(|token| token.expose().clone()),
        None,
        "jit",
    )
    .into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(request.service)
        .time(UNIX_EPOCH + Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0)))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| SigningError)?
        .into();
    let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable =
        SignableRequest::new(request.method, request.url, headers, SignableBody::Bytes(request.body))
            .map_err(|_| SigningError)?;
    let (instructions, _) = sign(signable, &parameters).map_err(|_| SigningError)?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
