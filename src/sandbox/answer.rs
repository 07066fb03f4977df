//! Answers and errors in the format of STS.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;

/// The namespace of STS.
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// A refusal, in STS's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    status: u16,
    code: &'static str,
    message: String,
}

impl Fault {
    /// A refusal with this status and code.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// An invalid parameter.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// A rejected token.
    pub fn token(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidIdentityToken", message)
    }

    /// The refusal in words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A forbidden action.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }
}

/// The result element of an answer.
#[derive(Serialize)]
pub enum Outcome {
    /// Of `AssumeRoleWithWebIdentity`.
    #[serde(rename = "AssumeRoleWithWebIdentityResult")]
    WebIdentity(Assumed),
    /// Of `AssumeRole`.
    #[serde(rename = "AssumeRoleResult")]
    Role(Assumed),
    /// Of `GetCallerIdentity`.
    #[serde(rename = "GetCallerIdentityResult")]
    Caller(Identity),
    /// Of [`super::READ_NOTE`].
    #[serde(rename = "SandboxReadNoteResult")]
    Note(Note),
}

/// A newly opened session.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Assumed {
    /// The token's subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_from_web_identity_token: Option<String>,
    /// The token's audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The session's identity.
    pub assumed_role_user: AssumedRoleUser,
    /// Its credentials.
    pub credentials: Credentials,
    /// The person behind it, if the token named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_identity: Option<String>,
}

/// A session's identity.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AssumedRoleUser {
    /// The role's unique id and the session's name.
    pub assumed_role_id: String,
    /// The session's ARN.
    pub arn: String,
}

/// New credentials, for an answer.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Credentials {
    /// The id of the key.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: String,
    /// The session token.
    pub session_token: String,
    /// When they expire.
    pub expiration: String,
}

/// A caller's identity.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Identity {
    /// The unique id.
    pub user_id: String,
    /// The account.
    pub account: String,
    /// The ARN.
    pub arn: String,
}

/// The sandbox's note.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Note {
    /// Its text.
    pub note: String,
}

#[derive(Serialize)]
struct Success<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'static str,
    #[serde(rename = "$value")]
    outcome: &'a Outcome,
    #[serde(rename = "ResponseMetadata")]
    metadata: Metadata<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    request_id: &'a str,
}

#[derive(Serialize)]
struct ErrorResponse<'a> {
    #[serde(rename = "@xmlns")]
    namespace: &'static str,
    #[serde(rename = "Error")]
    error: ErrorElement<'a>,
    #[serde(rename = "RequestId")]
    request_id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorElement<'a> {
    r#type: &'static str,
    code: &'a str,
    message: &'a str,
}

/// Writes an answer, dated by the sandbox's clock.
pub fn respond(outcome: &Result<Outcome, Fault>, request_id: &str, now: Timestamp) -> Response {
    let (status, xml) = match outcome {
        Ok(outcome) => {
            let success = Success { namespace: NAMESPACE, outcome, metadata: Metadata { request_id } };
            (200, quick_xml::se::to_string_with_root(root_of(outcome), &success))
        }
        Err(fault) => {
            let error = ErrorElement { r#type: "Sender", code: fault.code, message: &fault.message };
            let response = ErrorResponse { namespace: NAMESPACE, error, request_id };
            (fault.status, quick_xml::se::to_string(&response))
        }
    };
    let (status, body) = match xml {
        Ok(xml) => (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), xml),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, String::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    response
}

fn root_of(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::WebIdentity(_) => "AssumeRoleWithWebIdentityResponse",
        Outcome::Role(_) => "AssumeRoleResponse",
        Outcome::Caller(_) => "GetCallerIdentityResponse",
        Outcome::Note(_) => "SandboxReadNoteResponse",
    }
}
