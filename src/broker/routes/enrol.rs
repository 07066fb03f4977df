//! `GET /v1/login/ways`, `POST /v1/login/enrol` and `POST /v1/session/groups`: sign-in at the identity provider.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use data_encoding::BASE64URL_NOPAD;

use crate::audit::Subject;
use crate::broker::caller::Anonymous;
use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::Source;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::routes::session::describe;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Proved;
use crate::broker::signing_in::enrolling;
use crate::broker::signing_in::prove;
use crate::identity::key::PublicLine;
use crate::identity::oidc::Nonce;
use crate::identity::oidc::enrolment;
use crate::protocol::EnrolAnswer;
use crate::protocol::EnrolCall;
use crate::protocol::GroupsCall;
use crate::protocol::LoginWay;
use crate::protocol::LoginWays;
use crate::protocol::OidcWay;
use crate::protocol::Problem;
use crate::protocol::Session;

/// Lists the ways to log in.
#[utoipa::path(get, path = "/v1/login/ways", operation_id = "login_ways", tag = "login", responses(
    (status = 200, description = "The ways, the best one for most people first", body = LoginWays),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
))]
pub async fn ways(State(shared): State<Arc<Shared>>, _: Anonymous) -> Json<LoginWays> {
    let policy = shared.standing().await.policy;
    let oidc = policy.oidc().map(|oidc| {
        LoginWay::Oidc(OidcWay {
            issuer: oidc.issuer.clone(),
            client_id: oidc.client_id.clone(),
            scopes: oidc.scopes.clone(),
            redirect_host: oidc.redirect_host.clone(),
            redirect_port: oidc.redirect_port,
            public_secret: oidc.public_secret.clone(),
        })
    });
    let github = policy.github_app().map(|_| LoginWay::GitHub);
    let ways = oidc.into_iter().chain(github).chain([LoginWay::Ssh]).collect();
    Json(LoginWays { authority: shared.authority.clone(), time: shared.clock(), ways })
}

/// Enrols a key of a person whom a token of the identity provider proves.
#[utoipa::path(post, path = "/v1/login/enrol", operation_id = "login_enrol", tag = "login", request_body = EnrolCall, responses(
    (status = 200, description = "Enrolled; the key can log in", body = EnrolAnswer),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The policy does not take this person", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The policy names no identity provider", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The key belongs to somebody else", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The token or the key is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many tries", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn enrol(
    State(shared): State<Arc<Shared>>,
    Source(origin): Source,
    body: Result<Body<EnrolCall>, Fault>,
) -> Result<Json<EnrolAnswer>, Fault> {
    let checked = match body {
        Ok(Body(call)) => check(&shared, &call).await.map(|checked| (checked, call.lasting)),
        Err(fault) => Err(fault),
    };
    match checked {
        Ok(((line, proved), lasting)) => {
            Ok(Json(enrolling::enrol(&shared, line, lasting, proved, origin).await?))
        }
        // Only failures count against an address, as at a login.
        Err(fault) => {
            origin.count_login(&shared)?;
            Err(fault)
        }
    }
}

/// Checks that the token names this key, and that no other person has the key.
async fn check(shared: &Shared, call: &EnrolCall) -> Result<(PublicLine, Proved), Fault> {
    let line = enrolling::read_key(&call.key, call.lasting)?;
    let random = BASE64URL_NOPAD.decode(call.random.as_bytes());
    if !random.is_ok_and(|random| random.len() == 32) {
        return Err(Fault::new(Code::Statement, "the random text is not 32 bytes in base64url"));
    }
    let nonce = enrolment::nonce(&shared.authority, &call.key, &call.random);
    // The policy alone says whom a token names. Earlier sign-ins do not change that.
    let policy = shared.standing_alone().await.policy;
    let proved = prove(shared, &policy, &call.token, Nonce::Is(&nonce), Some(&call.random)).await?;
    enrolling::check_free(shared, &policy, &line, &proved)?;
    Ok((line, proved))
}

/// Reads the groups of the session's person again, from a newer token.
#[utoipa::path(post, path = "/v1/session/groups", operation_id = "session_groups", tag = "login", security(("session" = [])), request_body = GroupsCall, responses(
    (status = 200, description = "The session, with the groups as they are now", body = Session),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token is another person's, or of nobody whom the policy takes", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The policy names no identity provider", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The token is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn groups(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(call): Body<GroupsCall>,
) -> Result<Json<Session>, Fault> {
    let standing = shared.standing_alone().await;
    let Proved { person, evidence } = prove(&shared, &standing.policy, &call.token, Nonce::Any, None).await?;
    if person.name != caller.person {
        return Err(Fault::new(Code::Forbidden, "the token is of another person than the session")
            .hint("run `jit login` again"));
    }
    // A repeated token proves nothing new.
    let is_known = {
        let now = shared.now();
        let index = shared.ledger.index();
        index.login(&evidence.login()).is_some_and(|known| known.proved == evidence.proved(now))
    };
    if is_known {
        let expires = caller.session.expires;
        return Ok(Json(describe(&shared, &shared.in_force(), &caller.person, &caller.session.key, expires)));
    }
    let subject = Subject::Proved { person: person.name, evidence };
    let mut append = shared.nothing_expected(shared.now(), standing.policy.revision, subject);
    append.source = caller.origin.recorded();
    shared.ledger.append(append).await?;
    let standing = shared.in_force();
    let expires = caller.session.expires;
    Ok(Json(describe(&shared, &standing, &caller.person, &caller.session.key, expires)))
}
