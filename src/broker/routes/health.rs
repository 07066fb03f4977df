//! `GET /healthz` and `GET /readyz`: for monitoring. They reveal only yes or no.

use std::sync::Arc;

use axum::extract::State;

use crate::broker::caller::Anonymous;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::protocol::Problem;

/// Whether the process is running.
#[utoipa::path(get, path = "/healthz", operation_id = "healthz", tag = "health", responses(
    (status = 200, description = "It answers", body = String),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
))]
pub async fn healthz(_counted: Anonymous) -> &'static str {
    "ok\n"
}

/// Whether the broker is ready: the policy loads, the database contains the head of the log, and the clock runs.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "health", responses(
    (status = 200, description = "It is ready", body = String),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "It is not ready; the log says why", body = Problem, content_type = "application/problem+json"),
))]
pub async fn readyz(State(shared): State<Arc<Shared>>, _counted: Anonymous) -> Result<&'static str, Fault> {
    let standing = shared.standing().await;
    if !standing.is_healthy() {
        let (good, until) = (standing.good_at, standing.serves_until());
        let detail = if standing.serves(shared.now()) {
            format!(
                "the policy has not loaded since {good}: the last good one serves until {until}, then the broker grants nothing"
            )
        } else {
            format!("the policy has not loaded since {good}: the broker grants nothing")
        };
        return Err(Fault::new(Code::Unready, detail)
            .hint("the broker's own output and `jit policy check` on its machine say what is wrong"));
    }
    shared.ledger.contains_head().await?;
    if shared.clock_is_behind() {
        return Err(Fault::new(Code::Unready, "the clock is behind the newest event"));
    }
    Ok("ready\n")
}
