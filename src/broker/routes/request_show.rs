//! `GET /v1/requests/{id}`: one request, now or as soon as it changes.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Deserialize;

use crate::broker::caller::Caller;
use crate::broker::caller::Count;
use crate::broker::caller::Parameters;
use crate::broker::caller::Segment;
use crate::broker::caller::still_fits;
use crate::broker::caller::too_many;
use crate::broker::caller::unauthenticated;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::view_request;
use crate::grant::Request;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// The longest wait, in seconds.
const LONGEST_WAIT: u64 = 60;

/// The query string's parameters.
#[derive(Debug, Deserialize)]
pub struct ShowQuery {
    /// The version that the caller has seen. The answer comes when the version is greater.
    after: Option<Count>,
    /// How long to wait for that, in seconds, at most 60.
    wait: Option<Count>,
}

/// Returns one request. With `after` and `wait`, the answer comes when the request changes or the time is up.
#[utoipa::path(get, path = "/v1/requests/{id}", operation_id = "request_show", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id"), 
        ("after" = Option<u64>, Query, description = "Answer when the version is greater than this"),
        ("wait" = Option<u64>, Query, description = "Wait at most this many seconds for that; 60 at most")),
    responses(
        (status = 200, description = "The request", body = RequestView),
        (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast, or too many wait", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(id): Segment,
    Parameters(query): Parameters<ShowQuery>,
) -> Result<Json<RequestView>, Fault> {
    let mut standing = shared.standing().await;
    let mut request = find_readable(&shared, &standing, &id, &caller.person).await?;
    let wait = Duration::from_secs(query.wait.map_or(0, |wait| wait.0).min(LONGEST_WAIT));
    if let Some(Count(after)) = query.after
        && !wait.is_zero()
        && request.version <= after
    {
        request = wait_for_change(&shared, request, after, wait).await?;
        // The session, the policy or the right to read may have changed during the wait.
        still_fits(&shared, &caller.session).await?;
        shared.session(&caller.token).ok_or_else(unauthenticated)?;
        standing = shared.standing().await;
        request = find_readable(&shared, &standing, request.id().as_str(), &caller.person).await?;
    }
    Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?))
}

async fn wait_for_change(
    shared: &Shared,
    mut request: Arc<Request>,
    after: u64,
    wait: Duration,
) -> Result<Arc<Request>, Fault> {
    let _place = shared.limiters.waiters.try_acquire().map_err(|_| too_many(5))?;
    let mut closing = shared.closing.subscribe();
    // Subscribe first, then read, so that a concurrent change is seen by one or the other.
    let mut changes = shared.ledger.watchers.watch(&request.digest);
    let limit = shared.system.clock.sleep(wait);
    tokio::pin!(limit);
    loop {
        request = shared.find(&request.id()).await?.ok_or_else(Fault::not_found)?;
        if request.version > after || request.state.is_terminal() {
            return Ok(request);
        }
        let due = shared.system.clock.sleep(time_until_due(&request, shared.now()));
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => return Ok(request),
            () = &mut limit => return Ok(request),
            changed = changes.changed() => {
                if changed.is_err() {
                    return Ok(request);
                }
            }
            () = due => {}
        }
    }
}

/// How long until the next expiry of the request is due.
fn time_until_due(request: &Request, now: Timestamp) -> Duration {
    let waiting = || request.unused_until.unwrap_or(request.pending_until).min(request.statement.not_after);
    let end = request.active_until.unwrap_or_else(waiting);
    Duration::try_from(end.duration_since(now)).unwrap_or_default().max(Duration::from_secs(1))
}
