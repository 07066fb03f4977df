//! A loopback endpoint in AWS's container-credentials form, for commands that outlive one lease.
//!
//! It lives as long as this value and answers one child, from memory. What it checks is in [`door`], when it renews in
//! [`timetable`]. Invariant: the old document is served until it expires, and nothing once the grant has ended.

pub mod door;
mod slot;
pub mod source;
pub mod timetable;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
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

/// How many connections are served at once; more wait in the system's queue. Below the file limit of every platform.
const CONNECTIONS: usize = 128;
/// How long one connection may last, whether its peer sends nothing, reads nothing or waits for a renewal.
pub const CONNECTION_LIMIT: Duration = Duration::from_secs(3);
/// The most that is read of a request before it is refused, in bytes. The smallest that hyper takes.
const MAX_REQUEST: usize = 8 * 1024;
/// The most headers that a request may have.
const MAX_HEADERS: usize = 32;

/// One role that an endpoint serves.
pub struct Offer {
    /// The role.
    pub role: Name,
    /// The credentials to begin with.
    pub lease: Lease,
    /// Where newer ones come from.
    pub source: Arc<dyn LeaseSource>,
}

/// A running endpoint. Dropping it closes every connection and ends every renewal.
pub struct Endpoint {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    door: Door,
    slots: Vec<Arc<Slot>>,
    clock: Arc<dyn Clock>,
}

impl Endpoint {
    /// Binds 127.0.0.1 on a free port and serves these roles, each under a random path of its own, all with one random
    /// token. Needs a tokio runtime.
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
        let shared = Arc::new(Shared { door, slots, clock: Arc::clone(clock) });
        tasks.spawn(serve(listener, Arc::clone(&shared)));
        Ok(Self { port, shared, _tasks: tasks })
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What a request sends as `Authorization`.
    pub fn token(&self) -> &Secret<String> {
        &self.shared.door.token
    }

    /// Where the role of this place in the offers is served. The path is half of the secret.
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

async fn serve(listener: Listener, shared: Arc<Shared>) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    // The set ends its connections when this task ends.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let stream = listener.accept().await;
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let _permit = permit;
            let connection = http1::Builder::new()
                .keep_alive(false)
                .max_buf_size(MAX_REQUEST)
                .max_headers(MAX_HEADERS)
                .serve_connection(
                    TokioIo::new(stream),
                    service_fn(|request| answer(request, Arc::clone(&shared))),
                );
            tokio::select! {
                // A peer that breaks off has nothing more to be told.
                _ = connection => {}
                () = shared.clock.sleep(CONNECTION_LIMIT) => {}
            }
        });
    }
}

async fn answer(
    request: http::Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<http::Response<http_body_util::Full<bytes::Bytes>>, Infallible> {
    // The body is never read: a request that announces one is refused by its headers.
    let (parts, _) = request.into_parts();
    let place = match shared.door.check(&parts) {
        Ok(place) => place,
        Err(refusal) => return Ok(crate::deliver::aws::document::refusal(refusal)),
    };
    Ok(match shared.slots.get(place) {
        Some(slot) => crate::deliver::aws::document::answer(&slot.answer().await),
        None => crate::deliver::aws::document::refusal(door::Refusal::Stranger),
    })
}
