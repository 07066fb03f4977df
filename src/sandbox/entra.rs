//! The sandbox's side of Microsoft Entra: the sign-in of an application by a federated credential, verifying as Microsoft
//! describes it.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use serde_json::Value;
use serde_json::json;

use super::Sandbox;

/// The audience of tokens that sign in.
const AUDIENCE: &str = "sandbox.jit/entra";

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The largest accepted difference of a token's times, either way, in seconds.
const TOLERANCE: i64 = 300;

/// The life of an access token where nothing else is set, in seconds: between Entra's 60 and 90 minutes.
const LIFE: i64 = 4500;

/// An application of the sandbox, and one federated credential of it. Several credentials of one application are several of these.
#[derive(Debug, Clone)]
pub struct SandboxApp {
    /// The tenant in which it is.
    pub tenant: String,
    /// Its id.
    pub client_id: String,
    /// The subject of the federated credential. `None` if there is none.
    pub subject: Option<String>,
    /// The resources that the tenant knows.
    pub audiences: Vec<String>,
    /// The life of its access tokens, in seconds.
    pub life: i64,
}

impl SandboxApp {
    /// An application that this subject signs in as, for these resources.
    pub fn for_subject(
        (tenant, client_id): (impl Into<String>, impl Into<String>),
        audiences: &[String],
        subject: impl Into<String>,
    ) -> Self {
        Self {
            tenant: tenant.into(),
            client_id: client_id.into(),
            subject: Some(subject.into()),
            audiences: audiences.to_vec(),
            life: LIFE,
        }
    }
}

/// A refusal: OAuth's word, Entra's number, and its text.
struct Refused(&'static str, u64, &'static str);

impl Refused {
    /// The status that goes with the word (RFC 6749 §5.2).
    fn status(&self) -> u16 {
        if self.0 == "invalid_client" || self.0 == "unauthorized_client" { 401 } else { 400 }
    }
}

impl Sandbox {
    /// Answers a sign-in. `None` for a path that is none of Entra's.
    pub(super) async fn act_as_entra(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Response> {
        let tenant = path.strip_prefix('/')?.strip_suffix("/oauth2/v2.0/token")?;
        let now = self.clock.now();
        let (status, body) = match self.sign_in(tenant, headers, body).await {
            Ok(body) => (200, body),
            Err(refused) => (refused.status(), self.refusal(&refused, now)),
        };
        Some(respond(status, &body, now))
    }

    async fn sign_in(&self, tenant: &str, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
        let form = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if form.is_none_or(|kind| !kind.starts_with("application/x-www-form-urlencoded")) {
            return Err(Refused("invalid_request", 900_144, "The request body must be a form."));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if fields.insert(name.to_string(), value.to_string()).is_some() {
                return Err(Refused("invalid_request", 900_144, "A parameter is duplicated."));
            }
        }
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        if field("grant_type") != "client_credentials" {
            return Err(Refused(
                "unsupported_grant_type",
                70003,
                "The app requested an unsupported grant type.",
            ));
        }
        let apps = self.apps();
        if !apps.iter().any(|app| app.tenant == tenant) {
            return Err(Refused("invalid_request", 90002, "Tenant not found."));
        }
        let app: Vec<&SandboxApp> =
            apps.iter().filter(|app| app.tenant == tenant && app.client_id == field("client_id")).collect();
        if app.is_empty() {
            return Err(Refused(
                "unauthorized_client",
                700_016,
                "Application was not found in the directory.",
            ));
        }
        if field("client_assertion_type") != JWT_BEARER || field("client_assertion").is_empty() {
            return Err(Refused(
                "invalid_request",
                7_000_216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            ));
        }
        let signed_in = self.verify(&app, field("client_assertion")).await?;
        let audience =
            field("scope").strip_suffix("/.default").filter(|name| !name.contains(' ')).ok_or(Refused(
                "invalid_scope",
                1_002_012,
                "Client credential flows must have a scope value with /.default suffixed.",
            ))?;
        // A token is of the application, by whichever credential it was got.
        if !app.iter().any(|app| app.audiences.iter().any(|known| known == audience)) {
            return Err(Refused(
                "invalid_resource",
                500_011,
                "The resource principal was not found in the tenant.",
            ));
        }
        Ok(json!({
            "token_type": "Bearer",
            "expires_in": signed_in.life,
            "ext_expires_in": signed_in.life,
            "access_token": self.access_token(signed_in, audience),
        }))
    }

    /// Looks for the federated credential of an application first, and verifies then, as the numbers of Entra's errors tell.
    async fn verify<'a>(&self, app: &[&'a SandboxApp], token: &str) -> Result<&'a SandboxApp, Refused> {
        let malformed = || Refused("invalid_request", 50027, "JWT token is invalid or malformed.");
        let payload = token.split('.').nth(1).ok_or_else(malformed)?;
        let payload = BASE64URL_NOPAD.decode(payload.as_bytes()).map_err(|_| malformed())?;
        let said: Value = serde_json::from_slice(&payload).map_err(|_| malformed())?;
        let missing = |code, text| Refused("invalid_client", code, text);
        if app.iter().all(|app| app.subject.is_none()) {
            return Err(missing(
                70021,
                "No matching federated identity record found for presented assertion.",
            ));
        }
        if said["iss"] != self.settings.issuer_url.as_str() {
            return Err(missing(
                700_211,
                "No matching federated identity record found for presented assertion issuer.",
            ));
        }
        let is_of = |app: &&&'a SandboxApp| {
            app.subject.as_deref().is_some_and(|subject| said["sub"].as_str() == Some(subject))
        };
        let Some(app) = app.iter().find(is_of).copied() else {
            return Err(missing(
                700_213,
                "No matching federated identity record found for presented assertion subject.",
            ));
        };
        if said["aud"] != AUDIENCE {
            return Err(missing(
                700_212,
                "No matching federated identity record found for presented assertion audience.",
            ));
        }
        let now = self.clock.now().as_second();
        let time = |name: &str| said[name].as_i64();
        let (Some(issued), Some(end)) = (time("iat"), time("exp")) else { return Err(malformed()) };
        let begins = time("nbf").unwrap_or(issued).max(issued);
        if begins > now + TOLERANCE || end + TOLERANCE <= now {
            return Err(missing(700_024, "Client assertion is not within its valid time range."));
        }
        let verified = self.verify_for(token, AUDIENCE).await;
        match verified {
            Ok(claims) if Some(&claims.sub) == app.subject.as_ref() => Ok(app),
            Ok(_) => Err(malformed()),
            Err(fault) if fault.message().contains("could not be fetched") => {
                Err(Refused("invalid_request", 90061, "Request to External OIDC endpoint failed."))
            }
            Err(_) => Err(missing(700_027, "Client assertion failed signature validation.")),
        }
    }

    /// A token in the form of Entra's, version 1. Nobody verifies it here: the sandbox has no resources, so its signature
    /// is a random text.
    fn access_token(&self, app: &SandboxApp, audience: &str) -> String {
        let now = self.clock.now().as_second();
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let header = part(&json!({ "typ": "JWT", "alg": "RS256", "kid": "sandbox" }));
        let claims = part(&json!({
            "aud": audience,
            "iss": format!("https://sts.windows.net/{}/", app.tenant),
            "iat": now,
            "nbf": now,
            "exp": now + app.life,
            "appid": app.client_id,
            "idtyp": "app",
            "tid": app.tenant,
            "ver": "1.0",
        }));
        format!("{header}.{claims}.{}", self.entropy.token())
    }

    fn refusal(&self, refused: &Refused, now: Timestamp) -> Value {
        let Refused(error, code, text) = refused;
        let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let (trace, correlation) = (self.trace_id(), self.trace_id());
        json!({
            "error": error,
            "error_description": format!("AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"),
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        })
    }

    /// An id for support, in the form of a GUID.
    fn trace_id(&self) -> String {
        let mut id = [0; 16];
        self.entropy.fill(&mut id);
        let hex = data_encoding::HEXLOWER.encode(&id);
        [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
    }

    fn apps(&self) -> Vec<SandboxApp> {
        self.apps.as_ref().map_or_else(Vec::new, |apps| apps())
    }
}

fn respond(status: u16, body: &Value, now: Timestamp) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    response
}
