//! Serves on a socket, and stops: waiting callers are answered at once, all other calls get ten seconds.
//!
//! Connections are limited in number, in all and per address. Each is limited in how long it may take to send its
//! request and to receive the answer.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Extension;
use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Broker;
use super::limits::Limits;
use super::limits::limited_as;
use super::places::Place;
use super::places::Places;
use crate::system::socket::Taken;
use crate::system::socket::raise_open_files;

/// How long calls in progress may take once the broker is stopping.
const GRACE: Duration = Duration::from_secs(10);
/// How long a connection may take to send a request's head, and may stay idle.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The largest head of a request, in bytes.
const HEAD_SIZE: usize = 16 * 1024;
/// How many files the broker itself needs: database, keys, policy, git, the clouds.
const OWN_FILES: u64 = 128;
/// The fewest connections, however few files the process may open.
const FEWEST: u64 = 16;
/// The most connections that read the metrics.
const READERS: usize = 16;
/// The pause when no connection can be accepted (too many open files).
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` completes, then closes everything.
pub async fn serve(
    broker: Broker,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let bounds = Bounds::of_process(broker.limits());
    let mut connections = JoinSet::new();
    let metrics = broker.metrics_listener();
    let mut readers = JoinSet::new();
    let router = broker.router();
    tokio::select! {
        () = accept(&broker, router, &listener, bounds, &mut connections) => {}
        () = show_metrics(&broker, metrics.as_ref(), &mut readers) => {}
        () = shutdown => {}
    }
    drop(listener);
    broker.begin_closing();
    readers.shutdown().await;
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!("some answers were cut off");
    }
    connections.shutdown().await;
    broker.close().await;
    Ok(())
}

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    connections: usize,
    of_one_address: usize,
    answer: Duration,
}

impl Bounds {
    /// The wanted number of connections, limited by the files that this process may open.
    fn of_process(limits: &Limits) -> Self {
        let wanted = u64::try_from(limits.connections).unwrap_or(u64::MAX);
        let files = raise_open_files(wanted.saturating_add(OWN_FILES));
        let connections = files.saturating_sub(OWN_FILES).min(wanted).max(FEWEST);
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        Self { connections, of_one_address: (connections / 8).max(1), answer: limits.answer }
    }
}

/// Serves the metrics until the broker closes. Never returns without a listener.
async fn show_metrics(broker: &Broker, listener: Option<&TcpListener>, readers: &mut JoinSet<()>) {
    let Some(listener) = listener else { return std::future::pending().await };
    let answer = broker.limits().answer;
    let bounds = Bounds { connections: READERS, of_one_address: READERS, answer };
    accept(broker, broker.metrics_router(), listener, bounds, readers).await;
}

/// Accepts connections until the broker closes.
async fn accept(
    broker: &Broker,
    router: Router,
    listener: &TcpListener,
    bounds: Bounds,
    connections: &mut JoinSet<()>,
) {
    let places = Places::new(bounds.connections, bounds.of_one_address);
    let mut closing = broker.closing();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let address = peer.ip().to_canonical();
                    // A proxy's address has no limit of its own, because everybody may be behind it.
                    let own = Some(limited_as(address)).filter(|_| !broker.is_proxy(address));
                    let Some(place) = places.take(own) else {
                        tracing::warn!(%address, "a connection was refused: too many are being served");
                        continue;
                    };
                    connections.spawn(talk(stream, peer, router.clone(), place, bounds, broker.closing()));
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    broker.pause(PAUSE).await;
                }
            },
            // Finished connections are released as they finish.
            Some(_) = connections.join_next() => {}
            () = closed(&mut closing) => return,
        }
    }
}

/// Completes once the broker is stopping.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the broker is gone.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Serves one connection to its end, or after the broker closes to the end of the call in progress. An idle connection
/// closes when others need its slot.
async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    mut place: Place,
    bounds: Bounds,
    mut closing: watch::Receiver<bool>,
) {
    // An answer is one small write, so waiting for more data would only delay it.
    let _ = stream.set_nodelay(true);
    let router = router.layer(Extension(ConnectInfo(peer))).layer(Extension(place.work.clone()));
    let stream = TokioIo::new(Taken::within(stream, bounds.answer));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_header_size(HEAD_SIZE)
        .serve_connection(stream, TowerToHyperService::new(router));
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        Ok(()) = &mut place.displaced => return,
        () = closed(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, %peer, "a connection broke off");
    }
}
