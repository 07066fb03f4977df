//! Errors of the page, as pages: a problem in words, or the sign-in form.

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use axum::response::Response;
use maud::html;

use super::cookies;
use super::cookies::VISIT_COOKIE;
use super::layout;
use super::sign_in;
use super::visitor::Stranger;
use super::visitor::Visitor;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;

/// How long the cookie of the sign-in form lasts, in seconds.
const VISIT: u64 = 3_600;

/// An answer in place of the page that was asked for.
pub struct Refused(Box<Response>);

impl Refused {
    /// A problem in words. It names the visitor's way back.
    pub fn page(shared: &Shared, visitor: Option<&Visitor>, fault: Fault) -> Self {
        let base = shared.web.as_ref().map_or("/web", |web| web.base.as_str());
        let title = fault.problem().1.title;
        Self::with(shared, visitor, fault, &title, (base, "Requests that wait for you"))
    }

    /// A sign-in that failed, with a link to the sign-in form. The form leads on to `next`.
    pub fn not_signed_in(shared: &Shared, fault: Fault, next: &sign_in::Next) -> Self {
        let base = shared.web.as_ref().map_or("/web", |web| web.base.as_str());
        // Most of these words are made for `jit login` in a terminal.
        let fault = match fault.code() {
            Code::Statement if fault.mentions_login() => fault.hint("sign in again"),
            Code::NotFound if fault.mentions_login() => fault.hint("choose another way to sign in"),
            _ => fault,
        };
        Self::with(shared, None, fault, "The sign-in failed", (&next.href(base), "Back to the sign-in"))
    }

    fn with(
        shared: &Shared,
        visitor: Option<&Visitor>,
        fault: Fault,
        title: &str,
        (href, back): (&str, &str),
    ) -> Self {
        let (status, problem) = fault.problem();
        let body = html! {
            div class="card" {
                h1 { (title) }
                p { (layout::sentence(&problem.detail)) }
                @if let Some(hint) = &problem.hint { p class="quiet" { (layout::sentence(hint)) } }
                p { a href=(href) { (back) } }
            }
        };
        let page = layout::page(shared, visitor, title, &body);
        let mut response = (status, page).into_response();
        if let Some(after) = fault.into_response().headers().get(header::RETRY_AFTER) {
            response.headers_mut().insert(header::RETRY_AFTER, after.clone());
        }
        Self(Box::new(response))
    }

    /// The same answer, which makes the browser forget a cookie.
    #[must_use]
    pub fn without(mut self, cookie: &str) -> Self {
        cookies::set(&mut self.0, cookie, "", 0);
        self
    }

    /// The sign-in form, which leads back to the page that was asked for.
    pub fn sign_in(shared: &Shared, stranger: &Stranger, parts: &Parts) -> Self {
        // A link from a mail or a chat is followed without the cookie, because it is strict. The same page, asked for by
        // itself, has it.
        let from_elsewhere = parts.headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
        let navigates = parts.headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        let next = sign_in::Next::of_path(parts.uri.path());
        if from_elsewhere && navigates {
            return Self(Box::new((StatusCode::OK, layout::again(shared, &next)).into_response()));
        }
        Self::form(shared, stranger, &next, None, StatusCode::UNAUTHORIZED)
    }

    /// The sign-in form, with a message.
    pub fn form(
        shared: &Shared,
        stranger: &Stranger,
        next: &sign_in::Next,
        message: Option<&str>,
        status: StatusCode,
    ) -> Self {
        let visit = stranger.visit.clone().unwrap_or_else(|| shared.system.entropy.token());
        let page = sign_in::form(shared, &visit, next, message);
        let mut response = (status, page).into_response();
        cookies::set(&mut response, VISIT_COOKIE, &visit, VISIT);
        Self(Box::new(response))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = *self.0;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
