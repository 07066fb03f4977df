//! Converts errors into answers (RFC 9457), in this one place. Internal details go only to the log.

use axum::Json;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;

use super::ledger::LedgerError;
use crate::grant::request::StateError;
use crate::judgement::refusal;
use crate::judgement::refusal::Refusal;
use crate::protocol::Problem;

/// The kind of a problem, which determines its status, title and code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The call is not valid for this API.
    BadRequest,
    /// There is no session, or it has ended.
    Unauthenticated,
    /// The policy does not permit it to this person.
    Forbidden,
    /// The identity provider must prove the person and their groups again.
    Groups,
    /// It does not exist, or the caller may not see it.
    NotFound,
    /// The path exists, and does not support this method.
    MethodNotAllowed,
    /// Something else prevents it.
    Conflict,
    /// The request's state does not allow it.
    State,
    /// The statement is damaged, stale, or for another authority.
    Statement,
    /// The policy refuses.
    Policy,
    /// The caller exceeds a rate limit.
    TooMany,
    /// The body is too large.
    TooLarge,
    /// The cloud refused.
    Cloud,
    /// The cloud cannot be reached.
    CloudUnready,
    /// The broker cannot do this now.
    Unready,
}

impl Code {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_request", "The request cannot be read"),
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "Not logged in"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::Groups => (StatusCode::FORBIDDEN, "groups", "The groups must be read again"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
            }
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "It conflicts with something else"),
            Self::State => (StatusCode::CONFLICT, "state", "Not possible in this state"),
            Self::Statement => {
                (StatusCode::UNPROCESSABLE_ENTITY, "statement", "The statement is not accepted")
            }
            Self::Policy => (StatusCode::FORBIDDEN, "policy", "The policy refuses"),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too_many", "Too many requests"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The body is too large"),
            Self::Cloud => (StatusCode::BAD_GATEWAY, "cloud", "The cloud refused"),
            Self::CloudUnready => (StatusCode::SERVICE_UNAVAILABLE, "cloud", "The cloud cannot be reached"),
            Self::Unready => (StatusCode::SERVICE_UNAVAILABLE, "unready", "The broker cannot answer now"),
        }
    }
}

/// A problem to send to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    code: Code,
    detail: String,
    hint: Option<String>,
    retry_after: Option<u64>,
}

impl Fault {
    /// Makes a problem of this kind, with the detail of this occurrence.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), hint: None, retry_after: None }
    }

    /// Adds how to solve it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds when to retry, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// It does not exist, or the caller may not see it. The two cases must look the same.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "not found, or you may not see it")
    }

    /// An internal error. The caller learns only that, and the log has the details.
    pub fn internal(what: &str, error: &dyn std::error::Error) -> Self {
        tracing::error!(%error, "{what}");
        Self::new(Code::Unready, format!("{what}; the broker's log says why")).retry_after(5)
    }

    /// Whether its hint sends the reader to `jit login`, which nobody can type into a browser.
    pub fn mentions_login(&self) -> bool {
        self.hint.as_ref().is_some_and(|hint| hint.contains("`jit login"))
    }

    /// Its kind.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The status and the problem, for an answer that is not JSON.
    pub fn problem(&self) -> (StatusCode, Problem) {
        let (status, code, title) = self.code.parts();
        let problem = Problem {
            kind: format!("urn:jit:problem:{code}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            code: code.to_owned(),
            hint: self.hint.clone(),
        };
        (status, problem)
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let (status, problem) = self.problem();
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<refusal::Code> for Code {
    fn from(code: refusal::Code) -> Self {
        match code {
            refusal::Code::Policy => Self::Policy,
            refusal::Code::Statement => Self::Statement,
            refusal::Code::Conflict => Self::Conflict,
            refusal::Code::State => Self::State,
            refusal::Code::Forbidden => Self::Forbidden,
            refusal::Code::Groups => Self::Groups,
            refusal::Code::TooMany => Self::TooMany,
            refusal::Code::Unready => Self::Unready,
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        let mut fault = Self::new(refusal.code().into(), refusal.to_string());
        fault.hint = refusal.hint();
        fault.retry_after = refusal.retry_after();
        fault
    }
}

impl From<StateError> for Fault {
    fn from(error: StateError) -> Self {
        Self::new(Code::State, error.to_string())
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Conflict => {
                Self::new(Code::Conflict, "the request changed at the same moment").hint("try again")
            }
            LedgerError::Enrolled => Self::new(Code::Conflict, error.to_string()),
            LedgerError::State(error) => error.into(),
            LedgerError::Refused(refusal) => refusal.into(),
            LedgerError::Unwritten(_) | LedgerError::Head(_) => {
                Self::internal("the broker cannot record this now, so it did not happen", &error)
            }
            error @ LedgerError::Ahead { .. } => {
                tracing::error!(%error, "the broker records nothing for a minute, unless its clock is set back");
                Self::new(Code::Unready, error.to_string())
                    .hint("the broker trusts its clock again after a minute; if it is wrong, set it")
                    .retry_after(60)
            }
            LedgerError::Chain(_) | LedgerError::Index(_) | LedgerError::Gap { .. } | LedgerError::NoGap => {
                Self::internal("the broker's log was changed, so the broker does not answer from it", &error)
            }
            LedgerError::Store(_) | LedgerError::Closed => {
                Self::internal("the broker's log cannot be read now", &error)
            }
        }
    }
}
