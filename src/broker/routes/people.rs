//! `POST /v1/people/remove`: ends everything of a person, by a signed statement.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::leaving::News;
use crate::broker::leaving::leave;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::judgement::refusal::Refusal;
use crate::judgement::signer::check_proof;
use crate::protocol::Problem;
use crate::protocol::Removal;

/// Ends the sessions, the enrolled keys, the requests and the access of a person. The person may, and the vouchers of
/// `[identity.oidc]`.
#[utoipa::path(post, path = "/v1/people/remove", operation_id = "person_remove", tag = "people", security(("session" = [])), request_body = Signed,
    responses(
        (status = 200, description = "Everything has ended", body = Removal),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn remove(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(signed): Body<Signed>,
) -> Result<Json<Removal>, Fault> {
    let standing = shared.standing().await;
    let opened = open_own(&signed, Kind::Remove, &shared.authority, &standing.policy, &caller.person)?;
    // The real clock, like everything that ends access.
    check_fresh(&opened, shared.clock())?;
    let Statement::Remove(statement) = opened.statement() else {
        return Err(Refusal::OtherRevocation.into());
    };
    let person = statement.person.clone();
    if person != caller.person && !standing.policy.may_vouch(&caller.person, &person) {
        return Err(Fault::new(Code::Forbidden, format!("you may not end everything of {person}"))
            .hint("the vouchers of [identity.oidc] may; `jit revoke ID` ends what you could approve"));
    }
    if person != caller.person {
        check_proof(&standing.policy, &caller.person, shared.now())?;
    }
    let news = News {
        person,
        why: statement.reason.clone(),
        by: Some(caller.person.clone()),
        signed: Some(signed.clone()),
        source: caller.origin.recorded(),
    };
    Ok(Json(leave(&shared, news).await?))
}
