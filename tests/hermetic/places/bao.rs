//! A server in this process that answers as OpenBao 2.7 does, with the rules of its tokens. Tests break it on purpose.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use data_encoding::BASE64URL_NOPAD;
use jit::system::fake::Host;
use jit::system::http::HttpError;
use jit::system::http::Request;
use jit::system::http::Response;
use serde_json::Value;
use serde_json::json;

pub const ADDRESS: &str = "https://vault.example.com";

/// The server's record of a token.
#[derive(Debug, Clone)]
pub struct Token {
    pub policies: Vec<String>,
    pub meta: Value,
    pub display_name: String,
    pub parent: Option<String>,
    pub ttl: i64,
    pub renewable: bool,
}

/// The server.
pub struct Bao {
    pub tokens: Mutex<BTreeMap<String, Token>>,
    /// The claims of every JWT that signed in.
    pub claims: Mutex<Vec<Value>>,
    /// The role whose token a sign-in gives.
    pub role: Mutex<Role>,
    /// The role by which a broker revokes, with the policies of its tokens. `None` if the server has none.
    pub revoker: Mutex<Option<Role>>,
    /// The subjects whose tokens revoked by accessor, and the accessors.
    pub revocations: Mutex<Vec<(String, String)>>,
    /// Whether nobody can connect.
    pub is_down: AtomicBool,
    issued: AtomicUsize,
    /// How many calls came, also while it was down.
    pub calls: AtomicUsize,
    /// An answer that replaces the next ones whose path ends so.
    pub instead: Mutex<Option<(&'static str, Response)>>,
}

/// A role of JWT authentication.
#[derive(Debug, Clone)]
pub struct Role {
    pub name: String,
    pub subject: String,
    pub audience: String,
    pub policies: Vec<String>,
    pub ttl: i64,
    pub kind: String,
}

impl Bao {
    pub fn new(role: &str, subject: &str) -> Self {
        let policies = ["default", "jit-child", "kv-read", "kv-write"].map(str::to_owned).to_vec();
        Self {
            tokens: Mutex::default(),
            claims: Mutex::default(),
            role: Mutex::new(Role {
                name: role.to_owned(),
                subject: subject.to_owned(),
                audience: ADDRESS.to_owned(),
                policies,
                ttl: 3600,
                kind: "service".to_owned(),
            }),
            instead: Mutex::default(),
            revoker: Mutex::default(),
            revocations: Mutex::default(),
            is_down: AtomicBool::default(),
            issued: AtomicUsize::default(),
            calls: AtomicUsize::default(),
        }
    }

    /// Makes the role by which a broker revokes, as `jit setup trust` prints it.
    pub fn let_revoke(&self, name: &str) {
        *self.revoker.lock().unwrap() = Some(Role {
            name: name.to_owned(),
            subject: "jit:revoke".to_owned(),
            audience: ADDRESS.to_owned(),
            policies: vec!["jit-revoke".to_owned()],
            ttl: 60,
            kind: "service".to_owned(),
        });
    }

    /// The tokens that a person could have, by their text.
    pub fn children(&self) -> Vec<(String, Token)> {
        let tokens = self.tokens.lock().unwrap();
        tokens
            .iter()
            .filter(|(_, token)| token.parent.is_some())
            .map(|(id, token)| (id.clone(), token.clone()))
            .collect()
    }

    fn login(&self, body: &Value) -> Response {
        let own = self.role.lock().unwrap().clone();
        let revoker = self.revoker.lock().unwrap().clone();
        let Some(role) =
            [Some(own), revoker].into_iter().flatten().find(|role| body["role"] == role.name.as_str())
        else {
            return refuse(400, &format!("role {:?} could not be found", body["role"].as_str().unwrap()));
        };
        let payload = body["jwt"].as_str().unwrap().split('.').nth(1).unwrap();
        let claims: Value =
            serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap();
        self.claims.lock().unwrap().push(claims.clone());
        if claims["aud"] != role.audience.as_str() {
            return refuse(
                400,
                "error validating token: invalid audience (aud) claim: audience claim does not match any expected audience",
            );
        }
        if claims["sub"] != role.subject.as_str() {
            return refuse(400, "error validating token: invalid subject (sub) claim");
        }
        let token = Token {
            policies: role.policies,
            meta: json!({ "role": role.name }),
            display_name: format!("jwt-{}", claims["sub"].as_str().unwrap()),
            parent: None,
            ttl: role.ttl,
            renewable: true,
        };
        self.issue(token, &role.kind)
    }

    fn child(&self, parent: &str, body: &Value) -> Response {
        let maker = self.tokens.lock().unwrap().get(parent).cloned();
        let Some(maker) = maker else { return refuse(403, "permission denied") };
        if !maker.policies.iter().any(|policy| policy == "jit-child") {
            return refuse(403, "1 error occurred:\n\t* permission denied\n\n");
        }
        let policies = match body["policies"].as_array() {
            Some(wanted) => {
                let mut names: Vec<String> =
                    wanted.iter().map(|name| name.as_str().unwrap().to_owned()).collect();
                if !names.iter().all(|name| maker.policies.contains(name)) {
                    return refuse(400, "child policies must be subset of parent");
                }
                names.insert(0, "default".to_owned());
                names
            }
            None => maker.policies,
        };
        let seconds = |name: &str| body[name].as_str().unwrap().trim_end_matches('s').parse::<i64>().unwrap();
        let token = Token {
            policies,
            meta: body["meta"].clone(),
            display_name: format!("token-{}", body["display_name"].as_str().unwrap()),
            parent: Some(parent.to_owned()),
            ttl: seconds("ttl").min(seconds("explicit_max_ttl")),
            renewable: body["renewable"].as_bool().unwrap_or(true),
        };
        self.issue(token, "service")
    }

    /// Revokes by accessor. A token that is not there is a warning (OpenBao 2.7.2).
    fn revoke(&self, caller: &str, body: &Value) -> Response {
        let mut tokens = self.tokens.lock().unwrap();
        let Some(maker) =
            tokens.get(caller).filter(|token| token.policies.iter().any(|name| name == "jit-revoke"))
        else {
            return refuse(403, "1 error occurred:\n\t* permission denied\n\n");
        };
        let accessor = body["accessor"].as_str().unwrap().to_owned();
        self.revocations.lock().unwrap().push((maker.display_name.clone(), accessor.clone()));
        match tokens.remove(accessor.strip_prefix("accessor-").unwrap()) {
            Some(_) => Response { status: 204, headers: Vec::new(), body: Vec::new() },
            None => respond(200, &json!({ "warnings": ["No token found with this accessor"] })),
        }
    }

    fn issue(&self, token: Token, kind: &str) -> Response {
        let mut tokens = self.tokens.lock().unwrap();
        let id = format!("s.canary{}", self.issued.fetch_add(1, Ordering::Relaxed));
        let answer = json!({ "auth": {
            "client_token": id, "accessor": format!("accessor-{id}"), "policies": token.policies,
            "lease_duration": token.ttl, "renewable": token.renewable, "token_type": kind,
        }});
        tokens.insert(id, token);
        respond(200, &answer)
    }

    fn look(&self, id: &str) -> Response {
        match self.tokens.lock().unwrap().get(id) {
            Some(token) => respond(
                200,
                &json!({ "data": {
                    "accessor": format!("accessor-{id}"), "display_name": token.display_name, "meta": token.meta,
                    "policies": token.policies, "ttl": token.ttl,
                }}),
            ),
            None => refuse(403, "permission denied"),
        }
    }
}

fn respond(status: u16, body: &Value) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

fn refuse(status: u16, error: &str) -> Response {
    respond(status, &json!({ "errors": [error] }))
}

#[async_trait]
impl Host for Bao {
    async fn answer(&self, request: Request) -> Result<Response, HttpError> {
        let path = request.url.strip_prefix(ADDRESS).unwrap().to_owned();
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.is_down.load(Ordering::Relaxed) {
            let (host, cause) = ("vault.example.com:443".to_owned(), "connection refused".to_owned());
            return Err(HttpError::Connect { host, cause });
        }
        if let Some((ending, response)) = self.instead.lock().unwrap().clone()
            && path.ends_with(ending)
        {
            return Ok(response);
        }
        let header = |name: &str| {
            request.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
        };
        let token = header("x-vault-token").unwrap_or_default();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        Ok(match path.as_str() {
            "/v1/auth/jwt/login" => self.login(&body),
            "/v1/auth/token/create" => self.child(&token, &body),
            "/v1/auth/token/revoke-accessor" => self.revoke(&token, &body),
            "/v1/auth/token/lookup-self" => self.look(&token),
            "/v1/auth/token/revoke-self" => match self.tokens.lock().unwrap().remove(&token) {
                Some(_) => Response { status: 204, headers: Vec::new(), body: Vec::new() },
                None => refuse(403, "permission denied"),
            },
            _ => refuse(403, "permission denied"),
        })
    }
}
