//! `/scim/v2`: a service provider that ends what somebody has when their account ends (RFC 7644). It creates nobody and keeps
//! nothing.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::Request;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::answer;
use super::read;
use crate::broker::caller::Anonymous;
use crate::broker::caller::Origin;
use crate::broker::caller::Source;
use crate::broker::policies::Standing;
use crate::broker::problem::Fault;
use crate::broker::receivers::Known;
use crate::broker::receivers::discovery;
use crate::broker::receivers::find;
use crate::broker::receivers::retire;
use crate::broker::receivers::scim;
use crate::broker::receivers::scim::Patch;
use crate::broker::receivers::scim::Sent;
use crate::broker::shared::Shared;
use crate::policy::Oidc;

/// The media type of SCIM (RFC 7644, section 8.1).
const MEDIA: &str = "application/scim+json";

/// The query of a list.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    filter: Option<String>,
}

/// Returns the functions of this service provider.
pub async fn config(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    match admit(&shared, origin, &headers)? {
        Some(refused) => Ok(refused),
        None => Ok(answer(StatusCode::OK, MEDIA, &discovery::config(&shared.authority))),
    }
}

/// Lists the resource types.
pub async fn resource_types(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    documents(&shared, origin, &headers, discovery::resource_types, None)
}

/// Shows one resource type.
pub async fn resource_type(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    documents(&shared, origin, &headers, discovery::resource_types, Some(&name))
}

/// Lists the schemas.
pub async fn schemas(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    documents(&shared, origin, &headers, discovery::schemas, None)
}

/// Shows one schema.
pub async fn schema(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    documents(&shared, origin, &headers, discovery::schemas, Some(&id))
}

/// Answers with the documents, or with the one of an id.
fn documents(
    shared: &Shared,
    origin: Origin,
    headers: &HeaderMap,
    documents: impl FnOnce(&str) -> Vec<Value>,
    id: Option<&str>,
) -> Result<Response, Fault> {
    if let Some(refused) = admit(shared, origin, headers)? {
        return Ok(refused);
    }
    let documents = documents(&shared.authority);
    let wanted = match id {
        None => Some(scim::list(&documents)),
        Some(id) => discovery::one(documents, id),
    };
    Ok(match wanted {
        Some(document) => answer(StatusCode::OK, MEDIA, &document),
        None => refuse(StatusCode::NOT_FOUND, None, "there is no such document"),
    })
}

/// Lists the groups, which are none, whatever a filter asks for.
pub async fn groups(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    match admit(&shared, origin, &headers)? {
        Some(refused) => Ok(refused),
        None => Ok(answer(StatusCode::OK, MEDIA, &scim::list(&[]))),
    }
}

/// Refuses a group that a client sends.
pub async fn no_group(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let why = "the broker takes no groups by SCIM: a person's groups come from their tokens";
    Ok(admit(&shared, origin, &headers)?.unwrap_or_else(|| refuse(StatusCode::NOT_IMPLEMENTED, None, why)))
}

/// Refuses every other path as SCIM describes it, such as calls in bulk and searches by POST.
pub async fn elsewhere(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let why = "the receiver takes users, and nothing else of SCIM";
    Ok(admit(&shared, origin, &headers)?.unwrap_or_else(|| refuse(StatusCode::NOT_FOUND, None, why)))
}

/// Lists the users whom the broker knows and a filter fits. Without a filter it lists nobody.
pub async fn list(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    if let Some(refused) = admit(&shared, origin, &headers)? {
        return Ok(refused);
    }
    let standing = shared.standing().await;
    let Some(oidc) = standing.policy.oidc() else { return Ok(no_provider()) };
    let subjects = match &wanted.filter {
        None => Vec::new(),
        Some(filter) => match scim::filtered(&shared, oidc, filter) {
            Ok(subjects) => subjects,
            Err(why) => return Ok(refuse(StatusCode::BAD_REQUEST, Some("invalidFilter"), why)),
        },
    };
    let known = subjects.iter().filter_map(|subject| find(&shared, &standing.policy, oidc, subject));
    let users = known
        .filter(|known| known.is_here)
        .map(|known| scim::user(&shared.authority, oidc, &known, &Sent::default(), !known.is_over));
    Ok(answer(StatusCode::OK, MEDIA, &scim::list(&users.collect::<Vec<_>>())))
}

/// Answers for a user whom the client assigns: the id by which it can end the account later. Nobody is created, since people sign
/// in themselves.
pub async fn assign(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    call: Request,
) -> Result<Response, Fault> {
    let (head, body) = call.into_parts();
    if let Some(refused) = admit(&shared, origin, &head.headers)? {
        return Ok(refused);
    }
    let standing = shared.standing().await;
    let Some(oidc) = standing.policy.oidc() else { return Ok(no_provider()) };
    let Some(sent) = read(body).await.and_then(|bytes| Sent::read(&bytes)) else {
        return Ok(unreadable());
    };
    let known = sent.subject(oidc).and_then(|subject| find(&shared, &standing.policy, oidc, &subject));
    let Some(known) = known else {
        let why = format!("the user has no usable {}, by which the policy names people", oidc.person);
        return Ok(refuse(StatusCode::BAD_REQUEST, Some("invalidValue"), &why));
    };
    if sent.is_over() {
        end(&shared, &known, origin).await?;
    }
    let user = scim::user(&shared.authority, oidc, &known, &sent, !sent.is_over());
    let location = user["meta"]["location"].as_str().unwrap_or_default().to_owned();
    Ok(([(header::LOCATION, location)], answer(StatusCode::CREATED, MEDIA, &user)).into_response())
}

/// Shows, replaces, patches or deletes one user. An account that is in use no more ends everything of its person.
pub async fn one(
    State(shared): State<Arc<Shared>>,
    _counted: Anonymous,
    Source(origin): Source,
    Path(id): Path<String>,
    call: Request,
) -> Result<Response, Fault> {
    let (head, body) = call.into_parts();
    if let Some(refused) = admit(&shared, origin, &head.headers)? {
        return Ok(refused);
    }
    let standing = shared.standing().await;
    let Some(oidc) = standing.policy.oidc() else { return Ok(no_provider()) };
    let Some(known) = of_id(&shared, &standing, oidc, &id) else {
        return Ok(refuse(StatusCode::NOT_FOUND, None, "there is no such user"));
    };
    let (sent, is_over) = match head.method {
        Method::GET => {
            let user = scim::user(&shared.authority, oidc, &known, &Sent::default(), !known.is_over);
            return Ok(answer(StatusCode::OK, MEDIA, &user));
        }
        Method::DELETE => (Sent::default(), true),
        Method::PUT | Method::PATCH => {
            let Some(bytes) = read(body).await else { return Ok(unreadable()) };
            match said(&head.method, &bytes) {
                Ok(said) => said,
                Err(why) => return Ok(refuse(StatusCode::BAD_REQUEST, Some("invalidSyntax"), why)),
            }
        }
        _ => return Ok(refuse(StatusCode::METHOD_NOT_ALLOWED, None, "a user takes no such method")),
    };
    if is_over {
        end(&shared, &known, origin).await?;
    }
    if head.method == Method::DELETE {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(answer(StatusCode::OK, MEDIA, &scim::user(&shared.authority, oidc, &known, &sent, !is_over)))
}

/// The user that a body brings, and whether it says that the account is in use no more.
fn said(method: &Method, bytes: &[u8]) -> Result<(Sent, bool), &'static str> {
    let unreadable = "the body is not what SCIM describes";
    if *method == Method::PUT {
        let sent = Sent::read(bytes).ok_or(unreadable)?;
        let is_over = sent.is_over();
        return Ok((sent, is_over));
    }
    let is_over = serde_json::from_slice::<Patch>(bytes).map_err(|_| unreadable)?.is_over()?;
    Ok((Sent::default(), is_over))
}

fn of_id(shared: &Shared, standing: &Standing, oidc: &Oidc, id: &str) -> Option<Known> {
    find(shared, &standing.policy, oidc, &scim::subject_of(id)?)
}

async fn end(shared: &Arc<Shared>, known: &Known, origin: Origin) -> Result<(), Fault> {
    retire(shared, known, "the identity provider ended their account", origin.recorded()).await?;
    Ok(())
}

/// Checks the token. Returns the answer to a call without it.
fn admit(shared: &Shared, origin: Origin, headers: &HeaderMap) -> Result<Option<Response>, Fault> {
    let gate = shared.receivers.scim.as_ref().ok_or_else(Fault::not_found)?;
    if gate.opens(headers) {
        return Ok(None);
    }
    origin.count_login(shared)?;
    let refused = refuse(StatusCode::UNAUTHORIZED, None, "the call does not bring the token of the receiver");
    Ok(Some(([(header::WWW_AUTHENTICATE, "Bearer")], refused).into_response()))
}

fn no_provider() -> Response {
    refuse(StatusCode::NOT_FOUND, None, "the policy takes nobody from an identity provider")
}

fn unreadable() -> Response {
    refuse(StatusCode::BAD_REQUEST, Some("invalidSyntax"), "the body is not what SCIM describes")
}

/// An error (RFC 7644, section 3.12).
fn refuse(status: StatusCode, kind: Option<&str>, why: &str) -> Response {
    let mut document: Value =
        json!({"schemas": [scim::ERROR], "status": status.as_u16().to_string(), "detail": why});
    if let Some(kind) = kind {
        document["scimType"] = json!(kind);
    }
    answer(status, MEDIA, &document)
}
