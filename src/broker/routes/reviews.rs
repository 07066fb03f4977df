//! `POST /v1/requests/{id}/reviews`: a reviewer approves or denies.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use crate::broker::caller::Actor;
use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::extensions::case_of;
use crate::broker::extensions::first_of;
use crate::broker::extensions::move_end;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::policies::Standing;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::view_request;
use crate::grant::Change;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::Verdict;
use crate::grant::statement::Kind;
use crate::judgement::Case;
use crate::judgement::extend::may_be_automatic;
use crate::judgement::facts::Gathered;
use crate::judgement::refusal::Refusal;
use crate::judgement::review as judgement;
use crate::judgement::review::Given;
use crate::judgement::review::Said;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// Records a review. Repeating the same bytes changes nothing.
#[utoipa::path(post, path = "/v1/requests/{id}/reviews", operation_id = "request_review", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id")), request_body = Signed,
    responses(
        (status = 200, description = "Taken; the request as it is now", body = RequestView),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not in this state", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn review(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(id): Segment,
    Body(signed): Body<Signed>,
) -> Result<Json<RequestView>, Fault> {
    take(&shared, caller.actor(), &id, &signed).await.map(Json)
}

/// Takes a signed review, whichever way it came: this API, or the approval page.
pub async fn take(
    shared: &Arc<Shared>,
    by: Actor<'_>,
    id: &str,
    signed: &Signed,
) -> Result<RequestView, Fault> {
    loop {
        let standing = shared.standing().await;
        let request = find_readable(shared, &standing, id, by.person).await?;
        let opened = open_own(signed, Kind::Review, &shared.authority, &standing.policy, by.person)?;
        let given = Given::of(&opened)?;
        let statement = given.statement();
        if statement.request != request.digest {
            return Err(Refusal::OtherReview.into());
        }
        let mut known = request.reviews.iter().chain(&request.acknowledged);
        if known.any(|review| review.signed.statement == signed.statement) {
            return view_request(shared, &standing, &request, by.person).await;
        }
        let now = shared.now();
        // A denial uses the real clock, like everything that ends access.
        check_fresh(&opened, if statement.verdict == Verdict::Deny { shared.clock() } else { now })?;
        // A denial waits for no source of facts.
        let bench = shared.bench(&request.statement, &standing).await;
        let gathered = match (&bench, statement.verdict) {
            (Ok(bench), Verdict::Approve) => shared.facts(bench, &request.statement.role, now).await,
            _ => Gathered::default(),
        };
        let first = first_of(shared, &request);
        let case = Case {
            facts: &gathered.facts,
            automatic: shared.may_approve_itself(&request.digest, &request.statement, &standing, now)
                && first.as_deref().is_none_or(may_be_automatic),
            ..case_of(shared, &request, now)
        };
        let explained = |refusal: Refusal| refusal.explained(|why| gathered.explain(why));
        let changes = if request.is_emergency() {
            judgement::acknowledge(&standing.policy, &request, &given, &case).map_err(explained)?
        } else {
            let bench = bench?;
            if judgement::check(&bench, &request, &given, &case)? == Said::Before {
                return view_request(shared, &standing, &request, by.person).await;
            }
            judgement::decide(&bench, &case, &request, first.as_deref(), &given).map_err(explained)?
        };
        if statement.verdict == Verdict::Approve {
            shared.serving().await?;
        }
        match record(shared, &standing, &request, first.as_deref(), by, changes, now).await {
            Ok(request) => {
                tracing::info!(request = %request.id(), by = %by.person, verdict = statement.verdict.as_str(), "reviewed");
                return view_request(shared, &standing, &request, by.person).await;
            }
            // Another call was faster: read and decide again.
            Err(Retry::Again) => {}
            Err(Retry::Fault(fault)) => return Err(fault),
        }
    }
}

enum Retry {
    Again,
    Fault(Fault),
}

async fn record(
    shared: &Arc<Shared>,
    standing: &Standing,
    request: &Request,
    first: Option<&Request>,
    by: Actor<'_>,
    changes: Vec<Change>,
    now: Timestamp,
) -> Result<Arc<Request>, Retry> {
    let decided = changes.len() > 1 || request.is_emergency();
    let more_time = changes.iter().find_map(|change| match change {
        Change::Approved { unused_until, .. } => first.map(|first| (first, *unused_until)),
        _ => None,
    });
    let mut append = shared.changes(request, now, standing.policy.revision, changes);
    if let Some((first, until)) = more_time {
        move_end(&mut append, &request.digest, first, until, &request.signed);
    }
    append.source = by.origin.recorded();
    if decided {
        append.notices = notify::notices_of_decision(&standing.policy, request);
    }
    let event = shared.ledger.append(append).await.map_err(|error| match error {
        LedgerError::Conflict => Retry::Again,
        error => Retry::Fault(error.into()),
    })?;
    let request = shared.find(&request.id()).await.map_err(Retry::Fault)?;
    let request = request.ok_or_else(|| Retry::Fault(Fault::not_found()))?;
    if decided {
        notify::tell(shared, &request, event);
    }
    Ok(request)
}
