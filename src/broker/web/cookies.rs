//! The signed-in browsers: which cookie belongs to whom, and what let the browser in. In memory, and by the SHA-256 of the
//! cookie only.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::Response;
use jiff::Timestamp;

use crate::grant::Digest;
use crate::grant::Name;
use crate::grant::span::Span;

/// How long a browser stays signed in.
pub const SIGNED_IN: Span = Span::of_minutes(30);
/// The most browsers that one session or one login let in. A new one replaces the oldest.
const MOST_OF_ONE: usize = 5;

/// The cookie of a signed-in browser. The prefix makes browsers refuse it without `Secure`, with another path, or from
/// another host (RFC 6265bis, 4.1.3.2).
pub const SIGNED_IN_COOKIE: &str = "__Host-jit";
/// The cookie of a browser that is not signed in yet. It binds the sign-in form to the browser that got it.
pub const VISIT_COOKIE: &str = "__Host-jit-visit";

/// The cookie of a browser that went to the identity provider. It names the sign-in that this browser began, and gives no
/// right by itself.
///
/// It is `SameSite=Lax`, unlike the others: the provider's redirect is a navigation from another site, with
/// which browsers send no strict cookie. Only the landing route reads it, and only together with the `state`
/// of the same sign-in, once. Lax keeps it from forms and from whatever another site embeds; a link of
/// another site to the landing route carries it, and fails without the `state`.
pub const FLOW_COOKIE: &str = "__Host-jit-flow";
/// The cookie of a browser that shows a code of GitHub. It names the sign-in. Only forms of the page itself send it.
pub const DEVICE_COOKIE: &str = "__Host-jit-device";

/// The session or login that let a browser in. The browser's session ends with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// A session of `jit`, by the SHA-256 of its token.
    Session(Digest),
    /// A sign-in at the identity provider or on GitHub.
    Login {
        /// The person.
        person: Name,
        /// The login that was proved; see [`crate::audit::Evidence::login`].
        login: String,
        /// When it was proved.
        proved: Timestamp,
    },
}

impl Ground {
    /// Whether both are one session, or sign-ins of one login.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Session(one), Self::Session(other)) => one == other,
            (Self::Login { login: one, .. }, Self::Login { login: other, .. }) => one == other,
            _ => false,
        }
    }
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The session or login that let it in.
    pub ground: Ground,
    /// When the cookie expires.
    pub expires: Timestamp,
}

/// The signed-in browsers, by the SHA-256 of their cookies.
#[derive(Default)]
pub struct Cookies(Mutex<HashMap<Digest, SignedIn>>);

impl Cookies {
    fn held(&self) -> MutexGuard<'_, HashMap<Digest, SignedIn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs a browser in. Drops expired ones.
    pub fn sign_in(&self, cookie: Digest, browser: SignedIn, now: Timestamp) {
        let mut held = self.held();
        held.retain(|_, other| other.expires > now);
        let mut own: Vec<_> = held
            .iter()
            .filter(|(_, other)| other.ground.is_like(&browser.ground))
            .map(|(cookie, other)| (other.expires, *cookie))
            .collect();
        own.sort();
        for (_, oldest) in own.iter().rev().skip(MOST_OF_ONE - 1) {
            held.remove(oldest);
        }
        held.insert(cookie, browser);
    }

    /// The browser with this cookie. `None` if there is none or it has expired.
    pub fn find(&self, cookie: &Digest, now: Timestamp) -> Option<SignedIn> {
        self.held().get(cookie).cloned().filter(|browser| browser.expires > now)
    }

    /// Signs a browser out.
    pub fn sign_out(&self, cookie: &Digest) {
        self.held().remove(cookie);
    }
}

/// The value of a cookie. `None` if it is absent, given twice, or not of the form of our tokens.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(other, _)| *other == name).map(|(_, value)| value);
    let value = found.next()?;
    let fits =
        value.len() == 43 && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (fits && found.next().is_none()).then_some(value)
}

/// Sets a cookie for this many seconds. Zero deletes it.
pub fn set(response: &mut Response, name: &str, value: &str, seconds: u64) {
    let site = if name == FLOW_COOKIE { "Lax" } else { "Strict" };
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite={site}");
    if let Ok(text) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, text);
    }
}
