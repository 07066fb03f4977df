//! The sandbox's side of Google Cloud: STS, IAM Credentials, and `tokeninfo`, each verifying as Google describes it.

use std::collections::BTreeMap;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use jiff::SignedDuration;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Sandbox;
use crate::grant::Digest;
use crate::grant::cloud::gcp_scope::Boundary;

/// The longest life of an access token, in seconds.
const MAX_LIFE: i64 = 3600;

/// The longest `google.subject`, in bytes (Workload Identity Federation, "Attribute mappings").
const LONGEST_SUBJECT: usize = 127;

/// How long an expired token is remembered, in seconds.
const REMEMBERED: i64 = 24 * 3600;

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
const EMAIL_SCOPE: &str = "https://www.googleapis.com/auth/userinfo.email";

/// A service account of the sandbox, and one subject that may act as it. Several subjects of one account are several of these.
#[derive(Debug, Clone)]
pub struct SandboxAccount {
    /// Its address.
    pub email: String,
    /// The provider by which its subject comes: `projects/N/locations/global/workloadIdentityPools/P/providers/Q`.
    pub provider: String,
    /// The token's subject, which the provider's condition takes (`assertion.sub`).
    pub subject: String,
    /// The subject that the provider's mapping makes of it (`google.subject`), and that may act as the account.
    pub principal: String,
    /// The longest life of its tokens, in seconds.
    pub max_life: i64,
}

impl SandboxAccount {
    /// An account that this subject may act as, for an hour at most.
    pub fn for_subject(
        email: impl Into<String>,
        provider: impl Into<String>,
        subject: impl Into<String>,
    ) -> Self {
        let subject = subject.into();
        let principal = subject.clone();
        Self { email: email.into(), provider: provider.into(), subject, principal, max_life: MAX_LIFE }
    }
}

/// What a token is. Only its digest is kept.
#[derive(Debug, Clone)]
pub struct GoogleToken {
    holder: Holder,
    expires: Timestamp,
}

#[derive(Debug, Clone)]
enum Holder {
    Federated { subject: String, provider: String },
    Account { email: String, scopes: Vec<String>, bounded: bool },
}

/// A refusal, in the words of one of the services.
struct Refused {
    status: u16,
    body: Value,
}

impl Refused {
    /// OAuth's form (RFC 6749 §5.2): STS and `tokeninfo`.
    fn oauth(error: &str, description: &str) -> Self {
        Self { status: 400, body: json!({ "error": error, "error_description": description }) }
    }

    /// The form of Google's other services (google.rpc.Status).
    fn status(code: u16, status: &str, message: &str) -> Self {
        let error = json!({ "code": code, "status": status, "message": message });
        Self { status: code, body: json!({ "error": error }) }
    }
}

impl Sandbox {
    /// Answers a call of one of the services. `None` for a path that is none of theirs.
    pub(super) async fn act_as_google(
        &self,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Response> {
        let account = path
            .strip_prefix("/v1/projects/-/serviceAccounts/")
            .and_then(|rest| rest.strip_suffix(":generateAccessToken"));
        let outcome = match (path, account) {
            ("/v1/token", _) => self.exchange(headers, body).await,
            ("/tokeninfo", _) => self.token_info(headers),
            (_, Some(email)) => self.generate(email, headers, body),
            _ => return None,
        };
        let (status, body) = match outcome {
            Ok(body) => (200, body),
            Err(refused) => (refused.status, refused.body),
        };
        Some(respond(status, &body, self.clock.now()))
    }

    async fn exchange(&self, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
        let invalid = |what: &str| Refused::oauth("invalid_request", what);
        if headers.contains_key(header::AUTHORIZATION) {
            return Err(invalid("An Authorization header is not expected."));
        }
        let mut fields = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            if fields.insert(name.to_string(), value.to_string()).is_some() {
                return Err(invalid("A field is repeated."));
            }
        }
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        if field("grant_type") != TOKEN_EXCHANGE || field("requested_token_type") != ACCESS_TOKEN {
            return Err(Refused::oauth("unsupported_grant_type", "Only token exchange is known."));
        }
        match field("subject_token_type") {
            JWT => self.federate(field("audience"), field("scope"), field("subject_token")).await,
            ACCESS_TOKEN => self.narrow(field("subject_token"), field("options")),
            _ => Err(invalid("Invalid value for \"subject_token_type\".")),
        }
    }

    async fn federate(&self, audience: &str, scope: &str, token: &str) -> Result<Value, Refused> {
        let accounts = self.accounts();
        let provider = audience.strip_prefix("//iam.googleapis.com/").unwrap_or_default();
        if !accounts.iter().any(|account| account.provider == provider) {
            return Err(Refused::oauth(
                "invalid_target",
                "The target service indicated by the \"audience\" parameters is invalid.",
            ));
        }
        if scope.is_empty() {
            return Err(Refused::oauth("invalid_scope", "\"scope\" is required."));
        }
        let claims = self
            .verify_for(token, &format!("sandbox.jit/{provider}"))
            .await
            .map_err(|fault| Refused::oauth("invalid_grant", fault.message()))?;
        // No leeway for a time of issue in the future is documented.
        let now = self.clock.now();
        if claims.issued() > now.as_second() || claims.expires() <= now.as_second() {
            return Err(Refused::oauth(
                "invalid_grant",
                "The ID Token is stale to sign-in, or not yet valid.",
            ));
        }
        let mut taken =
            accounts.iter().filter(|account| account.provider == provider && account.subject == claims.sub);
        let Some(account) = taken.next() else {
            return Err(Refused::oauth(
                "unauthorized_client",
                "The given credential is rejected by the attribute condition.",
            ));
        };
        if account.principal.len() > LONGEST_SUBJECT {
            return Err(Refused::oauth(
                "invalid_request",
                "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either modify your attribute mapping or the \
                 incoming assertion to produce a mapped attribute that is less than 127 bytes.",
            ));
        }
        let holder = Holder::Federated { subject: account.principal.clone(), provider: provider.to_owned() };
        Ok(exchanged(&self.keep(holder, now + SignedDuration::from_secs(MAX_LIFE)), MAX_LIFE - 1))
    }

    fn narrow(&self, token: &str, options: &str) -> Result<Value, Refused> {
        let invalid = |what: &str| Refused::oauth("invalid_request", what);
        let known = self.token(token).ok_or_else(|| Refused::oauth("invalid_grant", "Invalid token."))?;
        let Holder::Account { email, scopes, bounded: false } = known.holder else {
            return Err(invalid("A boundary applies once, to the token of a service account."));
        };
        let options = percent_decode_str(options).decode_utf8_lossy();
        let boundary =
            serde_json::from_str::<Value>(&options).ok().filter(|value| value["accessBoundary"].is_object());
        if boundary.is_none() || Boundary::parse(&options, str::to_owned).is_err() {
            return Err(invalid("Invalid access boundary."));
        }
        let left = known.expires.duration_since(self.clock.now()).as_secs();
        let holder = Holder::Account { email, scopes, bounded: true };
        Ok(exchanged(&self.keep(holder, known.expires), left))
    }

    fn generate(&self, email: &str, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refused> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Order {
            scope: Vec<String>,
            lifetime: Option<String>,
            // Google's own library sends null, which JSON of protocol buffers takes for an absent member.
            delegates: Option<Vec<String>>,
        }
        let invalid = |what: &str| Refused::status(400, "INVALID_ARGUMENT", what);
        let denied = || {
            Refused::status(
                403,
                "PERMISSION_DENIED",
                "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
            )
        };
        let caller = self.bearer(headers).ok_or_else(|| {
            Refused::status(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
        })?;
        let Holder::Federated { subject, provider } = caller.holder else { return Err(denied()) };
        let accounts = self.accounts();
        let account = accounts
            .iter()
            .find(|account| {
                account.email == email && account.principal == subject && account.provider == provider
            })
            .ok_or_else(denied)?;
        let order: Order =
            serde_json::from_slice(body).map_err(|_| invalid("Invalid JSON payload received."))?;
        if order.scope.is_empty() || order.delegates.is_some_and(|delegates| !delegates.is_empty()) {
            return Err(invalid("At least one scope is required, and the sandbox knows no delegates."));
        }
        let life = match &order.lifetime {
            None => MAX_LIFE,
            Some(text) => text
                .strip_suffix('s')
                .and_then(|seconds| seconds.parse::<i64>().ok())
                .ok_or_else(|| invalid("Invalid value at 'lifetime'."))?,
        };
        if !(1..=account.max_life).contains(&life) {
            return Err(invalid(
                "The lifetime is larger than constraints/iam.allowServiceAccountCredentialLifetimeExtension allows.",
            ));
        }
        let expires = self.clock.now() + SignedDuration::from_secs(life);
        let holder = Holder::Account { email: email.to_owned(), scopes: order.scope, bounded: false };
        let time = expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Ok(json!({ "accessToken": self.keep(holder, expires), "expireTime": time }))
    }

    fn token_info(&self, headers: &HeaderMap) -> Result<Value, Refused> {
        let invalid = || Refused::oauth("invalid_token", "Invalid Value");
        let token = self.bearer(headers).ok_or_else(invalid)?;
        let Holder::Account { email, scopes, bounded: false } = token.holder else { return Err(invalid()) };
        let left = token.expires.duration_since(self.clock.now()).as_secs();
        let mut told = json!({
            "azp": "100000000000000000001",
            "aud": "100000000000000000001",
            "scope": scopes.join(" "),
            "exp": token.expires.as_second().to_string(),
            "expires_in": left.to_string(),
            "access_type": "online",
        });
        if scopes.iter().any(|scope| scope == EMAIL_SCOPE) {
            told["email"] = email.into();
            told["email_verified"] = "true".into();
        }
        Ok(told)
    }

    /// The token that a call shows, if it has not expired.
    fn bearer(&self, headers: &HeaderMap) -> Option<GoogleToken> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let (first, None) = (values.next()?, values.next()) else { return None };
        self.token(first.to_str().ok()?.strip_prefix("Bearer ")?)
    }

    fn token(&self, token: &str) -> Option<GoogleToken> {
        let found = self.google_tokens().get(&Digest::of(token.as_bytes())).cloned();
        found.filter(|found| found.expires > self.clock.now())
    }

    fn keep(&self, holder: Holder, expires: Timestamp) -> String {
        let token = format!("ya29.sandbox.{}", self.entropy.token());
        let now = self.clock.now();
        let mut tokens = self.google_tokens();
        tokens.retain(|_, token| now.duration_since(token.expires).as_secs() < REMEMBERED);
        tokens.insert(Digest::of(token.as_bytes()), GoogleToken { holder, expires });
        token
    }

    fn google_tokens(&self) -> MutexGuard<'_, BTreeMap<Digest, GoogleToken>> {
        self.google_tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accounts(&self) -> Vec<SandboxAccount> {
        self.accounts.as_ref().map_or_else(Vec::new, |accounts| accounts())
    }
}

fn exchanged(token: &str, left: i64) -> Value {
    json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": left,
    })
}

fn respond(status: u16, body: &Value, now: Timestamp) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    response
}
