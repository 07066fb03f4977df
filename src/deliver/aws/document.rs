//! The documents on the wire: the container credentials and the errors.

use bytes::Bytes;
use http::StatusCode;
use http::header;
use http_body_util::Full;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::deliver::aws::credential_process::Processed;
use crate::deliver::endpoint::door::Refusal;
use crate::deliver::endpoint::source::Answer;
use crate::deliver::kubernetes::exec_credential;
use crate::grant::Credentials;
use crate::grant::Lease;
use crate::grant::span::whole_seconds;
use crate::secret::Secret;

/// The document in the form that the SDKs read (AWS container credential provider: `Token`, not `SessionToken`; the
/// JavaScript SDK demands the first four as strings).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Served<'a> {
    access_key_id: &'a str,
    secret_access_key: &'a str,
    token: &'a str,
    expiration: String,
    account_id: &'a str,
}

/// The same document, read back.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Received {
    access_key_id: String,
    secret_access_key: Secret<String>,
    token: Secret<String>,
    expiration: String,
    account_id: String,
}

/// An error, in both casings that the SDKs look for: lower case for the Rust SDK, upper case for the JavaScript one.
#[derive(Serialize)]
struct Trouble<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(rename = "Code")]
    upper_code: &'a str,
    #[serde(rename = "Message")]
    upper_message: &'a str,
}

/// The part of an error that `jit` shows.
#[derive(Deserialize)]
pub struct Told {
    /// The error in words, for people.
    pub message: String,
}

impl Received {
    /// The same credentials as a `credential_process` document.
    pub fn to_process_document(&self) -> Result<Secret<String>, serde_json::Error> {
        Processed {
            access_key_id: &self.access_key_id,
            secret_access_key: self.secret_access_key.expose(),
            session_token: self.token.expose(),
            expiration: &self.expiration,
            account_id: &self.account_id,
        }
        .into_document()
    }
}

/// The HTTP response for a slot's answer.
pub fn answer(answer: &Answer) -> http::Response<Full<Bytes>> {
    match answer {
        Answer::Lease(lease, expires) => document(lease, *expires),
        Answer::Ended(message) => trouble(StatusCode::FORBIDDEN, "AccessEnded", message),
        // The SDKs retry after a 5xx, not after a 4xx.
        Answer::Unavailable(message) => {
            trouble(StatusCode::SERVICE_UNAVAILABLE, "CredentialsUnavailable", message)
        }
    }
}

/// The HTTP response for a refused request.
pub fn refusal(refusal: Refusal) -> http::Response<Full<Bytes>> {
    let (status, code) = refusal.status();
    trouble(status, code, &refusal.to_string())
}

fn document(lease: &Lease, expires: Timestamp) -> http::Response<Full<Bytes>> {
    let credentials = match &lease.credentials {
        Credentials::Aws(credentials) => credentials,
        Credentials::Kubernetes(credentials) => {
            return match exec_credential::served(credentials, expires) {
                Ok(json) => respond(StatusCode::OK, Bytes::from_owner(json)),
                Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new()),
            };
        }
        Credentials::Token(_) | Credentials::Vault(_) | Credentials::Gcp(_) | Credentials::Azure(_) => {
            return trouble(StatusCode::INTERNAL_SERVER_ERROR, "NotServed", "this role is not served here");
        }
    };
    let served = Served {
        access_key_id: &credentials.access_key_id,
        secret_access_key: credentials.secret_access_key.expose(),
        token: credentials.session_token.expose(),
        expiration: whole_seconds(expires).to_string(),
        account_id: &credentials.account,
    };
    match serde_json::to_vec(&served) {
        Ok(json) => respond(StatusCode::OK, Bytes::from_owner(Zeroizing::new(json))),
        Err(_) => respond(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new()),
    }
}

fn trouble(status: StatusCode, code: &str, message: &str) -> http::Response<Full<Bytes>> {
    let body = Trouble { code, message, upper_code: code, upper_message: message };
    respond(status, serde_json::to_vec(&body).unwrap_or_default().into())
}

fn respond(status: StatusCode, body: Bytes) -> http::Response<Full<Bytes>> {
    let mut response = http::Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}
