//! Serving on a socket, and stopping: waiters are answered at once, the rest gets ten seconds.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use super::Broker;

/// How long answers that are under way may take once the broker is to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is done, then lets go of everything.
pub async fn serve(
    broker: Broker,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = broker.router().into_make_service_with_connect_info::<SocketAddr>();
    let mut closing = broker.closing();
    let mut closed = broker.closing();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = closing.wait_for(|closing| *closing).await;
    });
    let watching = async {
        shutdown.await;
        broker.begin_closing();
        std::future::pending::<()>().await;
    };
    let deadline = async {
        let _ = closed.wait_for(|closing| *closing).await;
        let _ = tokio::time::timeout(GRACE, std::future::pending::<()>()).await;
    };
    let outcome = tokio::select! {
        outcome = async { serving.await } => outcome,
        () = watching => Ok(()),
        () = deadline => Ok(()),
    };
    broker.close().await;
    outcome
}
