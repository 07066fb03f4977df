//! `POST /v1/login/workload`: a job of a workload comes in with its own ID token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::audit::Subject;
use crate::broker::caller::Body;
use crate::broker::caller::Origin;
use crate::broker::caller::Source;
use crate::broker::caller::too_many;
use crate::broker::ledger::Append;
use crate::broker::metrics::Attempt;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::enrolling;
use crate::broker::signing_in::jobs;
use crate::broker::signing_in::jobs::Job;
use crate::grant::Digest;
use crate::identity::key::PublicLine;
use crate::policy::Policy;
use crate::protocol::PolicyView;
use crate::protocol::Problem;
use crate::protocol::WorkloadCall;
use crate::protocol::WorkloadSession;
use crate::secret::Secret;

/// Opens a session for a job of a workload. The token's audience is this broker's address, and a token enters once.
#[utoipa::path(post, path = "/v1/login/workload", operation_id = "login_workload", tag = "login", request_body = WorkloadCall, responses(
    (status = 200, description = "A session of the job", body = WorkloadSession),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The policy names no such workload", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "The token came in before, or the key is somebody's", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The token or the key is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many tries", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn enter(
    State(shared): State<Arc<Shared>>,
    Source(origin): Source,
    body: Result<Body<WorkloadCall>, Fault>,
) -> Result<Json<WorkloadSession>, Fault> {
    let outcome = let_in(&shared, origin, body).await;
    shared.metrics.logged_in(Attempt::of_answer(&outcome));
    outcome
}

async fn let_in(
    shared: &Shared,
    origin: Origin,
    body: Result<Body<WorkloadCall>, Fault>,
) -> Result<Json<WorkloadSession>, Fault> {
    let standing = shared.standing_alone().await;
    let checked = match body {
        Ok(Body(call)) => check(shared, &standing.policy, &call).await.map(|checked| (checked, call)),
        Err(fault) => Err(fault),
    };
    let ((line, job), call) = match checked {
        Ok(checked) => checked,
        // Only failures count against an address, as at a login.
        Err(fault) => {
            origin.count_login(shared)?;
            return Err(fault);
        }
    };
    shared.limiters.person.take(job.workload.clone(), shared.clock()).map_err(too_many)?;
    let now = shared.now();
    let token = Secret::new(shared.system.entropy.token());
    let revision = standing.policy.revision;
    let entered = shared.nothing_expected(now, revision, job.entered(&line, &call.token));
    let session = Subject::LoggedIn {
        person: job.workload.clone(),
        key: line.fingerprint,
        session: Digest::of(token.expose().as_bytes()),
        expires: job.until,
    };
    let subjects = entered.subjects.into_iter().chain([session]).collect();
    let source = origin.recorded();
    shared.ledger.append(Append { subjects, source, ..entered }).await?;
    tracing::info!(workload = %job.workload, job = %job.job, "a job came in");
    let policy = PolicyView { revision, commit: standing.commit };
    let (workload, job, expires) = (job.workload, job.job.to_string(), job.until);
    Ok(Json(WorkloadSession { token, workload, job, expires, policy }))
}

/// Checks the token, and that no person has the key.
async fn check(shared: &Shared, policy: &Policy, call: &WorkloadCall) -> Result<(PublicLine, Job), Fault> {
    let line = enrolling::read_key(&call.key, false)?;
    let job = jobs::open(shared, policy, &call.token).await?;
    let index = shared.ledger.index();
    let is_taken = policy.owner_of_key(&line.fingerprint).is_some()
        || index.enrolled_key(&line.fingerprint).is_some()
        || index.job(&line.fingerprint).is_some();
    if is_taken {
        return Err(Fault::new(Code::Conflict, "this key belongs to somebody else here")
            .hint("a job makes a key of its own"));
    }
    Ok((line, job))
}
