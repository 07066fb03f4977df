//! Signing a browser in and out. A one-time code of a terminal is the one way so far; each further way adds a section to
//! the form and a route.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use maud::Markup;
use maud::html;

use super::Phase;
use super::browser::Browser;
use super::codes::Issued;
use super::cookies;
use super::cookies::SIGNED_IN;
use super::cookies::SIGNED_IN_COOKIE;
use super::cookies::SignedIn;
use super::forms::Fields;
use super::layout;
use super::refused::Refused;
use super::visitor::Stranger;
use super::visitor::Visitor;
use super::visitor::page;
use crate::audit::Subject;
use crate::broker::caller::Caller;
use crate::broker::caller::too_many;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Digest;
use crate::grant::RequestId;

/// How long a browser waits for the answer at the terminal. Proxies commonly cut off after 60 s.
const PATIENCE: Duration = Duration::from_secs(55);

/// The page to show after signing in. Only our own pages can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The list.
    Home,
    /// One request.
    Request(RequestId),
    /// The page that registers a passkey.
    Passkey,
}

impl Next {
    /// Reads a path below `/web`, or the field of a form. Everything else leads to the list.
    pub fn of_path(path: &str) -> Self {
        match path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice() {
            ["r", id, ..] => id.parse().map_or(Self::Home, Self::Request),
            ["passkey", ..] => Self::Passkey,
            _ => Self::Home,
        }
    }

    fn field(&self) -> String {
        match self {
            Self::Home => String::new(),
            Self::Request(id) => format!("r/{}", id.as_str()),
            Self::Passkey => "passkey".to_owned(),
        }
    }

    /// The address of the page.
    pub fn href(&self, base: &str) -> String {
        match self {
            Self::Home => base.to_owned(),
            other => format!("{base}/{}", other.field()),
        }
    }
}

/// The sign-in page. `visit` is the value of the cookie that binds the form to the browser.
pub fn form(shared: &Shared, visit: &str, next: &Next, message: Option<&str>) -> Markup {
    let Some(web) = shared.web.as_ref() else { return html! {} };
    let body = html! {
        div class="card narrow" {
            h1 { "Sign in" }
            @if let Some(message) = message {
                p class="notice bad" role="alert" { (layout::sentence(message)) }
            }
            section aria-labelledby="by-code" {
                h2 id="by-code" { "With a code from your terminal" }
                ol {
                    li { "In a terminal where you are logged in, type " code { "jit web" } "." }
                    li { "Type the code that it shows into this page." }
                    li { "Go back to the terminal: it names this browser and asks whether it is yours." }
                }
                form id="sign-in" method="post" action={ (web.base) "/sign-in" } {
                    input type="hidden" name="token" value=(web.form_key.token(visit, "sign-in"));
                    input type="hidden" name="next" value=(next.field());
                    label for="code" { "Code" }
                    input id="code" name="code" class="code" type="text" required autocomplete="one-time-code"
                        autocapitalize="characters" spellcheck="false" maxlength="12" placeholder="BCDF-GHJK";
                    button class="primary" type="submit" { "Sign in" }
                    p id="sign-in-status" class="status" role="status" {}
                }
            }
            p class="quiet" {
                "Type a code only here, and only if you asked for it yourself. A signed-in browser can read and deny. "
                "Approving takes your passkey each time."
            }
        }
    };
    layout::page(shared, None, "Sign in", &body)
}

/// Enters a code, waits for the answer at the terminal, and signs the browser in.
pub async fn enter(
    State(shared): State<Arc<Shared>>,
    stranger: Stranger,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let refuse = |fault: Fault| Refused::page(&shared, None, fault);
    let web = page(&shared).map_err(refuse)?;
    let fields = fields.map_err(refuse)?;
    let next = Next::of_path(fields.text("next"));
    let again = |message: &str| {
        Refused::form(&shared, &stranger, &next, Some(message), StatusCode::UNPROCESSABLE_ENTITY)
    };
    let visit = stranger.visit.as_deref().unwrap_or_default();
    if web.form_key.check(visit, "sign-in", fields.text("token")).is_err() || visit.is_empty() {
        stranger.origin.count_login(&shared).map_err(refuse)?;
        return Err(again("this form is too old, or your browser keeps no cookies; try again"));
    }
    let browser = Browser::of(shared.system.entropy.token(), stranger.origin, &stranger.headers);
    let Some(issued) = web.codes.enter(fields.text("code"), browser, shared.now()) else {
        stranger.origin.count_login(&shared).map_err(refuse)?;
        return Err(again("there is no such code, it was used, or it has expired; jit web shows a new one"));
    };
    let allowed = decide(&shared, &issued).await.map_err(refuse)?;
    web.codes.end(&issued);
    if !allowed {
        return Err(again("the terminal did not let this browser in; jit web shows a new code"));
    }
    let cookie = open(&shared, &stranger, &issued.session).await.map_err(refuse)?;
    let mut response = to(&next.href(&web.base));
    if let Some(cookie) = cookies::set(SIGNED_IN_COOKIE, &cookie, SIGNED_IN.seconds()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Waits until the terminal has answered. False if it refuses, or the time is up.
async fn decide(shared: &Shared, issued: &Issued) -> Result<bool, Fault> {
    let _place = shared.limiters.waiters.try_acquire().map_err(|_| too_many(5))?;
    let mut closing = shared.closing.subscribe();
    let mut phase = issued.phase.subscribe();
    let limit = shared.system.clock.sleep(PATIENCE);
    let answered = phase.wait_for(|phase| matches!(phase, Phase::Allowed | Phase::Refused));
    Ok(tokio::select! {
        answered = answered => answered.is_ok_and(|phase| *phase == Phase::Allowed),
        () = limit => false,
        _ = closing.wait_for(|closing| *closing) => false,
    })
}

/// Signs the browser in for as long as the cookie lasts, and never longer than the session that let it in.
async fn open(shared: &Arc<Shared>, stranger: &Stranger, session: &Digest) -> Result<String, Fault> {
    let web = page(shared)?;
    let caller = Caller::of_page(shared, session, stranger.origin, None).await?;
    let now = shared.now();
    let cookie = shared.system.entropy.token();
    let digest = Digest::of(cookie.as_bytes());
    let expires = SIGNED_IN.after(now).min(caller.session.expires);
    let person = caller.person.clone();
    let subject = Subject::PageOpened { person: person.clone(), session: *session, cookie: digest, expires };
    let revision = shared.policies.standing().policy.revision;
    let mut append = shared.nothing_expected(now, revision, subject);
    append.source = stranger.origin.recorded();
    shared.ledger.append(append).await?;
    web.cookies.sign_in(digest, SignedIn { session: *session, expires }, now);
    tracing::info!(%person, "signed a browser in on the approval page");
    Ok(cookie)
}

/// Signs the browser out.
pub async fn leave(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let checked = async {
        let web = page(&shared)?;
        visitor.check_token(web, "sign-out", fields?.text("token"))?;
        web.cookies.sign_out(&visitor.cookie());
        Ok(to(&web.base))
    };
    let mut response = checked.await.map_err(|fault| Refused::page(&shared, Some(&visitor), fault))?;
    if let Some(gone) = cookies::set(SIGNED_IN_COOKIE, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    Ok(response)
}

/// Sends the browser on, with GET.
pub fn to(href: &str) -> Response {
    let place = HeaderValue::from_str(href).unwrap_or(HeaderValue::from_static("/web"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}
