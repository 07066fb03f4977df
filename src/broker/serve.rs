//! Serving on a socket, and stopping: waiters are answered at once, the rest gets ten seconds.
//!
//! Connections are bounded in number, and each in how long it may take to say what it wants.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
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
use tokio::sync::Semaphore;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::Broker;

/// How long answers that are under way may take once the broker is to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a connection may take to send the head of a request, and may stay idle.
const HEAD_TIME: Duration = Duration::from_secs(30);
/// The largest head of a request, in bytes.
const HEAD_SIZE: usize = 16 * 1024;
/// How many connections there may be at once; more wait to be taken.
const CONNECTIONS: usize = 10_000;
/// How long to wait when no connection can be taken (too many open files).
const PAUSE: Duration = Duration::from_millis(200);

/// Serves until `shutdown` is done, then lets go of everything.
pub async fn serve(
    broker: Broker,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    tokio::select! {
        () = accept(&broker, &listener, &mut connections) => {}
        () = shutdown => {}
    }
    drop(listener);
    broker.begin_closing();
    let finished = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, finished).await.is_err() {
        tracing::warn!("some answers were cut off");
    }
    connections.shutdown().await;
    broker.close().await;
    Ok(())
}

/// Takes connections until somebody closes the broker.
async fn accept(broker: &Broker, listener: &TcpListener, connections: &mut JoinSet<()>) {
    let router = broker.router();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut closing = broker.closing();
    loop {
        let place = Arc::clone(&places).acquire_owned();
        let next = async {
            let place = place.await;
            (place, listener.accept().await)
        };
        tokio::select! {
            (place, accepted) = next => match accepted {
                Ok((stream, peer)) => {
                    let talk = talk(stream, peer, router.clone(), broker.closing());
                    connections.spawn(async move {
                        talk.await;
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    broker.pause(PAUSE).await;
                }
            },
            // Finished ones are let go as they finish.
            Some(_) = connections.join_next() => {}
            () = closed(&mut closing) => return,
        }
    }
}

/// Comes back once the broker is to stop.
async fn closed(closing: &mut watch::Receiver<bool>) {
    // An error means that the broker is gone altogether.
    let _ = closing.wait_for(|closing| *closing).await;
}

/// Serves one connection to its end; when the broker closes, to the end of the answer that is under way.
async fn talk(stream: TcpStream, peer: SocketAddr, router: Router, mut closing: watch::Receiver<bool>) {
    // An answer is one small write: waiting for more to send would only delay it.
    let _ = stream.set_nodelay(true);
    let service = TowerToHyperService::new(router.layer(Extension(ConnectInfo(peer))));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_header_size(HEAD_SIZE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = connection.as_mut() => outcome,
        () = closed(&mut closing) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, %peer, "a connection broke off");
    }
}
