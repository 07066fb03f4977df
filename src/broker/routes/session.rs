//! `GET /v1/session` and `DELETE /v1/session`: shows and ends the caller's session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;

use crate::audit::Subject;
use crate::broker::caller::Caller;
use crate::broker::policies::Standing;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::protocol::PolicyView;
use crate::protocol::Problem;
use crate::protocol::ProviderView;
use crate::protocol::Session;

/// A session as its person sees it, without the token.
pub fn describe(
    shared: &Shared,
    standing: &Standing,
    person: &Name,
    key: &str,
    expires: Timestamp,
) -> Session {
    let known = standing.policy.person(person);
    let policy = PolicyView { revision: standing.policy.revision, commit: standing.commit.clone() };
    Session {
        token: None,
        person: person.clone(),
        label: known.map_or_else(|| person.to_string(), |known| known.label.clone()),
        key: key.to_owned(),
        expires,
        groups: known.map(|known| known.groups.clone()).unwrap_or_default(),
        policy: Some(policy),
        provider: provider(shared, standing, person, key),
    }
}

/// The identity provider's part in a session, if a sign-in enrolled its key.
fn provider(shared: &Shared, standing: &Standing, person: &Name, key: &str) -> Option<ProviderView> {
    let index = shared.ledger.index();
    let (login, _) = index.enrolled_key(key)?;
    let known = standing.policy.person(person)?;
    Some(ProviderView {
        issuer: login.evidence.source().to_owned(),
        worth: standing.policy.key(key).map_or(Assurance::Account, |key| key.worth),
        proved: login.proved,
        groups_unknown: known.proof.is_some_and(|proof| proof.groups_unknown),
    })
}

/// Returns the caller's session.
#[utoipa::path(get, path = "/v1/session", operation_id = "session_show", tag = "login", security(("session" = [])), responses(
    (status = 200, description = "The session, without its token", body = Session),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn show(State(shared): State<Arc<Shared>>, caller: Caller) -> Json<Session> {
    let standing = shared.in_force();
    Json(describe(&shared, &standing, &caller.person, &caller.session.key, caller.session.expires))
}

/// Ends the caller's session.
#[utoipa::path(delete, path = "/v1/session", operation_id = "session_end", tag = "login", security(("session" = [])), responses(
    (status = 204, description = "The session has ended"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn end(State(shared): State<Arc<Shared>>, caller: Caller) -> Result<StatusCode, Fault> {
    let revision = shared.in_force().policy.revision;
    let subject = Subject::LoggedOut { person: caller.person, session: caller.token };
    let mut append = shared.nothing_expected(shared.now(), revision, subject);
    append.source = caller.origin.recorded();
    shared.ledger.append(append).await?;
    Ok(StatusCode::NO_CONTENT)
}
