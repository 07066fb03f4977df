//! `POST /v1/requests/{id}/end`: the requester ends a grant or cancels a request.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::denying;
use crate::broker::extensions::closing;
use crate::broker::ledger::LedgerError;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::view_request;
use crate::judgement::refusal::Refusal;
use crate::judgement::stop;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// Ends the caller's own grant, or cancels the caller's own request. Extensions end with their grant, and an extension
/// in force ends together with its grant. Repeating the call changes nothing.
#[utoipa::path(post, path = "/v1/requests/{id}/end", operation_id = "request_end", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id")),
    responses(
        (status = 200, description = "The request as it is now", body = RequestView),
        (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not the caller's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It changed at the same moment", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn end(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(id): Segment,
) -> Result<Json<RequestView>, Fault> {
    loop {
        let standing = shared.standing().await;
        let request = find_readable(&shared, &standing, &id, &caller.person).await?;
        let now = shared.now();
        let change = match stop::end(&request, &caller.person, None, now) {
            Ok(change) => change,
            Err(Refusal::Closed(_)) => {
                return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
            }
            Err(refusal) => return Err(refusal.into()),
        };
        let mut append = closing(&shared, &request, now, standing.policy.revision, &change);
        append.source = caller.origin.recorded();
        match shared.ledger.append(append).await {
            Ok(_) => denying::wait(&shared, &request).await,
            Err(LedgerError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
