//! Signing a browser in with the account on GitHub: the page shows GitHub's code, and the broker asks who typed it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use maud::Markup;
use maud::html;

use super::cookies;
use super::cookies::DEVICE_COOKIE;
use super::cookies::SIGNED_IN;
use super::cookies::SIGNED_IN_COOKIE;
use super::forms::Fields;
use super::layout;
use super::refused::Refused;
use super::sign_in;
use super::sign_in::Next;
use super::sign_in::to;
use super::visitor::Stranger;
use super::visitor::page;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::Aim;
use crate::broker::signing_in::Progress;

/// The action of the form that asks GitHub again.
const CONTINUE: &str = "sign-in/github/continue";

/// Begins a sign-in and shows GitHub's code.
pub async fn begin(
    State(shared): State<Arc<Shared>>,
    stranger: Stranger,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let (_, next) = sign_in::check_form(&shared, &stranger, fields, "sign-in/github")?;
    let begun = async {
        stranger.origin.count(&shared)?;
        let policy = shared.standing_alone().await.policy;
        if let Some(before) = cookies::read(&stranger.headers, DEVICE_COOKIE)
            && let Some(begun) = shared.flows.again(&shared, &policy, before, &next.field()).await
        {
            return Ok(begun);
        }
        let by = stranger.origin.own_address(&shared);
        shared.flows.start(&shared, &policy, Aim::Page(next.field()), by).await
    };
    let begun = begun.await.map_err(|fault| Refused::not_signed_in(&shared, fault, &next))?;
    let page = code(&shared, &stranger, &next, (&begun.user_code, &begun.address), None);
    let mut response = page.into_response();
    cookies::set(&mut response, DEVICE_COOKIE, begun.handle.expose(), begun.valid);
    Ok(response)
}

/// Asks GitHub whether the code was typed, and signs the browser in once GitHub names the account.
pub async fn proceed(
    State(shared): State<Arc<Shared>>,
    stranger: Stranger,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let (_, next) = sign_in::check_form(&shared, &stranger, fields, CONTINUE)?;
    let outcome = async {
        let web = page(&shared)?;
        let handle = cookies::read(&stranger.headers, DEVICE_COOKIE);
        let handle = handle.ok_or_else(|| {
            Fault::new(Code::Forbidden, "this browser has begun no sign-in with GitHub, or it is over")
                .hint("sign in again")
        })?;
        let policy = shared.standing_alone().await.policy;
        match shared.flows.poll(&shared, &policy, handle, true).await? {
            Progress::Pending(waiting) => {
                let message = format!(
                    "GitHub has not said who you are yet. Type the code there first, and continue in {} s",
                    waiting.interval
                );
                let shown = (waiting.user_code.as_str(), waiting.address.as_str());
                Ok(code(&shared, &stranger, &next, shown, Some(&message)).into_response())
            }
            Progress::Proved(finished) => {
                let Aim::Page(field) = &finished.aim else { return Err(Fault::not_found()) };
                let next = Next::of_path(field);
                let cookie =
                    sign_in::open_proved(&shared, stranger.origin, finished.proved, finished.client).await?;
                let mut response = to(&next.href(&web.base));
                cookies::set(&mut response, SIGNED_IN_COOKIE, &cookie, SIGNED_IN.seconds());
                cookies::set(&mut response, DEVICE_COOKIE, "", 0);
                Ok(response)
            }
        }
    };
    match outcome.await {
        Ok(response) => Ok(response),
        Err(fault) => {
            stranger.origin.count_login(&shared).map_err(|fault| Refused::page(&shared, None, fault))?;
            Err(Refused::not_signed_in(&shared, fault, &next))
        }
    }
}

/// The page with GitHub's code.
fn code(
    shared: &Shared,
    stranger: &Stranger,
    next: &Next,
    (code, address): (&str, &str),
    message: Option<&str>,
) -> Markup {
    let (Some(web), Some(visit)) = (shared.web.as_ref(), stranger.visit.as_deref()) else { return html! {} };
    let body = html! {
        div class="card narrow ways" {
            h1 { "Sign in with GitHub" }
            @if let Some(message) = message { p class="notice" role="alert" { (layout::sentence(message)) } }
            ol {
                li { "Copy this code: " strong class="code" { (code) } }
                li { "Open " a href=(address) target="_blank" rel="noopener noreferrer" { (address) } " and type it there." }
                li { "Come back to this page and continue." }
            }
            form method="post" action={ (web.base) "/" (CONTINUE) } {
                (sign_in::hidden(web, visit, CONTINUE, next))
                button class="primary" type="submit" { "Continue" }
            }
            p class="quiet" {
                "Type only a code that you asked for on this page yourself. Somebody who gives you a code of theirs is signed "
                "in as you."
            }
        }
    };
    layout::page(shared, None, "Sign in with GitHub", &body)
}
