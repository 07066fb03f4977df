//! `POST /v1/login/challenge` and `POST /v1/login`: a signed answer to a challenge opens a session.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use crate::audit::Subject;
use crate::broker::caller::Body;
use crate::broker::caller::Source;
use crate::broker::caller::too_many;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_statement;
use crate::broker::metrics::Attempt;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::routes::session::describe;
use crate::broker::shared::Shared;
use crate::grant::Digest;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::span::Span;
use crate::grant::statement::Kind;
use crate::identity::Opened;
use crate::protocol::Challenge;
use crate::protocol::Problem;
use crate::protocol::Session;
use crate::secret::Secret;

/// How long a session lasts.
pub const SESSION: Span = Span::of_minutes(12 * 60);

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
enum LoginError {
    #[error("a job comes in with its own ID token, not with a key")]
    Job,
    #[error("the identity provider last proved this person more than 12 hours ago")]
    Proof,
    #[error("the challenge was not issued here, is older than two minutes, or was answered before")]
    Challenge,
}

impl From<LoginError> for Fault {
    fn from(error: LoginError) -> Self {
        let hint = match error {
            LoginError::Job => {
                "in a job, set JIT_BROKER and type `jit request` or `jit exec`, without a login"
            }
            LoginError::Proof | LoginError::Challenge => "run `jit login` again",
        };
        Self::new(Code::Statement, error.to_string()).hint(hint)
    }
}

/// Issues a challenge, which can be answered once within two minutes.
#[utoipa::path(post, path = "/v1/login/challenge", operation_id = "login_challenge", tag = "login", responses(
    (status = 200, description = "A challenge", body = Challenge),
))]
pub async fn challenge(State(shared): State<Arc<Shared>>) -> Json<Challenge> {
    // Not rate-limited: a challenge is stored nowhere and costs less than a refusal, and strangers at a person's
    // address could otherwise prevent that person's login.
    let now = shared.clock();
    Json(Challenge {
        challenge: shared.challenges.issue(&shared.system.entropy.seed(), now),
        authority: shared.authority.clone(),
        time: now,
    })
}

/// Opens a session for a person who proves to hold one of their keys.
#[utoipa::path(post, path = "/v1/login", operation_id = "login", tag = "login", request_body = Signed, responses(
    (status = 200, description = "A session and its token", body = Session),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many tries", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn login(
    State(shared): State<Arc<Shared>>,
    source: Source,
    body: Result<Body<Signed>, Fault>,
) -> Result<Json<Session>, Fault> {
    let outcome = open_session(&shared, source, body).await;
    shared.metrics.logged_in(Attempt::of_answer(&outcome));
    outcome
}

async fn open_session(
    shared: &Shared,
    Source(origin): Source,
    body: Result<Body<Signed>, Fault>,
) -> Result<Json<Session>, Fault> {
    // Uses the real clock: a person who wants to end something must be able to log in even if the log's time is ahead.
    let clock = shared.clock();
    let standing = shared.standing().await;
    let proved = body.and_then(|Body(signed)| prove(shared, &standing, &signed, clock));
    let opened = match proved {
        Ok(opened) => opened,
        // Only failures count against an address: other callers there never cause a valid signature to be refused.
        Err(fault) => {
            origin.count_login(shared)?;
            return Err(fault);
        }
    };
    shared.limiters.person.take(opened.who().clone(), clock).map_err(too_many)?;
    let now = shared.now();
    let token = Secret::new(shared.system.entropy.token());
    let session = Digest::of(token.expose().as_bytes());
    let person = opened.who().clone();
    let until = standing.policy.key(opened.fingerprint()).and_then(|key| key.until);
    let expires = until.map_or(SESSION.after(now), |until| until.min(SESSION.after(now)));
    let subject =
        Subject::LoggedIn { person: person.clone(), key: opened.fingerprint().to_owned(), session, expires };
    let mut append = shared.nothing_expected(now, standing.policy.revision, subject);
    append.source = origin.recorded();
    shared.ledger.append(append).await?;
    tracing::info!(%person, key = %opened.fingerprint(), "logged in");
    let mut answer = describe(shared, &standing, &person, opened.fingerprint(), expires);
    answer.token = Some(token);
    Ok(Json(answer))
}

/// Checks that the statement proves a person of the policy, with an unused challenge.
fn prove(shared: &Shared, standing: &Standing, signed: &Signed, now: Timestamp) -> Result<Opened, Fault> {
    let opened = open_statement(signed, Kind::Login, &shared.authority, &standing.policy)?;
    check_fresh(&opened, now)?;
    let Statement::Login(statement) = opened.statement() else { return Err(LoginError::Challenge.into()) };
    if standing.policy.workload_of_key(opened.fingerprint()).is_some() {
        return Err(LoginError::Job.into());
    }
    // A lasting key does not let an unlisted person log in without the provider's proof.
    let proof = standing.policy.person(opened.who()).and_then(|person| person.proof);
    if proof.is_some_and(|proof| SESSION.after(proof.at) < now) {
        return Err(LoginError::Proof.into());
    }
    // Only a valid signature uses up a challenge: nobody can spoil another person's challenge without their key.
    if !shared.challenges.use_up(&statement.challenge, now) {
        return Err(LoginError::Challenge.into());
    }
    Ok(opened)
}
