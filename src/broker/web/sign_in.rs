//! The sign-in form, and what its ways have in common: the company's account, GitHub, and a code of a terminal. Each way
//! has a file of its own.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;
use maud::Markup;
use maud::html;
use url::Url;

use super::Web;
use super::cookies;
use super::cookies::Ground;
use super::cookies::SIGNED_IN;
use super::cookies::SIGNED_IN_COOKIE;
use super::cookies::SignedIn;
use super::forms::Fields;
use super::layout;
use super::refused::Refused;
use super::visitor::Stranger;
use super::visitor::Visitor;
use super::visitor::page;
use super::visitor::person_of;
use crate::audit::LetIn;
use crate::audit::Subject;
use crate::broker::caller::Origin;
use crate::broker::caller::too_many;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Proved;
use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::RequestId;
use crate::grant::text::sanitise;

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

    /// The field of a form that names the page.
    pub fn field(&self) -> String {
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

/// The sign-in page. `visit` is the value of the cookie that binds its forms to the browser.
pub fn form(shared: &Shared, visit: &str, next: &Next, message: Option<&str>) -> Markup {
    let Some(web) = shared.web.as_ref() else { return html! {} };
    let policy = shared.policies.standing().policy;
    let company = policy.oidc_on_page().map(|oidc| host(&oidc.issuer));
    let github = policy.github_app().is_some();
    let body = html! {
        div class="card narrow ways" {
            h1 { "Sign in" }
            @if let Some(message) = message {
                p class="notice bad" role="alert" { (layout::sentence(message)) }
            }
            @if let Some(host) = &company {
                section aria-labelledby="by-account" {
                    h2 id="by-account" { "With your company's account" }
                    form method="post" action={ (web.base) "/sign-in/oidc" } {
                        (hidden(web, visit, "sign-in/oidc", next))
                        button class="primary" type="submit" { "Sign in at " (host) }
                    }
                }
            }
            @if github {
                section aria-labelledby="by-github" {
                    h2 id="by-github" { "With GitHub" }
                    form method="post" action={ (web.base) "/sign-in/github" } {
                        (hidden(web, visit, "sign-in/github", next))
                        button class=[company.is_none().then_some("primary")] type="submit" { "Get a code for GitHub" }
                    }
                }
            }
            section aria-labelledby="by-code" {
                h2 id="by-code" { "With a code from your terminal" }
                ol {
                    li { "In a terminal where you are logged in, type " code { "jit web" } "." }
                    li { "Type the code that it shows into this page." }
                    li { "Go back to the terminal: it names this browser and asks whether it is yours." }
                }
                form id="sign-in" method="post" action={ (web.base) "/sign-in" } {
                    (hidden(web, visit, "sign-in", next))
                    label for="code" { "Code" }
                    input id="code" name="code" class="code" type="text" required autocomplete="one-time-code"
                        autocapitalize="characters" spellcheck="false" maxlength="12" placeholder="BCDF-GHJK";
                    button class=[(company.is_none() && !github).then_some("primary")] type="submit" { "Sign in" }
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

/// The hidden fields of a form of the sign-in page.
pub fn hidden(web: &Web, visit: &str, action: &str, next: &Next) -> Markup {
    html! {
        input type="hidden" name="token" value=(web.form_key.token(visit, action));
        input type="hidden" name="next" value=(next.field());
    }
}

/// The host of an address, safe to show.
fn host(address: &str) -> String {
    let url = Url::parse(address).ok();
    url.as_ref().and_then(Url::host_str).map_or_else(|| sanitise(address), sanitise)
}

/// The sign-in form again, with a message.
pub fn again(shared: &Shared, stranger: &Stranger, next: &Next, message: &str) -> Refused {
    Refused::form(shared, stranger, next, Some(message), StatusCode::UNPROCESSABLE_ENTITY)
}

/// Checks that a form is the one that the page gave to this browser. Returns its fields and the page to show afterwards.
pub fn check_form(
    shared: &Shared,
    stranger: &Stranger,
    fields: Result<Fields, Fault>,
    action: &str,
) -> Result<(Fields, Next), Refused> {
    let refuse = |fault: Fault| Refused::page(shared, None, fault);
    let web = page(shared).map_err(refuse)?;
    let fields = fields.map_err(refuse)?;
    let next = Next::of_path(fields.text("next"));
    let visit = stranger.visit.as_deref().unwrap_or_default();
    if web.form_key.check(visit, action, fields.text("token")).is_err() || visit.is_empty() {
        stranger.origin.count_login(shared).map_err(refuse)?;
        let message = "this form is too old, or your browser keeps no cookies; try again";
        return Err(again(shared, stranger, &next, message));
    }
    Ok((fields, next))
}

/// A browser that is let in.
pub struct Entry {
    /// The person.
    pub person: Name,
    /// The evidence of the way in, for the log.
    pub way: LetIn,
    /// The session or login whose end also ends the browser's session.
    pub ground: Ground,
    /// When that expires. `None` if it does not expire.
    pub until: Option<Timestamp>,
}

/// Records that a browser is let in, and signs it in. Returns its cookie.
pub async fn open(shared: &Shared, origin: Origin, entry: Entry) -> Result<String, Fault> {
    let Entry { person, way, ground, until } = entry;
    let web = page(shared)?;
    let now = shared.now();
    let cookie = shared.system.entropy.token();
    let digest = Digest::of(cookie.as_bytes());
    let expires = SIGNED_IN.after(now);
    let expires = until.map_or(expires, |until| until.min(expires));
    let subject = Subject::PageOpened { person: person.clone(), way, cookie: digest, expires };
    let revision = shared.policies.standing().policy.revision;
    let mut append = shared.nothing_expected(now, revision, subject);
    append.source = origin.recorded();
    shared.ledger.append(append).await?;
    // The person may have left meanwhile.
    person_of(shared, &ground).await.map_err(|_| {
        Fault::new(Code::Policy, "this sign-in ended at the same moment").hint("sign in again")
    })?;
    web.cookies.sign_in(digest, SignedIn { ground, expires }, now);
    tracing::info!(%person, "signed a browser in on the approval page");
    Ok(cookie)
}

/// The same for a sign-in at the provider or on GitHub, which `client` was registered for.
pub async fn open_proved(
    shared: &Shared,
    origin: Origin,
    proved: Proved,
    client: String,
) -> Result<String, Fault> {
    let Proved { person, evidence } = proved;
    shared.limiters.person.take(person.name.clone(), shared.clock()).map_err(too_many)?;
    let (login, proved) = (evidence.login(), evidence.proved(shared.now()));
    let ground = Ground::Login { person: person.name.clone(), login, proved };
    let way = LetIn::Login { client, evidence };
    open(shared, origin, Entry { person: person.name, way, ground, until: None }).await
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
    cookies::set(&mut response, SIGNED_IN_COOKIE, "", 0);
    Ok(response)
}

/// Sends the browser on, with GET.
pub fn to(href: &str) -> Response {
    let place = HeaderValue::from_str(href).unwrap_or(HeaderValue::from_static("/web"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response()
}
