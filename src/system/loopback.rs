//! Listens and connects on 127.0.0.1 only.

use std::io;
use std::net::Ipv4Addr;
use std::net::SocketAddrV4;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::net::TcpStream;

/// The pause before the next accept after the process ran out of file descriptors.
const BREATH: Duration = Duration::from_millis(20);

/// A socket that listens on 127.0.0.1.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    port: u16,
}

impl Listener {
    /// Starts to listen on a port that the system chooses. Connections queue from then on.
    pub async fn bind() -> io::Result<Self> {
        Self::bind_at(0).await
    }

    /// Starts to listen on this port. The system chooses one for 0.
    pub async fn bind_at(port: u16) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The next connection. Waits if a peer went away or file descriptors are short.
    pub async fn accept(&self) -> TcpStream {
        loop {
            if let Ok((stream, _)) = self.socket.accept().await {
                // Responses are one small packet; waiting to fill it would only delay them.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            tokio::time::sleep(BREATH).await;
        }
    }
}

/// Connects to a port on 127.0.0.1, without any proxy.
pub async fn connect(port: u16, limit: Duration) -> io::Result<TcpStream> {
    let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
    tokio::time::timeout(limit, TcpStream::connect(address))
        .await
        .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "nobody answered in time"))?
}
