//! `GET /v1/openapi.json`: the description of this API.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::broker::caller::Caller;
use crate::protocol::Problem;

static DOCUMENT: LazyLock<String> = LazyLock::new(super::openapi);

/// The OpenAPI 3.1 document of this API.
#[utoipa::path(get, path = "/v1/openapi.json", operation_id = "openapi", tag = "about", security(("session" = [])), responses(
    (status = 200, description = "The document", body = serde_json::Value),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn show(_caller: Caller) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
