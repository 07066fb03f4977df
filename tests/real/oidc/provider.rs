//! The npm package `oidc-provider` as the provider.

use std::path::Path;
use std::process::Command;

use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;
use serde_json::Value;

use crate::peers::peer::Peer;
use crate::peers::peer::status_of;
use crate::peers::peers;
use crate::peers::tool;
use crate::support::ports::free_ports;

/// A running provider.
pub struct Provider {
    pub issuer: String,
    _peer: Peer,
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

impl Provider {
    pub fn start(folder: &Path) -> Self {
        let [port] = free_ports();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/oidc_provider.mjs");
        let mut command = Command::new(tool("node"));
        command.arg(script).arg(port.to_string()).env("JIT_PEERS", peers());
        let peer = Peer::start("oidc-provider", &command, folder);
        peer.wait_until("it answers", || status_of(port, "/.well-known/openid-configuration") == Some(200));
        Self { issuer: format!("http://127.0.0.1:{port}"), _peer: peer }
    }

    fn tell(&self, path: &str, body: String) {
        let request =
            Request::new(Method::POST, format!("{}{path}", self.issuer)).body("application/json", body);
        assert_eq!(block(Client::default().send(request)).unwrap().status, 204);
    }

    /// Replaces the signing keys and withdraws the old ones.
    pub fn rotate(&self) {
        self.tell("/test/rotate", String::new());
    }

    /// Lets the device flow carry the nonce, as Keycloak's does. The package by itself drops it.
    pub fn carry_nonce(&self) {
        self.tell("/test/nonce", String::new());
    }

    /// Sets the groups of each person.
    pub fn set_groups(&self, groups: &Value) {
        self.tell("/test/groups", groups.to_string());
    }
}
