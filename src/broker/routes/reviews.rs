//! `POST /v1/requests/{id}/reviews`: somebody agrees, or does not.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;

use super::acknowledge;
use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::Segment;
use crate::broker::extensions::case_of;
use crate::broker::extensions::first_of;
use crate::broker::extensions::move_end;
use crate::broker::intake::check_fresh;
use crate::broker::intake::open_own;
use crate::broker::ledger::LedgerError;
use crate::broker::notify;
use crate::broker::notify::About;
use crate::broker::policies::Standing;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::find_readable;
use crate::broker::views::has_given;
use crate::broker::views::view_request;
use crate::grant::Assurance;
use crate::grant::Change;
use crate::grant::ExtensionError;
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::Signed;
use crate::grant::State as Stand;
use crate::grant::Statement;
use crate::grant::Verdict;
use crate::grant::request::Review;
use crate::grant::statement::Kind;
use crate::grant::statement::ReviewStatement;
use crate::identity::Opened;
use crate::judgement::Bench;
use crate::judgement::Case;
use crate::judgement::Judgement;
use crate::judgement::ceilings;
use crate::judgement::ceilings::CeilingError;
use crate::judgement::extensions::approval;
use crate::judgement::extensions::past_a_limit;
use crate::judgement::facts::Gathered;
use crate::protocol::Problem;
use crate::protocol::RequestView;

/// Why a review is not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReviewError {
    #[error("the review is of another request")]
    OtherRequest,
    #[error("nobody reviews their own request")]
    OwnRequest,
    #[error("{0} is not among those who may review this request")]
    NotEligible(Name),
    #[error("{why}; {who} must ask again")]
    AskAgain { why: String, who: Name },
    #[error("{0} denied this request; a denial is final")]
    Final(Name),
    #[error("{0} has said something newer since")]
    Older(Name),
    #[error("this role wants reviews signed with {}", .0.as_str())]
    TooWeak(Assurance),
    #[error("the request is {}", .0.as_str())]
    State(Stand),
    #[error("more time is approved for what the grant is for, or not at all")]
    OtherScope,
    #[error("the access that it extends is over")]
    Over,
    #[error("{0}")]
    Extension(#[from] ExtensionError),
    #[error(transparent)]
    Ceiling(#[from] CeilingError),
    #[error("{0} has reviewed this emergency already; one review is all it has")]
    Reviewed(Name),
    #[error("an emergency is reviewed as it was: neither shorter nor narrower")]
    Whole,
    #[error("{0}")]
    Refused(String),
}

impl ReviewError {
    /// The same, saying which facts were not to be had, where they may be why.
    fn explained(self, gathered: &Gathered) -> Self {
        match self {
            Self::Refused(why) => Self::Refused(gathered.explain(why)),
            other => other,
        }
    }
}

impl From<ReviewError> for Fault {
    fn from(error: ReviewError) -> Self {
        let text = error.to_string();
        match error {
            ReviewError::OtherRequest | ReviewError::Older(_) | ReviewError::OtherScope => {
                Self::new(Code::Statement, text)
            }
            ReviewError::OwnRequest | ReviewError::NotEligible(_) => Self::new(Code::Forbidden, text),
            ReviewError::AskAgain { .. } => Self::new(Code::Forbidden, text)
                .hint("the requester types `jit end ID`, then `jit request ROLE`: that is made under the policy in force"),
            ReviewError::TooWeak(_) => {
                Self::new(Code::Policy, text).hint("sign with a security key (sk-ssh-ed25519) and touch it")
            }
            ReviewError::Final(_) | ReviewError::State(_) | ReviewError::Over | ReviewError::Extension(_) => {
                Self::new(Code::State, text)
            }
            ReviewError::Ceiling(error) => Self::new(Code::Statement, text).hint(error.hint()),
            ReviewError::Reviewed(_) => {
                Self::new(Code::State, text).hint("`jit revoke ID --reason …` takes away what still lives")
            }
            ReviewError::Whole => Self::new(Code::Statement, text),
            ReviewError::Refused(_) => Self::new(Code::Policy, text),
        }
    }
}

/// Takes a review. The same bytes a second time change nothing.
#[utoipa::path(post, path = "/v1/requests/{id}/reviews", operation_id = "request_review", tag = "requests", security(("session" = [])),
    params(("id" = String, Path, description = "The whole id")), request_body = Signed,
    responses(
        (status = 200, description = "Taken; the request as it is now", body = RequestView),
        (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request for the caller", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Not in this state", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The statement is not accepted", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn review(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Segment(id): Segment,
    Body(signed): Body<Signed>,
) -> Result<Json<RequestView>, Fault> {
    loop {
        let standing = shared.standing().await;
        let request = find_readable(&shared, &standing, &id, &caller.person).await?;
        let opened = open_own(&signed, Kind::Review, &shared.authority, &standing.policy, &caller)?;
        let Statement::Review(statement) = opened.statement() else {
            return Err(ReviewError::OtherRequest.into());
        };
        if statement.request != request.digest {
            return Err(ReviewError::OtherRequest.into());
        }
        let given = request.reviews.iter().chain(&request.acknowledged);
        if given.into_iter().any(|review| review.signed.statement == signed.statement) {
            return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
        }
        let now = shared.now();
        // Saying no goes by the real clock, like all that ends access.
        check_fresh(&opened, if statement.verdict == Verdict::Deny { shared.clock() } else { now })?;
        // Saying no waits for nobody's answer.
        let bench = shared.bench(&request.statement, &standing).await;
        let gathered = match (&bench, statement.verdict) {
            (Ok(bench), Verdict::Approve) => shared.facts(bench, &request.statement.role, now).await,
            _ => Gathered::default(),
        };
        let first = first_of(&shared, &request);
        let case = Case {
            facts: &gathered.facts,
            automatic: shared.may_approve_itself(&request.digest, &request.statement, &standing, now)
                && first.as_deref().is_none_or(|first| past_a_limit(first).is_none()),
            ..case_of(&shared, &request, now)
        };
        let changes = if request.is_emergency() {
            acknowledge::decide(&standing.policy, &request, &opened, statement, &signed, &case)
                .map_err(|error| error.explained(&gathered))?
        } else {
            let bench = bench?;
            if !check(&bench, &request, &opened, statement, &case)? {
                return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
            }
            decide(&bench, &case, &request, first.as_deref(), statement, &signed)
                .map_err(|error| error.explained(&gathered))?
        };
        if statement.verdict == Verdict::Approve {
            shared.serving().await?;
        }
        match record(&shared, &standing, &request, first.as_deref(), &caller, changes, now).await {
            Ok(request) => {
                tracing::info!(request = %request.id(), by = %caller.person, verdict = statement.verdict.as_str(), "reviewed");
                return Ok(Json(view_request(&shared, &standing, &request, &caller.person).await?));
            }
            // Somebody else was faster: read again, decide again.
            Err(Retry::Again) => {}
            Err(Retry::Fault(fault)) => return Err(fault),
        }
    }
}

enum Retry {
    Again,
    Fault(Fault),
}

async fn record(
    shared: &Arc<Shared>,
    standing: &Standing,
    request: &Request,
    first: Option<&Request>,
    caller: &Caller,
    changes: Vec<Change>,
    now: Timestamp,
) -> Result<Arc<Request>, Retry> {
    let decided = changes.len() > 1 || request.is_emergency();
    let more_time = changes.iter().find_map(|change| match change {
        Change::Approved { unused_until, .. } => first.map(|first| (first, *unused_until)),
        _ => None,
    });
    let mut append = shared.changes(request, now, standing.policy.revision, changes);
    if let Some((first, until)) = more_time {
        move_end(&mut append, &request.digest, first, until, &request.signed);
    }
    append.source = caller.origin.recorded();
    if decided {
        append.notices = notify::notices(&standing.policy, &request.statement.role, About::Decision);
    }
    let event = shared.ledger.append(append).await.map_err(|error| match error {
        LedgerError::Conflict => Retry::Again,
        error => Retry::Fault(error.into()),
    })?;
    let request = shared.find(&request.id()).await.map_err(Retry::Fault)?;
    let request = request.ok_or_else(|| Retry::Fault(Fault::not_found()))?;
    if decided {
        notify::tell(shared, &request, event);
    }
    Ok(request)
}

/// Whether the review may be given. False: it says what the reviewer has said already, and changes nothing.
fn check(
    bench: &Bench,
    request: &Request,
    opened: &Opened,
    statement: &ReviewStatement,
    case: &Case<'_>,
) -> Result<bool, ReviewError> {
    let (asked, reviewer, now) = (case.request, &statement.header.who, case.now);
    if reviewer == request.requester() {
        return Err(ReviewError::OwnRequest);
    }
    if has_given(request, reviewer, Verdict::Deny) {
        return Err(ReviewError::Final(reviewer.clone()));
    }
    // Somebody who caught an older review of the same person must not be able to put it in place of a newer one.
    let newer = |review: &Review| review.by == *reviewer && review.statement.header.at > statement.header.at;
    if request.reviews.iter().any(newer) {
        return Err(ReviewError::Older(reviewer.clone()));
    }
    let state = request.state_at(now);
    match statement.verdict {
        Verdict::Deny => {
            if !bench.may_stop(asked, reviewer) {
                return Err(ReviewError::NotEligible(reviewer.clone()));
            }
            if !matches!(state, Stand::Pending | Stand::Approved) {
                return Err(ReviewError::State(state));
            }
        }
        Verdict::Approve => {
            let own_key = bench.is_key_of(opened.fingerprint(), reviewer);
            let demanded = bench.demanded(case).filter(|demanded| opened.assurance() < *demanded);
            if !own_key || !bench.may_review(asked, reviewer) {
                return Err(match (bench.why_not(asked, reviewer), demanded) {
                    (Some(why), _) => ReviewError::AskAgain { why, who: asked.header.who.clone() },
                    (None, Some(demanded)) if bench.is_named(asked, reviewer) => {
                        ReviewError::TooWeak(demanded)
                    }
                    (None, _) => ReviewError::NotEligible(reviewer.clone()),
                });
            }
            let said_yes = has_given(request, reviewer, Verdict::Approve);
            if matches!(state, Stand::Approved | Stand::Active) && said_yes {
                return Ok(false);
            }
            if state != Stand::Pending {
                return Err(ReviewError::State(state));
            }
            let asked_scope = asked.scope.as_ref().map(|scope| &scope.name);
            if request.extends().is_some()
                && statement.scope.as_ref().is_some_and(|scope| Some(scope) != asked_scope)
            {
                return Err(ReviewError::OtherScope);
            }
            ceilings::check(bench, asked, statement)?;
            if let Some(demanded) = demanded {
                return Err(ReviewError::TooWeak(demanded));
            }
        }
    }
    Ok(true)
}

/// What follows from the review.
fn decide(
    bench: &Bench,
    case: &Case<'_>,
    request: &Request,
    first: Option<&Request>,
    statement: &ReviewStatement,
    signed: &Signed,
) -> Result<Vec<Change>, ReviewError> {
    let (by, now) = (statement.header.who.clone(), case.now);
    let mut changes =
        vec![Change::Reviewed { by: by.clone(), verdict: statement.verdict, signed: signed.clone() }];
    if statement.verdict == Verdict::Deny {
        changes.push(Change::Denied { by });
        return Ok(changes);
    }
    if request.extends().is_some() {
        first.ok_or(ReviewError::Over)?.check_extension(&request.statement, now)?;
    }
    bench.let_review(case, &by).map_err(|refusal| ReviewError::Refused(refusal.to_string()))?;
    let mut reviews: Vec<Review> = request.reviews.iter().filter(|review| review.by != by).cloned().collect();
    reviews.push(Review { by, at: now, statement: statement.clone(), signed: signed.clone() });
    match bench.judge(&Case { reviews: &reviews, ceilings: &reviews, ..*case }) {
        Judgement::Waiting(_) => {}
        Judgement::Denied(by) => changes.push(Change::Denied { by }),
        Judgement::Approved(terms) if request.extends().is_some() => {
            let first = first.ok_or(ReviewError::Over)?;
            changes.push(approval(first, &request.statement, &terms, now)?.0);
        }
        Judgement::Approved(terms) => {
            let begin = request.statement.start.map_or(now, |start| start.max(now));
            changes.push(Change::Approved {
                duration: terms.duration,
                unused_until: terms.unused.after(begin).min(request.statement.not_after),
                by: terms.by,
                scope: terms.named,
            });
        }
        Judgement::Refused(why) | Judgement::Changed(why) => return Err(ReviewError::Refused(why)),
    }
    Ok(changes)
}
