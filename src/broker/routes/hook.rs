//! `POST /v1/hooks/policy`: the host of the policy's repository reports a change.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::extract::State;
use axum::http::StatusCode;

use crate::broker::caller::Anonymous;
use crate::broker::hook::MAX_BODY;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::protocol::Problem;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// Makes the broker fetch its policy's repository soon. The body must be signed and is not read: only the repository
/// itself says what changed.
#[utoipa::path(post, path = "/v1/hooks/policy", operation_id = "policy_hook", tag = "health",
    params(
        ("x-hub-signature-256" = Option<String>, Header, description = "`sha256=` and the body's HMAC-SHA256 in hexadecimal, as GitHub signs"),
        ("webhook-id" = Option<String>, Header, description = "As standard-webhooks signs, instead"),
        ("webhook-timestamp" = Option<String>, Header, description = "Unix seconds, at most five minutes off"),
        ("webhook-signature" = Option<String>, Header, description = "`v1,` and the HMAC-SHA256 of id, time and body in base64"),
    ),
    responses(
        (status = 202, description = "The broker will read the policy's branch"),
        (status = 400, description = "The body broke off", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not signed with the secret", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "This broker takes no such calls", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn policy(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    call: Request,
) -> Result<StatusCode, Fault> {
    let key = shared.hook.as_ref().ok_or_else(Fault::not_found)?;
    let (head, body) = call.into_parts();
    let body = tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BODY))
        .await
        .map_err(|_| Fault::new(Code::BadRequest, "the body did not arrive in time"))?
        .map_err(|error| {
            use std::error::Error;
            let too_large =
                error.source().is_some_and(|cause| cause.is::<http_body_util::LengthLimitError>());
            if too_large {
                Fault::new(Code::TooLarge, format!("a body has at most {MAX_BODY} bytes"))
            } else {
                Fault::new(Code::BadRequest, "the body broke off")
            }
        })?;
    if !key.signed(&head.headers, &body, shared.system.clock.now()) {
        return Err(Fault::new(Code::Unauthenticated, "the call is not signed with the webhook's secret"));
    }
    shared.policies.tell();
    Ok(StatusCode::ACCEPTED)
}
