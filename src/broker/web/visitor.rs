//! The browser that opens the page: a signed-in browser, or one that still has to sign in.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::request::Parts;
use jiff::Timestamp;

use super::Web;
use super::cookies;
use super::cookies::Ground;
use super::cookies::SIGNED_IN_COOKIE;
use super::cookies::VISIT_COOKIE;
use super::forms::check_origin;
use super::refused::Refused;
use crate::broker::caller::Actor;
use crate::broker::caller::Origin;
use crate::broker::caller::still_fits;
use crate::broker::caller::too_many;
use crate::broker::caller::unauthenticated;
use crate::broker::places::Work;
use crate::broker::places::Working;
use crate::broker::problem::Fault;
use crate::broker::roster::enrolled;
use crate::broker::shared::Shared;
use crate::grant::Digest;
use crate::grant::Name;

/// The page's state. The router is only mounted where there is one.
///
/// # Errors
/// There is none.
pub fn page(shared: &Shared) -> Result<&Web, Fault> {
    shared.web.as_ref().ok_or_else(Fault::not_found)
}

/// A signed-in browser. Any method but GET and HEAD must come from the page itself.
pub struct Visitor {
    /// The person.
    pub person: Name,
    /// The source of the call.
    pub origin: Origin,
    /// When the cookie expires.
    pub expires: Timestamp,
    /// Whether a sign-in at the provider or on GitHub let the browser in, and not a terminal.
    pub by_login: bool,
    cookie: String,
    /// Protects the connection from displacement until the call is answered.
    _working: Option<Working>,
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

    /// The visitor as the one who acts.
    pub fn actor(&self) -> Actor<'_> {
        Actor { person: &self.person, origin: self.origin }
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
    let person = match person_of(shared, &found.ground).await {
        Ok(person) => person,
        Err(fault) if fault.problem().0.as_u16() == 401 => {
            web.cookies.sign_out(&digest);
            return Err(None);
        }
        Err(fault) => return Err(Some(fault)),
    };
    shared.limiters.person.take(person.clone(), shared.clock()).map_err(|seconds| Some(too_many(seconds)))?;
    Ok(Visitor {
        person,
        origin,
        expires: found.expires,
        by_login: matches!(found.ground, Ground::Login { .. }),
        cookie: cookie.to_owned(),
        _working: working,
    })
}

/// The person of what let a browser in, as long as it counts.
///
/// # Errors
/// The session ended, the person left, or the policy in force no longer takes them by this login.
pub async fn person_of(shared: &Shared, ground: &Ground) -> Result<Name, Fault> {
    match ground {
        Ground::Session(token) => {
            let session = shared.session(token).ok_or_else(unauthenticated)?;
            still_fits(shared, &session).await?;
            Ok(session.person)
        }
        Ground::Login { person, login, proved } => {
            let policy = shared.standing_alone().await.policy;
            let known = {
                let index = shared.ledger.index();
                // An event that ends a person's sessions and keys ends their browsers too.
                let is_over = index.cut(login, person).is_some_and(|cut| *proved <= cut);
                index.login(login).filter(|_| !is_over).map(enrolled)
            };
            let now = known.and_then(|known| policy.person_of_sign_in(&known));
            now.map(|now| now.name).filter(|name| name == person).ok_or_else(unauthenticated)
        }
    }
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
