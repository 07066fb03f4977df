//! `GET /v1/requests`: the caller's own requests, those that wait for the caller, or all that the caller may read
//! (auditors: everybody's).

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
use crate::grant::Name;
use crate::grant::Request;
use crate::grant::RequestId;
use crate::grant::State as RequestState;
use crate::grant::Verdict;
use crate::judgement::eligibility::may_stop;
use crate::judgement::review::has_given;
use crate::protocol::Problem;
use crate::protocol::RequestList;
use crate::protocol::RequestView;

/// The most requests in one list.
const LONGEST: usize = 50;
/// How many of the newest requests are searched for a caller who may read only some of them.
const FARTHEST: usize = 200;

/// The kind of list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// The caller's own requests.
    #[default]
    Mine,
    /// Requests that wait for the caller's review.
    Inbox,
    /// Every request that the caller may read: their own, those for roles that they may review, and for auditors
    /// everybody's.
    All,
    /// Everybody's open requests that the caller may revoke or audit.
    Open,
}

/// The most requests in a list of everybody's open ones.
const LONGEST_OPEN: usize = 1_000;

/// The query string's parameters.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    /// The kind of list.
    #[serde(default)]
    list: Which,
}

/// Lists requests, newest first.
#[utoipa::path(get, path = "/v1/requests", operation_id = "request_list", tag = "requests", security(("session" = [])), params(("list" = inline(Option<Which>), Query, description = "Which requests; `mine` by default")), responses(
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
    find(&shared, &caller.person, query.list).await.map(|requests| Json(RequestList { requests }))
}

/// The requests of a list, newest first, as one person sees them.
pub async fn find(shared: &Arc<Shared>, person: &Name, which: Which) -> Result<Vec<RequestView>, Fault> {
    let standing = shared.standing().await;
    let longest = if which == Which::Open { LONGEST_OPEN } else { LONGEST };
    let ids: Vec<RequestId> = match which {
        Which::Mine => shared.ledger.index().of_person(person, LONGEST),
        // A caller who is not an auditor may read few of them, so more are searched.
        Which::All if standing.policy.may_audit(person) => shared.ledger.index().newest_requests(LONGEST),
        Which::All => shared.ledger.index().newest_requests(FARTHEST),
        Which::Open => {
            let now = shared.now();
            let index = shared.ledger.index();
            let policy = &standing.policy;
            let mut open: Vec<_> = index
                .all_open()
                .filter(|open| !open.state_at(now).is_terminal())
                .filter(|open| policy.may_audit(person) || may_stop(policy, &open.statement, person))
                .map(|open| (std::cmp::Reverse(open.statement.created), open.id()))
                .collect();
            open.sort();
            open.into_iter().map(|(_, id)| id).collect()
        }
        Which::Inbox => {
            let now = shared.now();
            let index = shared.ledger.index();
            // Checked before the expensive part: only a pending request or a break-glass can wait for a review.
            let pending = |open: &&Arc<Request>| open.state_at(now) == RequestState::Pending;
            let pending = index.all_open().filter(pending);
            let mut open: Vec<_> = pending.chain(index.all_unreviewed()).map(Arc::clone).collect();
            open.sort_by_key(|open| std::cmp::Reverse((open.statement.created, open.id())));
            open.iter().map(|request| request.id()).collect()
        }
    };
    let mut requests = Vec::new();
    for id in ids {
        let Some(request) = shared.find(&id).await? else { continue };
        if !may_read(&standing.policy, &request, person) {
            continue;
        }
        let view = view_request(shared, &standing, &request, person).await?;
        let said_yes = has_given(&request, person, Verdict::Approve);
        if which != Which::Inbox || (view.may_review && !said_yes) {
            requests.push(view);
        }
        if requests.len() == longest {
            break;
        }
    }
    Ok(requests)
}
