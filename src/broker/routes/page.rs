//! `POST /v1/page/code`, `GET /v1/page/code` and `POST /v1/page/code/answer`: lets a browser into the approval page.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::broker::caller::Body;
use crate::broker::caller::Caller;
use crate::broker::caller::too_many;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::web::Phase;
use crate::broker::web::Web;
use crate::protocol::PageAnswer;
use crate::protocol::PageBrowser;
use crate::protocol::PageCode;
use crate::protocol::PageEntry;
use crate::protocol::Problem;

/// How long one call waits for a browser. The client asks again until the code has expired.
const WAIT: Duration = Duration::from_secs(50);

fn page(shared: &Shared) -> Result<&Web, Fault> {
    shared.web.as_ref().ok_or_else(|| {
        Fault::new(Code::NotFound, "this broker serves no approval page").hint(
            "its operator turns it on with `jit serve --web`; `jit inbox` and `jit approve` work without it",
        )
    })
}

/// Issues a one-time code that signs one browser in on the approval page. It replaces the session's earlier code.
#[utoipa::path(post, path = "/v1/page/code", operation_id = "page_code_issue", tag = "page", security(("session" = [])), responses(
    (status = 200, description = "The code", body = PageCode),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No approval page", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn issue(State(shared): State<Arc<Shared>>, caller: Caller) -> Result<Json<PageCode>, Fault> {
    let web = page(&shared)?;
    if shared.in_force().policy.agent(&caller.person).is_some() {
        return Err(Fault::new(Code::Forbidden, "an agent does not sign in on the approval page")
            .hint("its owner does: `jit web` without JIT_AGENT"));
    }
    let issued = web.codes.issue(caller.token, &*shared.system.entropy, shared.now());
    let url = format!("{}/web", shared.authority);
    Ok(Json(PageCode { code: issued.spelled(), url, expires: issued.expires }))
}

/// Waits until a browser has entered the session's code, at most 50 seconds.
#[utoipa::path(get, path = "/v1/page/code", operation_id = "page_code_wait", tag = "page", security(("session" = [])), responses(
    (status = 200, description = "The browser that entered the code, if one did", body = PageEntry),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No code, or no approval page", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast, or too many wait", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn wait(State(shared): State<Arc<Shared>>, caller: Caller) -> Result<Json<PageEntry>, Fault> {
    let web = page(&shared)?;
    let gone =
        || Fault::new(Code::NotFound, "the code was used, or it has expired").hint("run `jit web` again");
    let issued = web.codes.of(&caller.token, shared.now()).ok_or_else(gone)?;
    let _place = shared.limiters.waiters.try_acquire().map_err(|_| too_many(5))?;
    let mut closing = shared.closing.subscribe();
    let mut phase = issued.phase.subscribe();
    let limit = shared.system.clock.sleep(WAIT);
    tokio::select! {
        _ = phase.wait_for(|phase| *phase != Phase::Waiting) => {}
        () = limit => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
    let phase = issued.phase.borrow().clone();
    match phase {
        Phase::Waiting => Ok(Json(PageEntry { browser: None })),
        Phase::Entered(browser) => Ok(Json(PageEntry {
            browser: Some(PageBrowser { id: browser.id, address: browser.address, agent: browser.agent }),
        })),
        Phase::Allowed | Phase::Refused => Err(gone()),
    }
}

/// Lets the browser that entered the code in, or keeps it out.
#[utoipa::path(post, path = "/v1/page/code/answer", operation_id = "page_code_answer", tag = "page", security(("session" = [])),
    request_body = PageAnswer, responses(
    (status = 204, description = "The browser has the answer"),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No session", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "No approval page", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "That browser does not wait any more", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too fast", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not now", body = Problem, content_type = "application/problem+json"),
))]
pub async fn answer(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Body(answer): Body<PageAnswer>,
) -> Result<StatusCode, Fault> {
    let web = page(&shared)?;
    if web.codes.answer(&caller.token, &answer.browser, answer.allow, shared.now()) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Fault::new(Code::Conflict, "that browser does not wait any more").hint("run `jit web` again"))
    }
}
