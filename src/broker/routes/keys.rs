//! `GET /v1/keys`, `POST /v1/keys/confirm` and `POST /v1/keys/drop`: the keys that sign-ins enrolled.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::audit::Subject;
use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::notify;
use crate::broker::notify::KeyNews;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Assurance;
use crate::grant::Name;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::statement::Kind;
use crate::grant::statement::Received;
use crate::identity::Opened;
use crate::judgement::refusal::Refusal;
use crate::judgement::signer::check_proof;
use crate::policy::Policy;
use crate::protocol::DropCall;
use crate::protocol::KeyList;
use crate::protocol::KeyView;
use crate::protocol::Problem;

/// Lists the enrolled keys of the caller, and those that the caller may vouch for.
#[utoipa::path(get, path = "/v1/keys", operation_id = "keys_list", tag = "people", security(("session" = [])), responses(
    (status = 200, description = "The keys", body = KeyList),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(State(shared): State<Arc<Shared>>, caller: Caller) -> Json<KeyList> {
    let standing = shared.standing().await;
    Json(KeyList { keys: visible(&shared, &standing, &caller.person) })
}

/// The keys that a person may see, oldest first.
fn visible(shared: &Shared, standing: &Standing, viewer: &Name) -> Vec<KeyView> {
    let policy = &standing.policy;
    let now = shared.now();
    let index = shared.ledger.index();
    let mut keys: Vec<(u64, KeyView)> = Vec::new();
    for record in index.logins().flat_map(|login| &login.keys) {
        let Some(owner) = policy.person_of_key(&record.fingerprint) else { continue };
        let Some(key) = policy.key(&record.fingerprint) else { continue };
        let is_own = owner.name == *viewer;
        let may_vouch = policy.may_vouch(viewer, &owner.name);
        let is_over = record.until.is_some_and(|until| until <= now);
        if is_over || !(is_own || (may_vouch && record.until.is_none())) {
            continue;
        }
        let full = if key.hardware { Assurance::Touch } else { Assurance::Key };
        let view = KeyView {
            person: owner.name.clone(),
            label: owner.label.clone(),
            key: record.fingerprint.clone(),
            line: record.line.clone(),
            until: record.until,
            worth: key.worth,
            may_confirm: record.until.is_none() && key.worth < full,
        };
        keys.push((record.event, view));
    }
    keys.sort_by_key(|(event, _)| *event);
    keys.into_iter().map(|(_, view)| view).collect()
}

/// Confirms an enrolled key: one's own by another key that one has, or another person's as a voucher.
#[utoipa::path(post, path = "/v1/keys/confirm", operation_id = "keys_confirm", tag = "people", security(("session" = [])), request_body = Signed,
    responses(
        (status = 200, description = "Confirmed; the keys as they are now", body = KeyList),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such key", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn confirm(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(signed): Body<Signed>,
) -> Result<Json<KeyList>, Fault> {
    let standing = shared.serving().await?;
    let policy = &standing.policy;
    let is_vouch = Received::read(signed.clone()).is_ok_and(|read| read.statement().kind() == Kind::Vouch);
    let kind = if is_vouch { Kind::Vouch } else { Kind::Enrol };
    let opened = open_own(&signed, kind, &shared.authority, policy, &caller.person)?;
    let now = shared.now();
    check_fresh(&opened, now)?;
    check_proof(policy, &caller.person, now)?;
    let (owner, key) = match opened.statement() {
        Statement::Enrol(statement) => (caller.person.clone(), statement.key.clone()),
        Statement::Vouch(statement) => (statement.person.clone(), statement.key.clone()),
        _ => return Err(Refusal::OtherReview.into()),
    };
    check_confirmation(policy, &opened, &caller.person, &owner, &key)?;
    let is_done = {
        let index = shared.ledger.index();
        let known = index.enrolled_key(&key).map(|(_, known)| known);
        known.ok_or_else(Fault::not_found)?.is_confirmed(&caller.person, opened.fingerprint())
    };
    if is_done {
        return Ok(Json(KeyList { keys: visible(&shared, &standing, &caller.person) }));
    }
    let subject = Subject::Confirmed {
        person: owner.clone(),
        key: key.clone(),
        by: caller.person.clone(),
        with: opened.fingerprint().to_owned(),
        signed: signed.clone(),
    };
    let mut append = shared.nothing_expected(shared.now(), policy.revision, subject);
    append.source = caller.origin.recorded();
    if let Some(owner) = policy.person(&owner) {
        append.notices = notify::notices_of_key(policy, owner, KeyNews::Confirmed);
    }
    let event = shared.ledger.append(append).await?;
    notify::tell_of_key(&shared, &key, event);
    tracing::info!(person = %owner, %key, by = %caller.person, "confirmed");
    Ok(Json(KeyList { keys: visible(&shared, &shared.in_force(), &caller.person) }))
}

/// Checks that a confirmation makes the key worth more: it is an enrolled key of that person, and the signer's own key
/// is strong enough.
fn check_confirmation(
    policy: &Policy,
    opened: &Opened,
    signer: &Name,
    owner: &Name,
    key: &str,
) -> Result<(), Fault> {
    let own = policy.person_of_key(key).filter(|person| person.name == *owner).and_then(|_| policy.key(key));
    let key = own.ok_or_else(Fault::not_found)?;
    if key.until.is_some() {
        return Err(Fault::new(Code::Policy, "a session's key stays worth an account")
            .hint("enrol a key of your own: `jit login --ssh`"));
    }
    if owner != signer && !policy.may_vouch(signer, owner) {
        return Err(Fault::new(Code::Forbidden, format!("the policy does not let you vouch for {owner}"))
            .hint("ask a voucher: access.toml names them under [identity.oidc]"));
    }
    let worth = policy.key(opened.fingerprint()).map_or(Assurance::Account, |key| key.worth);
    let signed = opened.assurance().min(worth);
    let is_itself = opened.fingerprint() == key.fingerprint;
    if signed < Assurance::Key || is_itself {
        let why = if is_itself {
            "a key cannot confirm itself"
        } else {
            "the key that signed is worth only an account"
        };
        return Err(Fault::new(Code::Policy, why).hint(
            "log in with a key of people.toml or a confirmed one (`jit login --ssh`), or ask a voucher",
        ));
    }
    Ok(())
}

/// Drops an enrolled key of the caller, with its sessions.
#[utoipa::path(post, path = "/v1/keys/drop", operation_id = "keys_drop", tag = "people", security(("session" = [])), request_body = DropCall,
    responses(
        (status = 204, description = "The key no longer counts"),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such key of the caller", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn drop(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(call): Body<DropCall>,
) -> Result<StatusCode, Fault> {
    let standing = shared.standing().await;
    let is_own = {
        let index = shared.ledger.index();
        index.enrolled_key(&call.key).is_some()
            && standing.policy.person_of_key(&call.key).is_some_and(|owner| owner.name == caller.person)
    };
    if !is_own {
        return Err(Fault::not_found());
    }
    let subject =
        Subject::KeyDropped { person: caller.person.clone(), key: call.key, by: caller.person.clone() };
    let mut append = shared.nothing_expected(shared.now(), standing.policy.revision, subject);
    append.source = caller.origin.recorded();
    shared.ledger.append(append).await?;
    Ok(StatusCode::NO_CONTENT)
}
