//! A loopback endpoint in AWS's container-credentials form, for commands that outlive one lease.
//!
//! It lives as long as this value and serves one child from memory. [`door`] checks requests, [`timetable`] says when
//! to renew. Invariant: it serves the old credentials until they expire, and none once the grant has ended.

pub mod door;
pub(in crate::deliver) mod slot;
pub mod source;
pub mod timetable;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::grant::Lease;
use crate::grant::Name;
use crate::secret::Secret;
use crate::system::Clock;
use crate::system::Entropy;
use crate::system::loopback::Listener;
use door::Door;
use slot::Slot;
pub use source::LeaseSource;
pub use source::RenewError;

/// How many connections are served at once. More of them wait in the system's queue. It is below the file limit of
/// every platform.
const CONNECTIONS: usize = 128;
/// The time limit of one connection, whether its peer sends nothing, reads nothing or waits for a renewal.
pub const CONNECTION_LIMIT: Duration = Duration::from_secs(3);
/// The largest request that is read, in bytes. It is the smallest limit that hyper accepts.
const MAX_REQUEST: usize = 8 * 1024;
/// The most headers that a request may have.
const MAX_HEADERS: usize = 32;

/// One role that an endpoint serves.
pub struct Offer {
    /// The role.
    pub role: Name,
    /// The first credentials.
    pub lease: Lease,
    /// The source of newer credentials.
    pub source: Arc<dyn LeaseSource>,
}

/// A running endpoint. Dropping it closes every connection and stops every renewal.
pub struct Endpoint {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    door: Door,
    slots: Vec<Arc<Slot>>,
}

impl Endpoint {
    /// Binds a free port on 127.0.0.1 and serves these roles. Each role has a random path of its own; all share one
    /// random token. Needs a tokio runtime.
    pub async fn open(offers: Vec<Offer>, clock: &Arc<dyn Clock>, entropy: &dyn Entropy) -> io::Result<Self> {
        let listener = Listener::bind().await?;
        let port = listener.port();
        let door = Door {
            host: format!("127.0.0.1:{port}"),
            token: Secret::new(entropy.token()),
            paths: offers.iter().map(|_| Secret::new(format!("/{}", entropy.token()))).collect(),
        };
        let slots: Vec<Arc<Slot>> = offers
            .into_iter()
            .map(|offer| Arc::new(Slot::new(offer.role, offer.lease, offer.source, Arc::clone(clock))))
            .collect();
        let mut tasks = JoinSet::new();
        for slot in &slots {
            let slot = Arc::clone(slot);
            tasks.spawn(async move { slot.keep_fresh().await });
        }
        let shared = Arc::new(Shared { door, slots });
        tasks.spawn(serve(listener, Arc::clone(&shared), Arc::clone(clock)));
        Ok(Self { port, shared, _tasks: tasks })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value that a request sends as `Authorization`.
    pub fn token(&self) -> &Secret<String> {
        &self.shared.door.token
    }

    /// The address of the role at this index in the offers. The path is half of the secret.
    pub fn url(&self, place: usize) -> Option<Secret<String>> {
        let path = self.shared.door.paths.get(place)?;
        Some(Secret::new(format!("http://{}{}", self.shared.door.host, path.expose())))
    }

    /// The file for a named profile's `credential_process`; [`crate::deliver::aws::fetch::fetch`] reads it.
    pub fn card(&self, place: usize) -> Option<Secret<Vec<u8>>> {
        let path = self.shared.door.paths.get(place)?.expose();
        let card = crate::deliver::aws::fetch::Card { port: self.port, path, token: self.token().expose() };
        serde_json::to_vec(&card).ok().map(Secret::new)
    }
}

/// Answers the requests of one endpoint. It checks each at its [`Door`] first.
#[async_trait]
pub(in crate::deliver) trait Desk: Send + Sync {
    /// Whether a connection is served at all. A request shows its secret later, where there is one.
    fn admits(&self, _: &TcpStream) -> bool {
        true
    }

    /// The answer to one request.
    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>>;
}

/// Serves every connection of a listener, with limits of number, size and time.
pub(in crate::deliver) async fn serve(
    listener: Listener,
    desk: Arc<impl Desk + 'static>,
    clock: Arc<dyn Clock>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // The set ends its connections when this task ends.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = listener.accept().await;
        if !desk.admits(&stream) {
            continue;
        }
        let (desk, clock) = (Arc::clone(&desk), Arc::clone(&clock));
        connections.spawn(async move {
            let _permit = permit;
            let connection = http1::Builder::new()
                .keep_alive(false)
                .max_buf_size(MAX_REQUEST)
                .max_headers(MAX_HEADERS)
                .serve_connection(
                    TokioIo::new(stream),
                    service_fn(|request| {
                        let desk = Arc::clone(&desk);
                        async move { Ok::<_, Infallible>(desk.answer(request).await) }
                    }),
                );
            tokio::select! {
                // A peer that breaks off needs no response.
                _ = connection => {}
                () = clock.sleep(CONNECTION_LIMIT) => {}
            }
        });
    }
}

#[async_trait]
impl Desk for Shared {
    async fn answer(&self, request: http::Request<Incoming>) -> http::Response<Full<Bytes>> {
        // The body is never read: the headers of a request that announces one are enough to refuse it.
        let (parts, _) = request.into_parts();
        let place = match self.door.check(&parts) {
            Ok(place) => place,
            Err(refusal) => return crate::deliver::aws::document::refusal(refusal),
        };
        match self.slots.get(place) {
            Some(slot) => crate::deliver::aws::document::answer(&slot.answer().await),
            None => crate::deliver::aws::document::refusal(door::Refusal::Stranger),
        }
    }
}
