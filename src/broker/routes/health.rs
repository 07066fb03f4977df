//! `GET /healthz` and `GET /readyz`: for whoever watches the broker. They tell nothing but yes or no.

use std::sync::Arc;

use axum::extract::State;

use crate::broker::caller::Source;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::protocol::Problem;

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "health", responses((status = 200, description = "It answers", body = String)))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the broker can do its work: the policy loads, the database contains the head of the log, the clock runs.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "health", responses(
    (status = 200, description = "It is ready", body = String),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "It is not; the log says why", body = Problem, content_type = "application/problem+json"),
))]
pub async fn readyz(State(shared): State<Arc<Shared>>, _source: Source) -> Result<&'static str, Fault> {
    if !shared.standing().await.is_healthy() {
        return Err(Fault::new(Code::Unready, "the policy does not load").hint("run `jit policy check`"));
    }
    shared.ledger.contains_head().await?;
    if shared.clock_is_behind() {
        return Err(Fault::new(Code::Unready, "the clock stands behind the newest event"));
    }
    Ok("ready\n")
}
