//! `POST /v1/requests/{id}/revoke`: somebody who may approve takes the access away, by signed statement.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::extensions::closing;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::view_request;
use crate::grant::Change;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::State as Stand;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::eligibility::may_stop;
use crate::policy::Refusal;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// Why nothing is revoked.
#[derive(Debug, thiserror::Error)]
enum RevokeError {
    #[error("the statement is about another request")]
    OtherRequest,
    #[error("only those who may approve this request may revoke it")]
    NotEligible,
    #[error("the request is {} already", .0.as_str())]
    State(Stand),
    #[error("{0}")]
    Refused(String),
}

impl From<RevokeError> for Fault {
    fn from(error: RevokeError) -> Self {
        let text = error.to_string();
        match error {
            RevokeError::OtherRequest => Self::new(Code::Statement, text),
            RevokeError::NotEligible => {
                Self::new(Code::Forbidden, text).hint("to end your own access, use `jit end`")
            }
            RevokeError::State(_) => Self::new(Code::State, text),
            RevokeError::Refused(_) => Self::new(Code::Policy, text),
        }
    }
}

/// Revokes. Credentials that were handed out live on until `credentials_until`. A grant goes with its extensions, and an
/// extension that is in force takes the whole grant with it.
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
        let opened = open_own(&signed, Kind::Revoke, &shared.authority, &standing.policy, &caller)?;
        let Statement::Revoke(statement) = opened.statement() else {
            return Err(RevokeError::OtherRequest.into());
        };
        if statement.request != request.digest {
            return Err(RevokeError::OtherRequest.into());
        }
        let now = shared.now();
        check_fresh(&opened, shared.clock())?;
        if !may_stop(&standing.policy, &request.statement, &caller.person) {
            return Err(RevokeError::NotEligible.into());
        }
        let state = request.state_at(now);
        let by_caller =
            request.closing.as_ref().is_some_and(|closing| closing.by.as_ref() == Some(&caller.person));
        if state == Stand::Revoked && by_caller {
            return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
        }
        if state.is_terminal() {
            return Err(RevokeError::State(state).into());
        }
        may_revoke(&shared, &standing, &request, &caller.person, now).await?;
        let change = Change::Revoked {
            by: Some(caller.person.clone()),
            reason: statement.reason.clone(),
            signed: Some(signed.clone()),
        };
        let mut append = closing(&shared, &request, now, standing.policy.revision, &change);
        append.source = caller.origin.recorded();
        append.notices = notify::notices(&standing.policy, &request.statement.role, About::Decision);
        match shared.ledger.append(append).await {
            Ok(event) => {
                tracing::info!(request = %request.id(), by = %caller.person, "revoked");
                let request = shared.find(&request.id()).await?.ok_or_else(Fault::not_found)?;
                notify::tell(&shared, &request, event);
                return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
            }
            Err(LedgerError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether conditions let somebody take this away. The policy in force alone is asked: the one that the request was made
/// under may be lost, and ending must stay possible.
async fn may_revoke(
    shared: &Shared,
    standing: &Standing,
    request: &Request,
    revoker: &Name,
    now: Timestamp,
) -> Result<(), RevokeError> {
    let force = Arc::clone(&standing.policy);
    let bench = Bench { authority: shared.authority.clone(), under: Arc::clone(&force), force };
    let gathered = shared.facts(&bench, &request.statement.role, now).await;
    let case = Case { facts: &gathered.facts, ..Case::of(request, now) };
    let refused = |refusal: Refusal| RevokeError::Refused(gathered.explain(refusal.to_string()));
    bench.let_revoke(&case, revoker).map_err(refused)
}
