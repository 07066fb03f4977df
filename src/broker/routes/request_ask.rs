//! `POST /v1/requests`: somebody asks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;

use crate::audit::Subject;
use crate::audit::index::Admission;
use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::intake::kind_of_asking;
use crate::broker::intake::open_own;
use crate::broker::ledger::Append;
use crate::broker::ledger::Expects;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::routes::break_glass;
use crate::broker::routes::extension_ask;
use crate::broker::routes::extension_ask::Extended;
use crate::broker::shared::Shared;
use crate::broker::views::view_request;
use crate::grant::Change;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::Signed;
use crate::grant::Statement;
use crate::grant::span::Span;
use crate::grant::statement::RequestStatement;
use crate::grant::statement::Way;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::facts::Gathered;
use crate::policy::Policy;
use crate::policy::Refusal;
use crate::policy::Role;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// How far ahead a start may lie.
const START_AHEAD: Span = Span::of_minutes(31 * 24 * 60);

/// Why a request is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum AskError {
    #[error("there is no role {0} that you may ask for")]
    NoRole(Name),
    #[error("{asked} is another name for {name}; a request carries the role's own name")]
    Alias { asked: Name, name: Name },
    #[error("{0} opens something else than the request says")]
    Target(Name),
    #[error("{role} has no scope {scope}, or it allows something else than the request says")]
    Scope { role: Name, scope: Name },
    #[error("the start must lie between now and 31 days from now")]
    Start,
    #[error("`not_after` is later than the role's clocks allow ({0} at the latest)")]
    NotAfter(Timestamp),
    #[error("request {id} for {role} is open already, for another duration")]
    Open { id: RequestId, role: Name },
    #[error("another request has the id {0}")]
    Collision(RequestId),
    #[error("an equal request was denied within the last 24 hours, so this one is not approved by itself")]
    DeniedBefore,
    #[error("the policy does not load now, so nothing is approved without a person")]
    NoAutomatic,
    #[error("{0}")]
    Refused(String),
}

impl From<AskError> for Fault {
    fn from(error: AskError) -> Self {
        let text = error.to_string();
        match error {
            AskError::NoRole(_) => {
                Self::new(Code::Policy, text).hint("`jit roles` lists what you may ask for")
            }
            AskError::Alias { .. } | AskError::Target(_) | AskError::Scope { .. } | AskError::NotAfter(_) => {
                Self::new(Code::Statement, text)
                    .hint("ask again: the plan is then made from the policy in force")
            }
            AskError::Start => Self::new(Code::Statement, text),
            AskError::Open { id, .. } => {
                Self::new(Code::Conflict, text).hint(format!("end it with `jit end {id}`, or wait for it"))
            }
            AskError::Collision(_) => Self::new(Code::Conflict, text).hint("ask again: the next id differs"),
            AskError::DeniedBefore | AskError::Refused(_) => Self::new(Code::Policy, text),
            AskError::NoAutomatic => {
                Self::new(Code::Unready, text).hint("`jit policy check` says what is wrong").retry_after(30)
            }
        }
    }
}

/// Takes a request, or answers with the equal one that is open.
#[utoipa::path(post, path = "/v1/requests", operation_id = "request_ask", tag = "requests", security(("session" = [])), request_body = Signed, responses(
    (status = 200, description = "An equal request is open; nothing was added", body = RequestView),
    (status = 201, description = "Taken", body = RequestView),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The policy refuses", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Another request for the role is open", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast, or too many requests wait", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn ask(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(signed): Body<Signed>,
) -> Result<(StatusCode, Json<RequestView>), Fault> {
    let standing = shared.serving().await?;
    let kind = kind_of_asking(&signed);
    let opened = open_own(&signed, kind, &shared.authority, &standing.policy, &caller)?;
    let digest = Digest::of(signed.statement.as_bytes());
    if let Some(known) = find_known(&shared, &digest).await? {
        return answer(&shared, &standing, StatusCode::OK, &known, &caller.person).await;
    }
    let now = shared.now();
    opened.check_fresh(now)?;
    let Statement::Request(asked) = &opened.statement else {
        return Err(Fault::new(Code::Statement, "it is not a request"));
    };
    if asked.workload.is_some() {
        return Err(Fault::new(Code::Statement, "workloads ask where GitHub is the authority, not here yet"));
    }
    if asked.way != Way::BreakGlass {
        check_policy(&standing.policy, asked)?;
    }
    let bench = shared.bench(asked, &standing).await?;
    let extended = extension_ask::find(&shared, asked, now)?;
    let case = Case {
        source: caller.origin.address,
        before: extended.as_ref().map_or(0, |extended| extended.before),
        ..Case::new(asked, &signed, now)
    };
    if asked.way != Way::BreakGlass {
        match &extended {
            Some(extended) => extended.check(&bench, &case)?,
            None => check_clocks(&bench, &case)?,
        }
        if let Some(open) = reuse(&shared, asked, now)? {
            return answer(&shared, &standing, StatusCode::OK, &open, &caller.person).await;
        }
    }
    let gathered = shared.facts(&bench, &asked.role, now).await;
    let automatic = shared.may_approve_itself(asked, &standing, now);
    let case = Case { facts: &gathered.facts, automatic, ..case };
    let append = if asked.way == Way::BreakGlass {
        break_glass::decide(&standing, &bench, &case, &gathered, &caller)?
    } else {
        let asking = Taking { standing: &standing, bench: &bench, case, gathered: &gathered, extended };
        decide(&shared, &asking, &caller)?
    };
    match shared.ledger.append(append).await {
        Ok(event) => {
            let request = shared.find(&digest.request_id()).await?.ok_or_else(Fault::not_found)?;
            tracing::info!(request = %request.id(), who = %caller.person, role = %asked.role, "asked");
            notify::tell_and_wait(&shared, &request, event).await;
            answer(&shared, &standing, StatusCode::CREATED, &request, &caller.person).await
        }
        Err(LedgerError::Admission(why))
            if asked.way == Way::BreakGlass
                && !matches!(why, Admission::Known(_) | Admission::Collision(_)) =>
        {
            Err(break_glass::refused(&shared, &standing, asked, why).await)
        }
        // Two terminals asked at once: the other one was first.
        Err(LedgerError::Admission(Admission::Known(_) | Admission::Open(_))) => {
            let open = match find_known(&shared, &digest).await? {
                Some(known) => known,
                None => reuse(&shared, asked, now)?.ok_or(LedgerError::Conflict)?,
            };
            answer(&shared, &standing, StatusCode::OK, &open, &caller.person).await
        }
        Err(LedgerError::Admission(Admission::Collision(id))) => Err(AskError::Collision(id).into()),
        Err(error) => Err(error.into()),
    }
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

/// The request with these very bytes, if it was taken before: a retry is answered, never doubled.
async fn find_known(shared: &Shared, digest: &Digest) -> Result<Option<Arc<Request>>, Fault> {
    let found = shared.find(&digest.request_id()).await?;
    Ok(found.filter(|request| request.digest == *digest))
}

fn check_policy(policy: &Policy, asked: &RequestStatement) -> Result<(), AskError> {
    let role = policy.role(&asked.role).filter(|role| policy.may_request(&asked.header.who, role));
    let Some(role) = role else { return Err(AskError::NoRole(asked.role.clone())) };
    check_piece(role, asked)
}

/// What is asked for must be what the role opens, under the role's own name.
pub(super) fn check_piece(role: &Role, asked: &RequestStatement) -> Result<(), AskError> {
    if role.name != asked.role {
        return Err(AskError::Alias { asked: asked.role.clone(), name: role.name.clone() });
    }
    if role.target != asked.target {
        return Err(AskError::Target(role.name.clone()));
    }
    if let Some(scope) = &asked.scope {
        let known = role.scopes.get(&scope.name);
        if known.is_none_or(|known| known.document.digest() != scope.document) {
            return Err(AskError::Scope { role: role.name.clone(), scope: scope.name.clone() });
        }
    }
    Ok(())
}

/// The request's own clocks must lie within those of the role that it was made for.
fn check_clocks(bench: &Bench, case: &Case<'_>) -> Result<(), AskError> {
    let (asked, now) = (case.request, case.now);
    let Some((under, _)) = bench.roles(&asked.role) else {
        return Err(AskError::NoRole(asked.role.clone()));
    };
    if asked.start.is_some_and(|start| start < asked.created || start > START_AHEAD.after(now)) {
        return Err(AskError::Start);
    }
    let allowed = bench.longest(case).map_err(|refusal| AskError::Refused(refusal.to_string()))?;
    if asked.duration > allowed {
        let refusal = Refusal::TooLong { role: asked.role.clone(), asked: asked.duration, allowed };
        return Err(AskError::Refused(refusal.to_string()));
    }
    let begin = asked.start.map_or(asked.created, |start| start.max(asked.created));
    let latest = asked.duration.after(under.unused.after(under.pending.after(begin)));
    if asked.not_after > latest {
        return Err(AskError::NotAfter(latest));
    }
    if asked.not_after <= now {
        return Err(AskError::Refused("the request has lapsed already".to_owned()));
    }
    Ok(())
}

/// The open request of the same person for the same role, when it asks for the same thing.
fn reuse(
    shared: &Shared,
    asked: &RequestStatement,
    now: Timestamp,
) -> Result<Option<Arc<Request>>, AskError> {
    let index = shared.ledger.index();
    let Some(open) = index.in_the_way(asked, now) else { return Ok(None) };
    let equal = open.statement.duration == asked.duration
        && open.statement.scope == asked.scope
        && open.statement.target == asked.target
        && open.statement.start == asked.start;
    if equal {
        Ok(Some(Arc::clone(open)))
    } else {
        Err(AskError::Open { id: open.id(), role: asked.role.clone() })
    }
}

/// A request that is about to be taken.
struct Taking<'a> {
    standing: &'a Standing,
    bench: &'a Bench,
    case: Case<'a>,
    gathered: &'a Gathered,
    /// The grant that it asks more time for.
    extended: Option<Extended>,
}

/// Judges the request as it comes in, and writes down what follows.
fn decide(shared: &Shared, taking: &Taking<'_>, caller: &Caller) -> Result<Append, Fault> {
    let &Taking { standing, bench, ref case, gathered, ref extended } = taking;
    let (signed, asked, now) = (case.signed, case.request, case.now);
    let extended = extended.as_ref();
    let (under, force) = bench.roles(&asked.role).ok_or_else(|| AskError::NoRole(asked.role.clone()))?;
    let digest = Digest::of(signed.statement.as_bytes());
    let pending = under.pending.min(force.pending);
    let mut changes = vec![Change::Requested {
        signed: signed.clone(),
        pending_until: match extended {
            Some(extended) => extended.pending_until(pending, asked, now),
            None => pending.after(now).min(asked.not_after),
        },
        source: caller.origin.recorded(),
    }];
    let mut about = About::Request;
    let mut later = None;
    match bench.judge(case) {
        Judgement::Waiting(_) => {}
        Judgement::Approved(terms) => {
            if !standing.is_healthy() {
                return Err(AskError::NoAutomatic.into());
            }
            if shared.ledger.index().denial_of(asked, now).is_some() {
                return Err(AskError::DeniedBefore.into());
            }
            if let Some(extended) = extended {
                let (change, until) = extended.approve(asked, &terms, now)?;
                changes.push(change);
                later = Some((extended, until));
            } else {
                let begin = asked.start.map_or(now, |start| start.max(now));
                changes.push(Change::Approved {
                    duration: terms.duration,
                    unused_until: terms.unused.after(begin).min(asked.not_after),
                    by: terms.by,
                });
            }
            about = About::Decision;
        }
        Judgement::Refused(why) | Judgement::Changed(why) => {
            return Err(AskError::Refused(gathered.explain(why)).into());
        }
        Judgement::Denied(by) => return Err(AskError::Refused(format!("{by} denied it")).into()),
    }
    let mut append = Append {
        at: now,
        policy: standing.policy.revision,
        source: caller.origin.recorded(),
        expects: Expects::New,
        subjects: changes.into_iter().map(|change| Subject::Request { request: digest, change }).collect(),
        notices: notify::notices(&standing.policy, &asked.role, about),
    };
    if let Some((extended, until)) = later {
        extended.finish(&mut append, &digest, until, signed);
    }
    Ok(append)
}
