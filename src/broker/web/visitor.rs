//! The browser that opens the page: a signed-in browser, or one that still has to sign in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::Web;
use super::cookies;
use super::cookies::SIGNED_IN_COOKIE;
use super::cookies::VISIT_COOKIE;
use super::forms::check_origin;
use super::refused::Refused;
use crate::broker::caller::Caller;
use crate::broker::caller::Origin;
use crate::broker::places::Work;
use crate::broker::problem::Fault;
use crate::broker::shared::Shared;
use crate::grant::Digest;

/// The page's state. The router is only mounted where there is one.
///
/// # Errors
/// There is none.
pub fn page(shared: &Shared) -> Result<&Web, Fault> {
    shared.web.as_ref().ok_or_else(Fault::not_found)
}

/// A signed-in browser. Any method but GET and HEAD must come from the page itself.
pub struct Visitor {
    /// The person, as the routes of `/v1` know a caller.
    pub caller: Caller,
    /// When the cookie expires.
    pub expires: Timestamp,
    cookie: String,
}

impl Visitor {
    /// The token of this browser's form with this action.
    pub fn token(&self, web: &Web, action: &str) -> String {
        web.form_key.token(&self.cookie, action)
    }

    /// Refuses a form that is not this browser's for this action.
    ///
    /// # Errors
    /// See [`super::forms::FormKey::check`].
    pub fn check_token(&self, web: &Web, action: &str, token: &str) -> Result<(), Fault> {
        web.form_key.check(&self.cookie, action, token)
    }

    /// The SHA-256 of the cookie.
    pub fn cookie(&self) -> Digest {
        Digest::of(self.cookie.as_bytes())
    }
}

impl FromRequestParts<Arc<Shared>> for Visitor {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Refused> {
        let stranger = Stranger::of(parts, shared).map_err(|fault| Refused::page(shared, None, fault))?;
        match signed_in(parts, shared, stranger.origin).await {
            Ok(visitor) => Ok(visitor),
            Err(None) => {
                stranger.origin.count(shared).map_err(|fault| Refused::page(shared, None, fault))?;
                Err(Refused::sign_in(shared, &stranger, parts))
            }
            Err(Some(fault)) => Err(Refused::page(shared, None, fault)),
        }
    }
}

/// The signed-in browser that sends a call. `None` as the error if it is not signed in.
async fn signed_in(parts: &Parts, shared: &Shared, origin: Origin) -> Result<Visitor, Option<Fault>> {
    let web = page(shared).map_err(Some)?;
    let cookie = cookies::read(&parts.headers, SIGNED_IN_COOKIE).ok_or(None)?;
    let digest = Digest::of(cookie.as_bytes());
    let found = web.cookies.find(&digest, shared.now()).ok_or(None)?;
    let working = parts.extensions.get::<Work>().map(Work::begin);
    let caller = match Caller::of_page(shared, &found.session, origin, working).await {
        Ok(caller) => caller,
        Err(fault) if fault.problem().0.as_u16() == 401 => {
            web.cookies.sign_out(&digest);
            return Err(None);
        }
        Err(fault) => return Err(Some(fault)),
    };
    Ok(Visitor { caller, expires: found.expires, cookie: cookie.to_owned() })
}

/// A browser, signed in or not. Any method but GET and HEAD must come from the page itself.
pub struct Stranger {
    /// Its address.
    pub origin: Origin,
    /// The cookie that binds the sign-in form to it, if it has one.
    pub visit: Option<String>,
    /// Its headers.
    pub headers: HeaderMap,
}

impl Stranger {
    fn of(parts: &Parts, shared: &Shared) -> Result<Self, Fault> {
        let web = page(shared)?;
        let origin = Origin::find(parts, shared)?;
        if !matches!(parts.method, Method::GET | Method::HEAD)
            && let Err(fault) = check_origin(&parts.headers, &web.site.origin)
        {
            origin.count(shared)?;
            return Err(fault);
        }
        let visit = cookies::read(&parts.headers, VISIT_COOKIE).map(str::to_owned);
        Ok(Self { origin, visit, headers: parts.headers.clone() })
    }
}

impl FromRequestParts<Arc<Shared>> for Stranger {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Refused> {
        Self::of(parts, shared).map_err(|fault| Refused::page(shared, None, fault))
    }
}
