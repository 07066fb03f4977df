//! Signing a browser in with the company's account: authorisation code with PKCE, for which the broker is the client.
//!
//! `GET /web/sign-in/oidc` is the one GET of the page that may act, since the provider redirects there. It acts only with the
//! `state` of a sign-in in progress together with the cookie of the browser that began it, once. A scanner has neither.

use std::sync::Arc;

use axum::extract::RawQuery;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::response::IntoResponse;
use axum::response::Response;

use super::cookies;
use super::cookies::FLOW_COOKIE;
use super::cookies::SIGNED_IN;
use super::cookies::SIGNED_IN_COOKIE;
use super::forms::Fields;
use super::layout;
use super::refused::Refused;
use super::sign_in;
use super::sign_in::Next;
use super::visitor::Stranger;
use super::visitor::page;
use crate::broker::problem::Code;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::broker::signing_in::LIMIT;
use crate::broker::signing_in::Landed;

/// Begins a sign-in, and leads the browser on to the provider.
pub async fn begin(
    State(shared): State<Arc<Shared>>,
    stranger: Stranger,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let (_, next) = sign_in::check_form(&shared, &stranger, fields, "sign-in/oidc")?;
    let begun = async {
        let web = page(&shared)?;
        stranger.origin.count(&shared)?;
        if let Some(before) = cookies::read(&stranger.headers, FLOW_COOKIE) {
            web.provider_flows.forget(before);
        }
        let policy = shared.standing_alone().await.policy;
        let back = format!("{}{}/sign-in/oidc", web.site.origin, web.base);
        let by = stranger.origin.own_address(&shared);
        web.provider_flows.begin(&shared, &policy, (&back, next.field()), by).await
    };
    let begun = begun.await.map_err(|fault| Refused::not_signed_in(&shared, fault, &next))?;
    // `form-action` allows no redirect to another site, and listing the provider's origin would not help where the
    // provider redirects further. So the browser gets a page that leads on.
    let title = format!("On to {}", begun.host);
    let link = format!("Continue to {}", begun.host);
    let mut response = layout::onward(&shared, &title, &begun.address, &link).into_response();
    cookies::set(&mut response, FLOW_COOKIE, &begun.handle, LIMIT.seconds());
    Ok(response)
}

/// Takes the provider's answer, and signs the browser in.
pub async fn land(
    State(shared): State<Arc<Shared>>,
    method: Method,
    stranger: Stranger,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let landed = find(&shared, &method, &stranger, &query.unwrap_or_default());
    let Some(landed) = landed else {
        let refuse = |fault| Refused::not_signed_in(&shared, fault, &Next::Home);
        stranger.origin.count(&shared).map_err(refuse)?;
        return Err(refuse(Fault::new(
            Code::Forbidden,
            "this answer belongs to no sign-in that this browser has begun, or it was used, or ten minutes have passed",
        )
        .hint("if you are not signed in yet, sign in again")));
    };
    let next = Next::of_path(landed.next());
    let cookie = async {
        let policy = shared.standing_alone().await.policy;
        let (proved, client) = landed.prove(&shared, &policy).await?;
        sign_in::open_proved(&shared, stranger.origin, proved, client).await
    };
    match cookie.await {
        Ok(cookie) => {
            let mut response = layout::again(&shared, &next).into_response();
            cookies::set(&mut response, SIGNED_IN_COOKIE, &cookie, SIGNED_IN.seconds());
            cookies::set(&mut response, FLOW_COOKIE, "", 0);
            Ok(response)
        }
        Err(fault) => {
            tracing::info!(why = %fault.problem().1.detail, "a sign-in on the approval page failed");
            Err(Refused::not_signed_in(&shared, fault, &next).without(FLOW_COOKIE))
        }
    }
}

/// The sign-in that a call answers. `None` if it answers none: then it has changed nothing.
fn find(shared: &Shared, method: &Method, stranger: &Stranger, query: &str) -> Option<Landed> {
    // The router answers HEAD by the handler of GET.
    if *method != Method::GET || !is_visit(&stranger.headers) {
        return None;
    }
    let handle = cookies::read(&stranger.headers, FLOW_COOKIE)?;
    shared.web.as_ref()?.provider_flows.land(shared, handle, query)
}

/// Whether a browser says that its person goes to the page, or says nothing about it. A page of another site can embed the
/// address, and old browsers do not say so.
fn is_visit(headers: &HeaderMap) -> bool {
    let says = |name: &str, wanted: &str| headers.get(name).is_none_or(|value| value == wanted);
    says("sec-fetch-mode", "navigate") && says("sec-fetch-dest", "document")
}
