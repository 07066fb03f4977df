//! `POST /v1/requests/{id}/revoke`: a person who may approve revokes the access, by a signed statement.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::denying;
use crate::broker::extensions::closing;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::policies::Standing;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::view_request;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::statement::Kind;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::refusal::Refusal;
use crate::judgement::stop::Revocation;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// Revokes a request or grant. Issued credentials work until `credentials_until`. Extensions end with their grant, and
/// revoking an extension in force ends the whole grant.
#[utoipa::path(post, path = "/v1/requests/{id}/revoke", operation_id = "request_revoke", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id")), request_body = Signed,
    responses(
        (status = 200, description = "Revoked; the request as it is now", body = RequestView),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Over already", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn revoke(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(id): Segment,
    Body(signed): Body<Signed>,
) -> Result<Json<RequestView>, Fault> {
    loop {
        let standing = shared.standing().await;
        let request = find_readable(&shared, &standing, &id, &caller.person).await?;
        let opened = open_own(&signed, Kind::Revoke, &shared.authority, &standing.policy, &caller.person)?;
        let revocation = Revocation::of(&opened)?;
        revocation.check(&standing.policy, &request)?;
        let now = shared.now();
        check_fresh(&opened, shared.clock())?;
        match revocation.check_author(&standing.policy, &request, now) {
            Err(Refusal::Closed(_)) if revocation.is_done(&request) => {
                return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
            }
            checked => checked?,
        }
        check_conditions(&shared, &standing, &request, &revocation, now).await?;
        let change = revocation.change(&request, None, now);
        let mut append = closing(&shared, &request, now, standing.policy.revision, &change);
        append.source = caller.origin.recorded();
        let (role, who) = (&request.statement.role, request.requester());
        append.notices = notify::notices(&standing.policy, role, who, About::Decision);
        append.notices.extend(notify::notices_of_end(&standing.policy, &request, &change));
        match shared.ledger.append(append).await {
            Ok(event) => {
                tracing::info!(request = %request.id(), by = %caller.person, "revoked");
                let request = shared.find(&request.id()).await?.ok_or_else(Fault::not_found)?;
                notify::tell(&shared, &request, event);
                denying::wait(&shared, &request).await;
                return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
            }
            Err(LedgerError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Checks whether conditions let the caller revoke. Asks only the policy in force: the revision that the request was
/// made under may be lost, and revoking must stay possible.
async fn check_conditions(
    shared: &Shared,
    standing: &Standing,
    request: &Request,
    revocation: &Revocation<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let force = Arc::clone(&standing.policy);
    let bench = Bench { authority: shared.authority.clone(), under: Arc::clone(&force), force };
    let gathered = shared.facts(&bench, &request.statement.role, now).await;
    let case = Case { facts: &gathered.facts, ..Case::of(request, now) };
    revocation.check_conditions(&bench, &case, &gathered)
}
