//! Running the broker until somebody stops it.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use super::Failure;
use crate::broker;
use crate::broker::Broker;
use crate::broker::BrokerSettings;
use crate::system::System;

/// Opens the broker and serves it. `ready` hears the address once it listens.
pub async fn serve(
    system: &System,
    settings: BrokerSettings,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), Failure> {
    let listen = settings.listen;
    settings.check().map_err(|error| Failure::usage(error.to_string()).hint(error.hint()))?;
    // The port is taken before anything is written, so that a second broker fails early.
    let listener = TcpListener::bind(listen).await.map_err(|error| {
        Failure::failed(format!("{listen} cannot be listened on"))
            .cause(error.to_string())
            .hint("another program may use the port: choose one with `--listen 127.0.0.1:PORT`")
    })?;
    let address = listener.local_addr().unwrap_or(listen);
    let opened = Broker::open(settings, system).await.map_err(|error| {
        let failure = Failure::failed("the broker does not start").cause(error.to_string());
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    ready(address);
    let processes = Arc::clone(&system.processes);
    let shutdown = async move { processes.interrupted().await };
    broker::serve(opened, listener, shutdown)
        .await
        .map_err(|error| Failure::failed("the broker stopped").cause(error.to_string()))
}
