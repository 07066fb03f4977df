//! The owner of the process at the other end of a connection on this machine.

use tokio::net::TcpStream;

/// Whether this system can tell it. Only Linux does.
pub const CAN_TELL: bool = cfg!(target_os = "linux");

/// Whether the process at the other end runs as the user of this one. `false` where that cannot be told.
///
/// TCP carries no credentials of a peer. Linux lists every socket with the user who opened it (`proc_net_tcp(5)`).
#[cfg(target_os = "linux")]
pub fn is_own(stream: &TcpStream) -> bool {
    let (Ok(here), Ok(there)) = (stream.local_addr(), stream.peer_addr()) else { return false };
    let user = rustix::process::geteuid().as_raw();
    let same = |one: std::net::SocketAddr, other: std::net::SocketAddr| {
        one.ip().to_canonical() == other.ip().to_canonical() && one.port() == other.port()
    };
    // A client whose socket is of IPv6 (Java's are) connects from a mapped address and stands in the second list.
    [procfs::net::tcp(), procfs::net::tcp6()].into_iter().flatten().flatten().any(|entry| {
        same(entry.local_address, there) && same(entry.remote_address, here) && entry.uid == user
    })
}

/// Whether the process at the other end runs as the user of this one. `false`: this system does not tell it.
#[cfg(not(target_os = "linux"))]
pub fn is_own(_: &TcpStream) -> bool {
    false
}
