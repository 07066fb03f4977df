//! The approval page under `/web`, off unless the operator turns it on. Rendered on the server, readable without JavaScript.
//!
//! It has its own router and extractors: it accepts a cookie and no bearer token, and `/v1` the reverse. The
//! cookie reads and denies; each approval is a fresh passkey signature and goes through
//! `routes::reviews::take` like any other. Invariant: each POST needs the broker's own Origin and its form's
//! token, and nothing acts on GET but the provider's redirect in the browser that began the sign-in
//! (`by_provider.rs`).

mod assets;
mod browser;
mod by_code;
mod by_github;
mod by_provider;
mod codes;
mod cookies;
mod deciding;
mod deny;
mod forms;
mod layout;
mod list;
mod passkeys;
mod refused;
mod request;
mod review;
mod sign_in;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::header;
use axum::middleware;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use url::Url;

use super::problem::Code;
use super::problem::Fault;
use super::shared::Shared;
use super::signing_in::BrowserFlows;
use crate::identity::passkey::Site;
use crate::system::Entropy;
pub use codes::Codes;
pub use codes::Phase;
use cookies::Cookies;
use forms::FormKey;
use refused::Refused;

/// The state of the page. All of it is in memory: a restart signs every browser out.
pub struct Web {
    /// The host and origin that passkeys are made for.
    pub site: Site,
    /// The path under which people reach the page: the issuer's own path, and `/web`.
    pub base: String,
    /// The signed-in browsers.
    pub cookies: Cookies,
    /// The one-time codes.
    pub codes: Codes,
    /// The sign-ins at the identity provider in progress.
    pub provider_flows: BrowserFlows,
    form_key: FormKey,
}

impl Web {
    /// The page of a broker at this address. `None` if the address has no host name, so that no passkey fits it.
    pub fn open(issuer: &str, entropy: &dyn Entropy) -> Option<Self> {
        let site = Site::of(issuer)?;
        let url = Url::parse(issuer).ok()?;
        Some(Self {
            site,
            base: format!("{}/web", url.path().trim_end_matches('/')),
            cookies: Cookies::default(),
            codes: Codes::default(),
            provider_flows: BrowserFlows::default(),
            form_key: FormKey::new(&entropy.seed()),
        })
    }
}

/// Lets the page run our one script and style, send forms to itself, and be in nobody's frame.
const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The headers of every answer. `same-origin` rather than `no-referrer`: with the latter, browsers send `Origin: null` with
/// our own forms (Fetch, "append a request Origin header"), and a foreign form could not be told from ours.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    ),
];

/// The routes, relative to `/web`. A call that matches none gets a page too.
pub fn router(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let lost = |shared: &Arc<Shared>, fault: fn() -> Fault| {
        let shared = Arc::clone(shared);
        move || async move { Refused::page(&shared, None, fault()) }
    };
    Router::new()
        .route("/", get(list::show))
        .route("/r/{id}", get(request::show))
        .route("/r/{id}/deny", post(deny::deny))
        .route("/r/{id}/review", post(review::review))
        .route("/passkey", get(passkeys::show).post(passkeys::register))
        .route("/passkey/challenge", post(passkeys::challenge))
        .route("/sign-in", post(by_code::enter))
        .route("/sign-in/oidc", get(by_provider::land).post(by_provider::begin))
        .route("/sign-in/github", post(by_github::begin))
        .route("/sign-in/github/continue", post(by_github::proceed))
        .route("/sign-out", post(sign_in::leave))
        .route(assets::SCRIPT_ROUTE, get(assets::script))
        .route(assets::STYLE_ROUTE, get(assets::style))
        .fallback(lost(shared, Fault::not_found))
        .method_not_allowed_fallback(lost(shared, || {
            Fault::new(Code::MethodNotAllowed, "this path does not take that method")
        }))
        .layer(middleware::map_response(harden))
}

async fn harden(mut response: Response) -> Response {
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
