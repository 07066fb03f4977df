//! `POST /v1/login/github` and `POST /v1/login/github/poll`: sign-in with the account on GitHub.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::broker::caller::Anonymous;
use crate::broker::caller::Body;
use crate::broker::caller::Source;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Aim;
use crate::broker::signing_in::Finished;
use crate::broker::signing_in::Progress;
use crate::broker::signing_in::enrolling;
use crate::protocol::GitHubCall;
use crate::protocol::GitHubPoll;
use crate::protocol::GitHubProgress;
use crate::protocol::GitHubStart;
use crate::protocol::Problem;

/// Starts a sign-in with the account on GitHub, which enrols a key. The broker runs the device flow (RFC 8628) itself.
#[utoipa::path(post, path = "/v1/login/github", operation_id = "login_github", tag = "login", request_body = GitHubCall, responses(
    (status = 200, description = "The code that the person types on GitHub", body = GitHubStart),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The policy names no app", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The key is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast, or too many sign-ins are in progress", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "GitHub does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn start(
    State(shared): State<Arc<Shared>>,
    _: Anonymous,
    Source(origin): Source,
    Body(call): Body<GitHubCall>,
) -> Result<Json<GitHubStart>, Fault> {
    let line = enrolling::read_key(&call.key, call.lasting)?;
    let policy = shared.standing_alone().await.policy;
    let aim = Aim::Key(line, call.lasting);
    Ok(Json(shared.flows.start(&shared, &policy, aim, origin.own_address(&shared)).await?))
}

/// Asks whether the person has typed the code. Enrols the key once GitHub names the account.
#[utoipa::path(post, path = "/v1/login/github/poll", operation_id = "login_github_poll", tag = "login", request_body = GitHubPoll, responses(
    (status = 200, description = "The enrolled key, or none while the person has not decided", body = GitHubProgress),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The policy does not know the account", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The policy names no app any more", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The key belongs to somebody else", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The sign-in is over", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "GitHub does not answer", body = Problem, content_type = "application/problem+json"),
))]
pub async fn poll(
    State(shared): State<Arc<Shared>>,
    _: Anonymous,
    Source(origin): Source,
    Body(call): Body<GitHubPoll>,
) -> Result<Json<GitHubProgress>, Fault> {
    let policy = shared.standing_alone().await.policy;
    match shared.flows.poll(&shared, &policy, call.handle.expose(), false).await? {
        Progress::Pending(waiting) => Ok(Json(GitHubProgress { enrolled: None, interval: waiting.interval })),
        Progress::Proved(finished) => {
            let Finished { proved, aim, .. } = *finished;
            let Aim::Key(line, lasting) = aim else { return Err(Fault::not_found()) };
            enrolling::check_free(&shared, &policy, &line, &proved)?;
            let enrolled = enrolling::enrol(&shared, line, lasting, proved, origin).await?;
            Ok(Json(GitHubProgress { enrolled: Some(enrolled), interval: 0 }))
        }
    }
}
