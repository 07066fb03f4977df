//! One file per route. Each parses its call, decides, appends and answers. Its errors become problems in
//! `broker/problem.rs`.
//!
//! May use what `broker` uses. Invariant: routes write only through the ledger.

mod cancel;
mod enrol;
mod events;
mod github_login;
mod health;
mod hook;
mod issuer;
mod keys;
mod leases;
mod login;
mod openapi;
mod page;
mod people;
mod receiving;
mod request_ask;
pub(super) mod request_list;
mod request_show;
pub(super) mod reviews;
mod revoke;
mod roles;
mod session;
mod workload;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header;
use axum::middleware;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::any;
use axum::routing::get;
use axum::routing::post;
use utoipa::OpenApi;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use login::SESSION;

use super::caller::MAX_BODY;
use super::metrics::measure;
use super::problem::Code;
use super::problem::Fault;
use super::shared::Shared;
use super::web;

/// The document's head. Each route adds its path.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "jit broker",
        description = "Just-in-time access: ask, approve, mint. Statements are canonical JSON (RFC 8785) signed as SSHSIG; errors are problems (RFC 9457).",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Sessions),
    servers((url = "/", description = "the broker's URL"))
)]
struct Document;

struct Sessions;

impl utoipa::Modify for Sessions {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        document.components.get_or_insert_default().add_security_scheme("session", scheme);
    }
}

fn table() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(issuer::discovery))
        .routes(routes!(issuer::key_set))
        .routes(routes!(login::challenge))
        .routes(routes!(login::login))
        .routes(routes!(enrol::ways))
        .routes(routes!(enrol::enrol))
        .routes(routes!(enrol::groups))
        .routes(routes!(workload::enter))
        .routes(routes!(github_login::start))
        .routes(routes!(github_login::poll))
        .routes(routes!(session::show, session::end))
        .routes(routes!(keys::list))
        .routes(routes!(keys::confirm))
        .routes(routes!(keys::drop))
        .routes(routes!(people::remove))
        .routes(routes!(roles::list))
        .routes(routes!(roles::show))
        .routes(routes!(request_ask::ask, request_list::list))
        .routes(routes!(request_show::show))
        .routes(routes!(reviews::review))
        .routes(routes!(leases::mint))
        .routes(routes!(cancel::end))
        .routes(routes!(revoke::revoke))
        .routes(routes!(events::list))
        .routes(routes!(hook::policy))
        .routes(routes!(page::issue, page::wait))
        .routes(routes!(page::answer))
        .routes(routes!(openapi::show))
}

/// The OpenAPI document, as the broker serves it and as `docs/openapi.json` stores it.
pub fn openapi() -> String {
    let (_, document) = table().split_for_parts();
    document.to_pretty_json().unwrap_or_default()
}

/// All routes. A call that matches no route gets a problem too.
pub fn router(shared: Arc<Shared>) -> Router {
    let (router, _) = table().split_for_parts();
    // The page has a router of its own: `/v1` ignores cookies, and `/web` ignores bearer tokens.
    let router = if shared.web.is_some() { router.nest("/web", web::router(&shared)) } else { router };
    router
        .route("/v1/hooks/events", post(receiving::events::take))
        .route("/scim/v2/ServiceProviderConfig", get(receiving::scim::config))
        .route("/scim/v2/ResourceTypes", get(receiving::scim::resource_types))
        .route("/scim/v2/ResourceTypes/{name}", get(receiving::scim::resource_type))
        .route("/scim/v2/Schemas", get(receiving::scim::schemas))
        .route("/scim/v2/Schemas/{id}", get(receiving::scim::schema))
        .route("/scim/v2/Groups", get(receiving::scim::groups).post(receiving::scim::no_group))
        .route("/scim/v2", any(receiving::scim::elsewhere))
        .route("/scim/v2/", any(receiving::scim::elsewhere))
        .route("/scim/v2/{*rest}", any(receiving::scim::elsewhere))
        .route("/scim/v2/Users", get(receiving::scim::list).post(receiving::scim::assign))
        .route("/scim/v2/Users/{id}", any(receiving::scim::one))
        .fallback(|| async { Fault::new(Code::NotFound, "this path does not exist") })
        .method_not_allowed_fallback(|| async {
            Fault::new(Code::MethodNotAllowed, "this path does not take that method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::map_response_with_state(Arc::clone(&shared), settle_headers))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), measure))
        .with_state(shared)
}

/// Marks answers as private to the caller and forbids content sniffing, unless a route sets its own headers.
async fn settle_headers(State(_): State<Arc<Shared>>, response: Response) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
