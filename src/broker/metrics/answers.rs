//! Counts and times the answers of the API.

use std::sync::Arc;

use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::extract::State;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::Metrics;
use super::labels::Answered;
use super::labels::Routed;
use crate::broker::shared::Shared;

/// The route of calls to paths that do not exist.
const NO_ROUTE: &str = "none";

/// Measures one call.
pub async fn measure(State(shared): State<Arc<Shared>>, call: Request, next: Next) -> Response {
    let route = call.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = known(call.method());
    let waits =
        call.uri().query().is_some_and(|query| query.split('&').any(|part| part.starts_with("wait=")));
    let clock = Arc::clone(&shared.system.clock);
    let began = clock.uptime();
    let answer = next.run(call).await;
    let took = clock.uptime().saturating_sub(began);
    let metrics: &Metrics = &shared.metrics;
    let status = answer.status().as_u16();
    metrics.answers.get_or_create(&Answered { route: route.clone(), method, status }).inc();
    if !waits {
        metrics.durations.get_or_create(&Routed { route, method }).observe(took.as_secs_f64());
    }
    answer
}

/// A method as a word. A caller may make up methods, so all unusual ones are one.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
