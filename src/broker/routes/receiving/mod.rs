//! The routes by which an identity provider reports that somebody left. Standards describe them: RFC 8935, and RFC 7644 under
//! `/scim/v2`.

pub mod events;
pub mod scim;

use std::time::Duration;

use axum::body::Body;
use axum::body::Bytes;
use axum::body::to_bytes;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value;

use crate::broker::caller::MAX_BODY;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

/// A body of at most [`MAX_BODY`] bytes, received within a time limit. `None` for any other.
async fn read(body: Body) -> Option<Bytes> {
    tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BODY)).await.ok()?.ok()
}

/// An answer of a media type that is not JSON's own.
fn answer(status: StatusCode, media: &'static str, document: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, media)], document.to_string()).into_response()
}
