//! `POST /v1/hooks/events`: the push delivery of security events (RFC 8935).

use std::sync::Arc;

use axum::extract::Request;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;
use serde_json::json;

use super::answer;
use super::read;
use crate::broker::caller::Anonymous;
use crate::broker::caller::Source;
use crate::broker::problem::Fault;
use crate::broker::receivers::find;
use crate::broker::receivers::retire;
use crate::broker::receivers::subject_of_event;
use crate::broker::shared::Shared;
use crate::identity::oidc::Failure;
use crate::identity::oidc::IdTokenError;
use crate::identity::oidc::SecurityEvent;

/// The event that ends every session of its subject (OpenID CAEP 1.0, section 3.1).
const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
/// The media type of an event (RFC 8417, section 7.2).
const MEDIA: &str = "application/secevent+jwt";

/// Takes one security event. An event of another kind, or about nobody here, is acknowledged and changes nothing.
pub async fn take(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    call: Request,
) -> Result<Response, Fault> {
    let gate = shared.receivers.events.as_ref().ok_or_else(Fault::not_found)?;
    let (head, body) = call.into_parts();
    if !gate.opens(&head.headers) {
        origin.count_login(&shared)?;
        let refused = refuse("authentication_failed", "the call does not bring the token of the receiver");
        return Ok(
            (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], refused).into_response()
        );
    }
    let media = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media = media.and_then(|value| value.split(';').next()).map(str::trim);
    if !media.is_some_and(|media| media.eq_ignore_ascii_case(MEDIA)) {
        return Ok(refuse("invalid_request", "the body must be application/secevent+jwt"));
    }
    let Some(bytes) = read(body).await else {
        return Ok(refuse("invalid_request", "the body is too large, or broke off"));
    };
    let Ok(token) = std::str::from_utf8(&bytes) else {
        return Ok(refuse("invalid_request", "the body is not text"));
    };
    let standing = shared.standing().await;
    let Some(oidc) = standing.policy.oidc() else {
        return Ok(refuse("invalid_issuer", "the policy takes nobody from an identity provider"));
    };
    let cache = shared.providers.of(&shared.system, &oidc.issuer);
    let audiences = [shared.authority.as_str(), oidc.client_id.as_str()];
    let event = match cache.verify_event(token.trim(), &audiences).await {
        Ok(event) => event,
        Err(failure @ Failure::Provider(_)) => {
            return Err(
                Fault::new(crate::broker::problem::Code::Unready, failure.to_string()).retry_after(60)
            );
        }
        Err(Failure::Token(error)) => return Ok(refuse(code(error), &error.to_string())),
    };
    // A repeated event is acknowledged like the first one (RFC 8935, section 2).
    if !shared.receivers.has_heard(&event.id) {
        if let Some(named) = revoked(&event)
            && let Some(subject) = subject_of_event(&shared, oidc, named)
            && let Some(known) = find(&shared, &standing.policy, oidc, &subject).filter(|known| known.is_here)
        {
            // A sign-in after the event stays: a copy of the event ends nothing that came later.
            if known.proved.is_none_or(|proved| proved <= event.issued) {
                let why = "the identity provider revoked their sessions";
                retire(&shared, &known, why, origin.recorded()).await?;
            }
        }
        shared.receivers.remember(&event.id, shared.clock());
    }
    Ok(StatusCode::ACCEPTED.into_response())
}

/// The subject of a `session-revoked` event. `None` if it is another event.
fn revoked(event: &SecurityEvent) -> Option<&Value> {
    let body = event.events.get(SESSION_REVOKED)?;
    event.subject.as_ref().or_else(|| body.get("sub_id")).or_else(|| body.get("subject"))
}

/// The error code of RFC 8935, section 2.4.
fn code(error: IdTokenError) -> &'static str {
    match error {
        IdTokenError::Issuer => "invalid_issuer",
        IdTokenError::Audience => "invalid_audience",
        IdTokenError::Signature
        | IdTokenError::UnknownKey
        | IdTokenError::SeveralKeys
        | IdTokenError::NamesNoKey
        | IdTokenError::Algorithm => "invalid_key",
        _ => "invalid_request",
    }
}

fn refuse(code: &str, why: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, "application/json", &json!({"err": code, "description": why}))
}
