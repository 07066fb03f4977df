//! `GET /metrics`, on its own listener.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use prometheus_client::encoding::text::encode;

use crate::broker::shared::Shared;

/// The media type of OpenMetrics 1.0.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// The listener's only path.
pub fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/metrics", get(show)).with_state(shared)
}

async fn show(State(shared): State<Arc<Shared>>) -> Response {
    let metrics = &shared.metrics;
    metrics.gauges.read(&shared);
    let mut text = String::new();
    match encode(&mut text, &metrics.registry) {
        Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
