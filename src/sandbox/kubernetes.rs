//! The sandbox's side of a Kubernetes cluster: an API server that verifies our tokens and says who they are, as the
//! `AuthenticationConfiguration` that `jit setup trust` prints has it.
//!
//! Sources: Kubernetes' reference of `authentication.k8s.io/v1`, `k8s.io/apiserver` (`plugin/pkg/authenticator/token/oidc`,
//! `pkg/endpoints/handlers/responsewriters/errors.go`) and `k8s.io/kubernetes` (`pkg/registry/authentication/tokenreview`).

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use super::Sandbox;
use super::token::Claims;
use crate::grant::cloud::kubernetes::SYSTEM;
use crate::provider::kubernetes::trust::PREFIX;
use crate::provider::kubernetes::trust::domain;

/// The group and version of the API.
const VERSION: &str = "authentication.k8s.io/v1";

/// The audience of the API server itself (`--api-audiences`), which a review means if it names none.
pub const API_AUDIENCE: &str = "https://kubernetes.default.svc.cluster.local";

/// The user that a call without a token is.
const NOBODY: &str = "system:anonymous";

/// A role that the API server trusts.
#[derive(Debug, Clone)]
pub struct SandboxCluster {
    /// The audience of its tokens.
    pub audience: String,
    /// The subject of its tokens.
    pub subject: String,
    /// The groups that they may name.
    pub groups: Vec<String>,
    /// Whether its users may ask about other tokens (`TokenReview`): the cluster's role `system:auth-delegator` is bound to them.
    pub reviews_tokens: bool,
}

/// A user of the API server.
struct User {
    name: String,
    groups: Vec<String>,
    extra: Value,
    reviews_tokens: bool,
}

impl User {
    fn anonymous() -> Self {
        Self {
            name: NOBODY.to_owned(),
            groups: vec!["system:unauthenticated".to_owned()],
            extra: Value::Null,
            reviews_tokens: false,
        }
    }

    fn info(&self) -> Value {
        let mut info = json!({ "username": self.name, "groups": self.groups });
        if self.extra.is_object() {
            info["extra"] = self.extra.clone();
        }
        info
    }
}

/// A refusal, as the object of kind `Status` that the API server answers.
struct Refused {
    code: u16,
    reason: &'static str,
    message: String,
}

impl Refused {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into() }
    }

    /// The answer of the authentication. The API server says no more to a stranger.
    fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// The answer of the authorization.
    fn forbidden(user: &User, resource: &str) -> Self {
        let name = &user.name;
        let message = format!(
            "{resource}.authentication.k8s.io is forbidden: User \"{name}\" cannot create resource \"{resource}\" in API \
             group \"authentication.k8s.io\" at the cluster scope"
        );
        Self::new(403, "Forbidden", message)
    }

    fn object(&self) -> Value {
        json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        })
    }
}

impl Sandbox {
    /// Answers a call of the API server's authentication. `None` for a path that is not one of its own.
    pub(super) async fn act_as_cluster(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Option<Response> {
        let resource = path.strip_prefix("/apis/")?.strip_prefix(VERSION)?.strip_prefix('/')?;
        let outcome = self.review(method, resource, headers, body).await;
        let (status, object) = match outcome {
            Ok(object) => (201, object),
            Err(refused) => (refused.code, refused.object()),
        };
        Some(respond(status, &object, self.clock.now()))
    }

    async fn review(
        &self,
        method: &Method,
        resource: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Value, Refused> {
        let user = self.caller(headers).await?;
        match (method, resource) {
            (&Method::POST, "selfsubjectreviews") => self.who_am_i(&user, body),
            (&Method::POST, "tokenreviews") => self.whose_is(&user, body).await,
            (_, "selfsubjectreviews" | "tokenreviews") => {
                let message = "the server does not allow this method on the requested resource";
                Err(Refused::new(405, "MethodNotAllowed", message))
            }
            _ => Err(Refused::new(404, "NotFound", "the server could not find the requested resource")),
        }
    }

    /// The user of a call, by its token. A call without a token is anonymous. The server refuses a token that does not verify at once.
    async fn caller(&self, headers: &HeaderMap) -> Result<User, Refused> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(first) = values.next() else { return Ok(User::anonymous()) };
        let token = first.to_str().ok().and_then(|value| value.strip_prefix("Bearer "));
        let token = token.filter(|_| values.next().is_none()).ok_or_else(Refused::unauthorized)?;
        self.authenticate_token(token).await.map_err(|_| Refused::unauthorized())
    }

    /// The user whose token this is.
    ///
    /// # Errors
    /// In words: the token does not verify, or it is not one that the cluster trusts.
    async fn authenticate_token(&self, token: &str) -> Result<User, String> {
        let clusters = self.clusters();
        let audiences: Vec<&str> = clusters.iter().map(|cluster| cluster.audience.as_str()).collect();
        if audiences.is_empty() {
            return Err("invalid bearer token".to_owned());
        }
        let claims = self
            .verify_among(token, &audiences)
            .await
            .map_err(|fault| format!("oidc: {}", fault.message()))?;
        // The API server grants no tolerance for the end, and ignores the time of issue.
        if claims.expires() <= self.clock.now().as_second() {
            return Err("oidc: verify token: oidc: token is expired".to_owned());
        }
        let trusted = clusters
            .iter()
            .find(|cluster| cluster.audience == claims.aud && cluster.subject == claims.sub)
            .ok_or("oidc: error evaluating claim validation expression: the token is of another role than the cluster trusts")?;
        self.user_of(claims, trusted)
    }

    fn user_of(&self, claims: Claims, trusted: &SandboxCluster) -> Result<User, String> {
        let missing = |name: &str| format!("oidc: the claim {name} is missing");
        let person = claims.jit_person.ok_or_else(|| missing("jit_person"))?;
        let groups = claims.groups.and_then(|groups| serde_json::from_value::<Vec<String>>(groups).ok());
        let groups = groups.ok_or_else(|| missing("groups"))?;
        let (request, role) =
            claims.jit_request.zip(claims.jit_role).ok_or_else(|| missing("jit_request"))?;
        if !groups.iter().all(|group| trusted.groups.contains(group)) {
            return Err(
                "oidc: error evaluating claim validation expression: the token names groups that its role does not have"
                    .to_owned(),
            );
        }
        let name = format!("{PREFIX}{person}");
        let mut groups: Vec<String> = groups.iter().map(|group| format!("{PREFIX}{group}")).collect();
        if name.starts_with(SYSTEM) || groups.iter().any(|group| group.starts_with(SYSTEM)) {
            return Err("oidc: no token is a user of Kubernetes itself".to_owned());
        }
        groups.push("system:authenticated".to_owned());
        let domain = domain(&self.settings.issuer_url);
        let mut extra = json!({});
        extra[format!("{domain}/request")] = json!([request]);
        extra[format!("{domain}/role")] = json!([role]);
        Ok(User { name, groups, extra, reviews_tokens: trusted.reviews_tokens })
    }

    /// `SelfSubjectReview`: who the caller is. Everybody who is somebody may ask (`system:basic-user`).
    fn who_am_i(&self, user: &User, body: &[u8]) -> Result<Value, Refused> {
        if user.name == NOBODY {
            return Err(Refused::forbidden(user, "selfsubjectreviews"));
        }
        let _: Asked<Value> = read(body, "SelfSubjectReview")?;
        Ok(json!({
            "kind": "SelfSubjectReview", "apiVersion": VERSION,
            "metadata": { "creationTimestamp": seconds(self.clock.now()) },
            "status": { "userInfo": user.info() },
        }))
    }

    /// `TokenReview`: whose another token is. Only those may ask to whom the cluster's role for it is bound.
    async fn whose_is(&self, user: &User, body: &[u8]) -> Result<Value, Refused> {
        #[derive(Deserialize)]
        struct Spec {
            #[serde(default)]
            token: String,
            #[serde(default)]
            audiences: Vec<String>,
        }
        if !user.reviews_tokens {
            return Err(Refused::forbidden(user, "tokenreviews"));
        }
        let bad = |message: &str| Refused::new(400, "BadRequest", message);
        let asked: Asked<Spec> = read(body, "TokenReview")?;
        let spec = asked.spec.ok_or_else(|| bad("token is required for TokenReview in authentication"))?;
        if spec.token.is_empty() {
            return Err(bad("token is required for TokenReview in authentication"));
        }
        // The tokens of an issuer are for whatever the API server itself is for, and for nothing else.
        let is_for_server =
            spec.audiences.is_empty() || spec.audiences.iter().any(|audience| audience == API_AUDIENCE);
        let status = match self.authenticate_token(&spec.token).await {
            Ok(user) if is_for_server => {
                json!({ "authenticated": true, "user": user.info(), "audiences": [API_AUDIENCE] })
            }
            Ok(_) => json!({ "user": {} }),
            Err(error) => json!({ "user": {}, "error": format!("[invalid bearer token, {error}]") }),
        };
        Ok(json!({
            "kind": "TokenReview", "apiVersion": VERSION, "metadata": {},
            "spec": { "audiences": spec.audiences }, "status": status,
        }))
    }

    fn clusters(&self) -> Vec<SandboxCluster> {
        self.clusters.as_ref().map_or_else(Vec::new, |clusters| clusters())
    }
}

/// The object of a call.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<T> {
    api_version: String,
    kind: String,
    spec: Option<T>,
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8], kind: &str) -> Result<Asked<T>, Refused> {
    let asked = serde_json::from_slice::<Asked<T>>(body).ok();
    asked.filter(|asked| asked.api_version == VERSION && asked.kind == kind).ok_or_else(|| {
        Refused::new(
            400,
            "BadRequest",
            format!("the object provided is unrecognized: expected {VERSION}, Kind={kind}"),
        )
    })
}

fn seconds(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn respond(status: u16, object: &Value, now: Timestamp) -> Response {
    let mut response = Response::new(Body::from(object.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&now);
    if let Some(date) = date.ok().and_then(|date| HeaderValue::from_str(&date).ok()) {
        headers.insert(header::DATE, date);
    }
    response
}
