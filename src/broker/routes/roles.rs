//! `GET /v1/roles` and `GET /v1/roles/{name}`: what the caller may ask for or review.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::view_role;
use crate::grant::Name;
use crate::judgement::views::may_see_role;
use crate::protocol::Problem;
use crate::protocol::RoleList;
use crate::protocol::RoleView;

/// Lists the roles that the caller may ask for or review.
#[utoipa::path(get, path = "/v1/roles", operation_id = "role_list", tag = "roles", security(("session" = [])), responses(
    (status = 200, description = "In name order", body = RoleList),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(shared): State<Arc<Shared>>, caller: Caller) -> Json<RoleList> {
    let standing = shared.standing().await;
    let roles = standing
        .policy
        .roles()
        .filter(|role| may_see_role(&standing.policy, role, &caller.person))
        .map(|role| view_role(&standing, role, &caller.person))
        .collect();
    Json(RoleList { roles, gate: standing.policy.gate().to_vec(), newer: Vec::new() })
}

/// Returns one role, by its name or an alias.
#[utoipa::path(get, path = "/v1/roles/{name}", operation_id = "role_show", tag = "roles", security(("session" = [])),
    params(("name" = String, Path, description = "The role's name or an alias")),
    responses(
        (status = 200, description = "The role", body = RoleView),
        (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such role for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn show(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(name): Segment,
) -> Result<Json<RoleView>, Fault> {
    let standing = shared.standing().await;
    let name: Name = name.parse().map_err(|_| Fault::not_found())?;
    let role = standing.policy.role(&name).ok_or_else(Fault::not_found)?;
    if may_see_role(&standing.policy, role, &caller.person) {
        Ok(Json(view_role(&standing, role, &caller.person)))
    } else {
        Err(Fault::not_found())
    }
}
