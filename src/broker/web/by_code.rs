//! Signing a browser in with a one-time code of a terminal.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;

use super::Phase;
use super::browser::Browser;
use super::codes::Issued;
use super::cookies;
use super::cookies::Ground;
use super::cookies::SIGNED_IN;
use super::cookies::SIGNED_IN_COOKIE;
use super::forms::Fields;
use super::refused::Refused;
use super::sign_in;
use super::sign_in::Entry;
use super::sign_in::to;
use super::visitor::Stranger;
use super::visitor::page;
use super::visitor::person_of;
use crate::audit::LetIn;
use crate::broker::caller::too_many;
use crate::broker::caller::unauthenticated;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;

/// How long a browser waits for the answer at the terminal. Proxies commonly cut off after 60 s.
const PATIENCE: Duration = Duration::from_secs(55);

/// Enters a code, waits for the answer at the terminal, and signs the browser in.
pub async fn enter(
    State(shared): State<Arc<Shared>>,
    stranger: Stranger,
    fields: Result<Fields, Fault>,
) -> Result<Response, Refused> {
    let refuse = |fault: Fault| Refused::page(&shared, None, fault);
    let web = page(&shared).map_err(refuse)?;
    let (fields, next) = sign_in::check_form(&shared, &stranger, fields, "sign-in")?;
    let again = |message: &str| sign_in::again(&shared, &stranger, &next, message);
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
    let cookie = open(&shared, &stranger, &issued).await.map_err(refuse)?;
    let mut response = to(&next.href(&web.base));
    cookies::set(&mut response, SIGNED_IN_COOKIE, &cookie, SIGNED_IN.seconds());
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
async fn open(shared: &Arc<Shared>, stranger: &Stranger, issued: &Issued) -> Result<String, Fault> {
    let ground = Ground::Session(issued.session);
    let person = person_of(shared, &ground).await?;
    let session = shared.session(&issued.session).ok_or_else(unauthenticated)?;
    let way = LetIn::Session { session: issued.session };
    sign_in::open(shared, stranger.origin, Entry { person, way, ground, until: Some(session.expires) }).await
}
