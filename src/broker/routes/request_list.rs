//! `GET /v1/requests`: mine, those that wait for me, or all that I may read (for auditors everybody's).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::broker::caller::Caller;
use crate::broker::caller::Parameters;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::views::may_read;
use crate::broker::views::view_request;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State as RequestState;
use crate::grant::Verdict;
use crate::judgement::eligibility::may_stop;
use crate::judgement::review::has_given;
use crate::protocol::Problem;
use crate::protocol::RequestList;

/// How many requests one list holds.
const LONGEST: usize = 50;
/// How many of the newest requests are looked at for one who may read some of them.
const FARTHEST: usize = 200;

/// Which requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The caller's own.
    #[default]
    Mine,
    /// Those that wait for the caller's review.
    Inbox,
    /// All that the caller may read: their own, those of roles that they may review, and for auditors everybody's.
    All,
    /// Everybody's that has not come to its end, as far as the caller may take it away or audits.
    Open,
}

/// How many requests a list of everybody's open ones holds.
const LONGEST_OPEN: usize = 1_000;

/// What stands behind the question mark.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    /// Which requests.
    #[serde(default)]
    list: Which,
}

/// The newest requests first.
#[utoipa::path(get, path = "/v1/requests", operation_id = "request_list", tag = "requests", security(("session" = [])), params(("list" = inline(Option<Which>), Query, description = "Which requests; `mine` when nothing is said")), responses(
    (status = 200, description = "The newest first", body = RequestList),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn list(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Json<RequestList>, Fault> {
    let standing = shared.standing().await;
    let longest = if query.list == Which::Open { LONGEST_OPEN } else { LONGEST };
    let ids: Vec<RequestId> = match query.list {
        Which::Mine => shared.ledger.index().of_person(&caller.person, LONGEST),
        // Who is no auditor may read few of them, so more are looked at.
        Which::All if standing.policy.may_audit(&caller.person) => {
            shared.ledger.index().newest_requests(LONGEST)
        }
        Which::All => shared.ledger.index().newest_requests(FARTHEST),
        Which::Open => {
            let now = shared.now();
            let index = shared.ledger.index();
            let policy = &standing.policy;
            let mut open: Vec<_> = index
                .all_open()
                .filter(|open| !open.state_at(now).is_terminal())
                .filter(|open| {
                    policy.may_audit(&caller.person) || may_stop(policy, &open.statement, &caller.person)
                })
                .map(|open| (std::cmp::Reverse(open.statement.created), open.id()))
                .collect();
            open.sort();
            open.into_iter().map(|(_, id)| id).collect()
        }
        Which::Inbox => {
            let now = shared.now();
            let index = shared.ledger.index();
            // Before the costly part: only what is pending can wait for a review, or an emergency afterwards.
            let pending = |open: &&Arc<Request>| open.state_at(now) == RequestState::Pending;
            let pending = index.all_open().filter(pending);
            let mut open: Vec<_> = pending.chain(index.all_unreviewed()).map(Arc::clone).collect();
            open.sort_by_key(|open| std::cmp::Reverse(open.statement.created));
            open.iter().map(|request| request.id()).collect()
        }
    };
    let mut requests = Vec::new();
    for id in ids {
        let Some(request) = shared.find(&id).await? else { continue };
        if !may_read(&standing.policy, &request, &caller.person) {
            continue;
        }
        let view = view_request(&shared, &standing, &request, &caller.person).await?;
        let said_yes = has_given(&request, &caller.person, Verdict::Approve);
        if query.list != Which::Inbox || (view.may_review && !said_yes) {
            requests.push(view);
        }
        if requests.len() == longest {
            break;
        }
    }
    Ok(Json(RequestList { requests }))
}
