//! moto: AWS's protocol as botocore describes it. Its STS accepts any JWT. On request, it then enforces IAM and
//! signatures on use.
//!
//! When IAM refuses, it answers `<Errors><Error>`, which is not a form of STS's. `jit` reports that, and treats it as a
//! refusal.

use std::path::Path;
use std::process::Command;

use http::Method;
use jit::system::Http;
use jit::system::http::Client;
use jit::system::http::Request;

use super::peer::Peer;
use super::peer::status_of;
use super::tool;
use crate::support::ports::free_ports;

/// A running moto server.
pub struct Moto {
    /// The address of all services.
    pub endpoint: String,
    _peer: Peer,
}

impl Moto {
    /// Starts it in this folder.
    pub fn start(folder: &Path) -> Self {
        let [port] = free_ports();
        let mut command = Command::new(tool("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let peer = Peer::start("moto", &command, folder);
        peer.wait_until("it answers", || status_of(port, "/moto-api/") == Some(200));
        Self { endpoint: format!("http://127.0.0.1:{port}"), _peer: peer }
    }

    /// Starts checking signatures, tokens and policies. Before this call nothing is checked, so that tests can set
    /// things up.
    pub fn enforce(&self) {
        let request = Request::new(Method::POST, format!("{}/moto-api/reset-auth", self.endpoint));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let answer = runtime.block_on(Client::default().send(request.body("text/plain", "0"))).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
