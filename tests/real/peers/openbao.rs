//! OpenBao: tokens of an issuer become tokens of its own, with policies and leases that it enforces. As of 2.7.2:
//!
//! * It takes an issuer by plain `http`, and fetches the discovery document when it is told of it.
//! * It still takes a token 60 s after its end, unless a role says otherwise.
//! * It also listens on the port after its own.

use std::path::Path;
use std::process::Command;

use data_encoding::HEXLOWER;
use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use serde_json::Value;
use serde_json::json;

use super::peer::Peer;
use super::peer::status_of;
use super::tool;
use crate::support::ports::free_ports;

/// A running OpenBao. Everything is in memory.
pub struct OpenBao {
    /// Its address.
    pub url: String,
    /// The token that may do everything.
    pub root: String,
    _peer: Peer,
}

impl OpenBao {
    /// Starts it in this folder: unsealed, with secrets at `secret/` (version 2) and no way to sign in.
    pub fn start(folder: &Path) -> Self {
        let port = pair_of_ports();
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).unwrap();
        let root = format!("root-{}", HEXLOWER.encode(&bytes));
        let mut command = Command::new(tool("bao"));
        command.args(["server", "-dev", "-dev-no-store-token"]);
        command.arg(format!("-dev-listen-address=127.0.0.1:{port}"));
        command.env("BAO_DEV_ROOT_TOKEN_ID", &root).env("HOME", folder);
        let peer = Peer::start("openbao", &command, folder);
        peer.wait_until("it is unsealed", || status_of(port, "/v1/sys/health") == Some(200));
        Self { url: format!("http://127.0.0.1:{port}"), root, _peer: peer }
    }

    /// One call by the holder of this token. `path` comes after `/v1/`. Returns the status, and the answer or null.
    pub fn call_as(&self, token: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let mut request = Request::new(method, format!("{}/v1/{path}", self.url));
        if !body.is_null() {
            request = request.body("application/json", body.to_string());
        }
        if !token.is_empty() {
            request = request.header("x-vault-token", token);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(Client::default().send(request)).unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    /// One call by root, which must succeed.
    #[track_caller]
    pub fn call(&self, method: Method, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call_as(&self.root, method, path, body);
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    /// Lets tokens of this issuer sign in at the mount `jwt`, through the roles of [`Self::role`].
    pub fn trust(&self, issuer_url: &str) {
        self.call(Method::POST, "sys/auth/jwt", &json!({"type": "jwt"}));
        let issuer = json!({"oidc_discovery_url": issuer_url, "bound_issuer": issuer_url});
        self.call(Method::POST, "auth/jwt/config", &issuer);
    }

    /// Writes a policy in OpenBao's own language.
    pub fn policy(&self, name: &str, text: &str) {
        self.call(Method::PUT, &format!("sys/policies/acl/{name}"), &json!({"policy": text}));
    }

    /// Writes a role of the mount `jwt`: the claims that it demands, and what it gives.
    pub fn role(&self, name: &str, settings: &Value) {
        let mut role = json!({"role_type": "jwt", "user_claim": "sub"});
        for (setting, value) in settings.as_object().unwrap() {
            role[setting] = value.clone();
        }
        self.call(Method::POST, &format!("auth/jwt/role/{name}"), &role);
    }
}

/// A port that is free together with the one after it.
fn pair_of_ports() -> u16 {
    loop {
        let [first, second] = free_ports();
        if second == first + 1 {
            return first;
        }
    }
}
