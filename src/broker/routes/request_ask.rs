//! `POST /v1/requests`: a person asks for access.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;

use crate::audit::Subject;
use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::extensions::move_end;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own_asking;
use crate::broker::judged::Judged;
use crate::broker::ledger::Append;
use crate::broker::ledger::Expects;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::Fresh;
use crate::broker::views::reviewers;
use crate::broker::views::view_fresh;
use crate::broker::views::view_request;
use crate::grant::Digest;
use crate::grant::JobRun;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::identity::Opened;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::ask;
use crate::judgement::ask::Taken;
use crate::judgement::ask::Taking;
use crate::judgement::docket;
use crate::judgement::extend;
use crate::judgement::household;
use crate::judgement::household::Household;
use crate::judgement::refusal::Refusal;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// Makes a request, or returns an equal open one.
#[utoipa::path(post, path = "/v1/requests", operation_id = "request_ask", tag = "requests", security(("session" = [])), request_body = Signed, responses(
    (status = 200, description = "An equal request is open; the broker added none", body = RequestView),
    (status = 201, description = "Taken", body = RequestView),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The policy refuses", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another request for the role is open", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast, too many requests wait, or too many were made within an hour", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn ask(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(signed): Body<Signed>,
) -> Result<(StatusCode, Json<RequestView>), Fault> {
    let standing = shared.serving().await?;
    let opened = open_own_asking(signed, &shared.authority, &standing.policy, &caller.person)?;
    if let Some(known) = find_known(&shared, &opened.digest()).await? {
        return answer(&shared, &standing, StatusCode::OK, &known, &caller.person).await;
    }
    let now = shared.now();
    check_fresh(&opened, now)?;
    let (Some(asked), Some(case)) = (opened.asked(), Case::taken(&opened, now)) else {
        return Err(Fault::new(Code::Statement, "it is not a request"));
    };
    check_job(&shared, &opened, asked)?;
    let bench = shared.bench(asked, &standing).await?;
    let first = asked.extends().and_then(|first| shared.ledger.index().open(&first).cloned());
    let first = first.as_deref();
    let case = Case { source: caller.origin.address, before: first.map_or(0, extend::before), ..case };
    ask::check(&bench, &case, first)?;
    if asked.way != Way::BreakGlass
        && let Some(open) = reuse(&shared, &opened.digest(), asked, now)?
    {
        return answer(&shared, &standing, StatusCode::OK, &open, &caller.person).await;
    }
    let gathered = shared.facts(&bench, &asked.role, now).await;
    let automatic = shared.may_approve_itself(&opened.digest(), asked, &standing, now)
        && first.is_none_or(extend::may_be_automatic);
    let case = Case { facts: &gathered.facts, automatic, ..case };
    let denied = {
        let index = shared.ledger.index();
        let index = Household::of(&*index, &standing.policy);
        docket::denied_before(&index, &opened.digest(), asked, now).is_some()
    };
    let taking = Taking { bench: &bench, case: &case, first, denied, healthy: standing.is_healthy() };
    let taken = ask::decide(&taking);
    let taken = taken.map_err(|refusal| refusal.explained(|why| gathered.explain(why)))?;
    let version = u64::try_from(taken.changes.len()).unwrap_or(u64::MAX);
    let judged = Judged { judgement: taken.judgement.clone(), automatic };
    let append = record(&standing, &opened, asked, first, taken, now, caller.origin.recorded());
    let is_told = !append.notices.is_empty();
    match shared.ledger.append(append).await {
        Ok(event) => {
            let request = shared.find(&opened.digest().request_id()).await?.ok_or_else(Fault::not_found)?;
            tracing::info!(request = %request.id(), who = %caller.person, role = %asked.role, "asked");
            notify::tell_and_wait(&shared, &request, event).await;
            // If nobody has reviewed it meanwhile, its view shows the decision just made.
            let fresh = Some(Fresh { judged, is_told }).filter(|_| request.version == version);
            let view = view_fresh(&shared, &standing, &request, &caller.person, fresh).await?;
            Ok((StatusCode::CREATED, Json(view)))
        }
        Err(LedgerError::Refused(refusal))
            if asked.way == Way::BreakGlass && !matches!(refusal, Refusal::TakenBefore(_)) =>
        {
            Err(name_reviewers(&shared, &standing, refusal).await.into())
        }
        // Two terminals asked at once, or a proxy sent the same bytes twice, and the other call was first.
        Err(LedgerError::Refused(Refusal::TakenBefore(_) | Refusal::Open { .. })) => {
            let open = match find_known(&shared, &opened.digest()).await? {
                Some(known) => known,
                None => reuse(&shared, &opened.digest(), asked, now)?.ok_or(LedgerError::Conflict)?,
            };
            answer(&shared, &standing, StatusCode::OK, &open, &caller.person).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Checks that a workload's request states the facts of its own job, and a person's none.
fn check_job(shared: &Shared, opened: &Opened, asked: &RequestStatement) -> Result<(), Fault> {
    let index = shared.ledger.index();
    let own = index.job(opened.fingerprint()).map(|job| job.job.as_str());
    if asked.workload.is_none() && asked.job.as_ref().map(JobRun::as_str) == own {
        return Ok(());
    }
    Err(Fault::new(Code::Statement, "the request does not state the job that makes it")
        .hint("in a job, let `jit exec` ask: it reads the job's own token"))
}

async fn answer(
    shared: &Shared,
    standing: &Standing,
    status: StatusCode,
    request: &Request,
    viewer: &Name,
) -> Result<(StatusCode, Json<RequestView>), Fault> {
    Ok((status, Json(view_request(shared, standing, request, viewer).await?)))
}

/// The request with exactly these bytes, if it was accepted before. A retry is answered, and never recorded twice.
async fn find_known(shared: &Shared, digest: &Digest) -> Result<Option<Arc<Request>>, Fault> {
    let found = shared.find(&digest.request_id()).await?;
    Ok(found.filter(|request| request.digest == *digest))
}

/// The open request of the same person for the same role, if it asks for the same access.
fn reuse(
    shared: &Shared,
    digest: &Digest,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<Option<Arc<Request>>, Refusal> {
    let index = shared.ledger.index();
    let Some(open) = docket::in_the_way(&*index, digest, asked, now) else { return Ok(None) };
    match index.open(&open.digest).filter(|open| ask::is_equal(&open.statement, asked)) {
        Some(open) => Ok(Some(Arc::clone(open))),
        None => Err(Refusal::Open { id: open.digest.request_id(), role: open.role.clone() }),
    }
}

/// The events of a new request: its changes, and the end of the grant that it extends at once.
fn record(
    standing: &Standing,
    opened: &Opened,
    asked: &RequestStatement,
    first: Option<&Request>,
    taken: Taken,
    now: Timestamp,
    source: Option<String>,
) -> Append {
    let digest = opened.digest();
    let about = match (asked.way, &taken.judgement) {
        (Way::BreakGlass, _) => About::BreakGlass,
        (_, Judgement::Approved(_)) => About::Decision,
        _ => About::Request,
    };
    let subject = |change| Subject::Request { request: digest, change };
    let mut append = Append {
        agents: household::agents_beside(&standing.policy, &asked.header.who),
        at: now,
        policy: standing.policy.revision,
        source,
        expects: Expects::New(Arc::clone(opened.received())),
        subjects: taken.changes.into_iter().map(subject).collect(),
        notices: notify::notices_of_request(&standing.policy, &asked.role, &asked.header.who, about),
    };
    if let Some((first, until)) = first.zip(taken.moves) {
        move_end(&mut append, &digest, first, until, opened.signed());
    }
    append
}

/// Names the possible reviewers of the break-glass that prevents another one.
async fn name_reviewers(shared: &Shared, standing: &Standing, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Unreviewed { id, role, .. } => {
            let last = shared.find(&id).await.ok().flatten();
            let by = last.map_or_else(Vec::new, |last| reviewers(&standing.policy, &last));
            Refusal::Unreviewed { id, role, by }
        }
        other => other,
    }
}
