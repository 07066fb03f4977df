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

/// Whether the broker is ready: the policy loads, the database contains the head of the log, the clock runs, and clouds find
/// the issuer's keys. Lines after `ready` are notes for the operator.
#[utoipa::path(get, path = "/readyz", operation_id = "readyz", tag = "health", responses(
    (status = 200, description = "It is ready", body = String),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "It is not ready; the log says why", body = Problem, content_type = "application/problem+json"),
))]
pub async fn readyz(State(shared): State<Arc<Shared>>, _counted: Anonymous) -> Result<String, Fault> {
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
    ready_for_clouds(&shared).await
}

/// Whether clouds can verify the broker's tokens, where another host serves the issuer's documents. Notes on what is not
/// urgent follow the word `ready`, one a line.
async fn ready_for_clouds(shared: &Shared) -> Result<String, Fault> {
    shared.publication.refresh(&shared.issuer, &shared.system).await;
    let standing = shared.publication.standing(&shared.issuer, shared.system.clock.now());
    if !standing.problems.is_empty() {
        return Err(Fault::new(Code::Unready, standing.problems.join("; ")).hint(
            "publish the issuer's documents anew: `jit setup issuer DIR`, or `jit serve --issuer-dir DIR`; see docs/runbook.md",
        ));
    }
    let notes = standing.notes.iter().map(|note| format!("note: {note}\n"));
    Ok(std::iter::once("ready\n".to_owned()).chain(notes).collect())
}
