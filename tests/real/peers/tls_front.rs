//! TLS in front of a server of the tests: the servers of Kubernetes take an issuer by `https` alone.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use super::certificates::Authority;
use super::peer::Peer;
use super::tool;

/// A running front. It stops when dropped.
pub struct TlsFront {
    _peer: Peer,
}

impl TlsFront {
    /// Serves `https://127.0.0.1:<port>`, with a certificate of this authority, from the server at this URL.
    pub fn start(folder: &Path, authority: &Authority, port: u16, url: &str) -> Self {
        let pair = authority.server("tls-front");
        let mut command = Command::new(tool("python"));
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/tls_front.py"));
        command.arg(port.to_string()).arg(pair.certificate).arg(pair.key).arg(url);
        let peer = Peer::start("tls-front", &command, folder);
        peer.wait_until("it listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { _peer: peer }
    }
}
