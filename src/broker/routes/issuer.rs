//! The documents that clouds fetch: the discovery document and the key set. Anonymous, cached for five minutes.
//!
//! If another host serves them to the clouds, they are the originals here: `jit setup issuer` copies them, and `jit doctor`
//! compares.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::broker::caller::Anonymous;
use crate::broker::shared::Shared;
use crate::issuer;
use crate::issuer::discovery_json;
use crate::protocol::Problem;

fn published(json: String) -> Response {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, issuer::CACHE_CONTROL)];
    (headers, json).into_response()
}

/// The discovery document (OpenID Connect Discovery 1.0).
#[utoipa::path(get, path = "/.well-known/openid-configuration", operation_id = "discovery", tag = "issuer", responses(
    (status = 200, description = "The discovery document", body = serde_json::Value),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
))]
pub async fn discovery(State(shared): State<Arc<Shared>>, _counted: Anonymous) -> Response {
    published(discovery_json(shared.publication.issuer_url()))
}

/// The public keys (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", operation_id = "key_set", tag = "issuer", responses(
    (status = 200, description = "The key set", body = serde_json::Value),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
))]
pub async fn key_set(State(shared): State<Arc<Shared>>, _counted: Anonymous) -> Response {
    published(shared.issuer.key_set_json(shared.system.clock.now()))
}
