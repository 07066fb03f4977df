//! `GET /v1/events`: the log, for auditors, with the data to verify that no event is missing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use data_encoding::HEXLOWER;
use serde::Deserialize;

use crate::broker::caller::Caller;
use crate::broker::caller::Count;
use crate::broker::caller::Parameters;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::protocol::EventList;
use crate::protocol::EventView;
use crate::protocol::Problem;

/// The most events in one answer.
const PAGE: u32 = 100;

/// The query string's parameters.
#[derive(Debug, Deserialize)]
pub struct EventsQuery {
    /// Only events after this number.
    after: Option<Count>,
}

/// The log's events in order, at most 100 per call.
#[utoipa::path(get, path = "/v1/events", operation_id = "event_list", tag = "audit", security(("session" = [])), params(("after" = Option<u64>, Query, description = "Only events after this number")), responses(
    (status = 200, description = "The next events", body = EventList),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "Only for auditors", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Parameters(query): Parameters<EventsQuery>,
) -> Result<Json<EventList>, Fault> {
    let standing = shared.standing().await;
    let policy = &standing.policy;
    if !policy.may_audit(&caller.person) {
        return Err(Fault::new(Code::Forbidden, "only auditors read the log")
            .hint("`jit show ID` shows a request of your own, also after its end"));
    }
    let events = shared.ledger.events_after(query.after.map_or(0, |after| after.0), PAGE).await?;
    let events = events
        .into_iter()
        .map(|(event, link)| EventView {
            sequence: event.sequence,
            at: event.at,
            word: event.subject.word().to_owned(),
            request: event.subject.request().map(crate::grant::Digest::request_id),
            agent_of: event.subject.asked().and_then(|asked| policy.owner_of(&asked.header.who)).cloned(),
            body: String::from_utf8_lossy(&link.body).into_owned(),
            previous: HEXLOWER.encode(&link.previous),
            hash: HEXLOWER.encode(&link.hash),
        })
        .collect();
    Ok(Json(EventList { events }))
}
