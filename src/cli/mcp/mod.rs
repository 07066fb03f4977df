//! The tools for agents, by the Model Context Protocol on standard input and output.
//!
//! Standard output belongs to the protocol. A file per tool; `session.rs` is what they share.

mod answer;
mod end;
mod ending;
mod exec;
mod long_line;
mod notes;
mod reader;
mod request;
mod roles;
mod server;
mod session;
mod standing;
mod status;
mod tools;
mod transport;
mod wait;

use std::sync::Arc;

use clap::Args;
use rmcp::RoleServer;
use rmcp::serve_server;
use rmcp::service::ServerInitializeError;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::sync::mpsc;

use self::reader::Reader;
use self::server::Server;
use self::session::Session;
use self::transport::Checked;
use crate::flow::Failure;
use crate::system::System;
use crate::system::stdio;

/// The longest line that a client may send, in bytes, the line feed included. A longer one is refused.
const LONGEST_LINE: usize = 1 << 20;

/// Serve tools to a coding agent: ask for roles, wait, run commands
#[derive(Debug, Args)]
#[command(
    long_about = "Serve tools to a coding agent: ask for roles, wait, run commands.

An MCP client starts this command and speaks to it on standard input and output (Model Context Protocol, stdio). The tools are \
roles, request, status, wait, exec and end. None approves, and none hands out credentials: a command gets them, and they are \
removed from its output. When the client goes away, running commands are killed and the access that they began is ended.",
    after_long_help = "Examples:
  jit mcp                          as the command in a client's settings
  claude mcp add jit -- jit mcp    for Claude Code
  { \"mcpServers\": { \"jit\": { \"command\": \"jit\", \"args\": [\"mcp\"] } } }
                                   for Cursor, in ~/.cursor/mcp.json"
)]
pub struct Mcp {}

impl Mcp {
    pub(super) async fn run(self, system: &System) -> Result<(), Failure> {
        if system.console.is_interactive() {
            return Err(Failure::usage("`jit mcp` speaks a protocol, and a person types here")
                .hint("name `jit mcp` as the command in your MCP client's settings"));
        }
        let unopened = |error: std::io::Error| {
            Failure::failed("standard input and output cannot be opened").cause(error.to_string())
        };
        let stdio::Streams { stream, written } = system.stdio.open().map_err(unopened)?;
        let session = Arc::new(Session::new(system));
        let (read, write) = tokio::io::split(stream);
        let (long, too_long) = mpsc::unbounded_channel();
        let reader = Reader::new(read, session.clone(), long);
        let transport = AsyncRwTransport::<RoleServer, _, _>::new_server(reader, write);
        let transport = Checked::new(transport.with_max_line_length(LONGEST_LINE), too_long);
        let served = serve(&session, transport).await;
        stdio::flushed(written).await;
        served
    }
}

/// Serves until the client goes away or the process is asked to stop.
async fn serve<T>(session: &Arc<Session>, transport: T) -> Result<(), Failure>
where
    T: rmcp::transport::Transport<RoleServer> + Send + 'static,
{
    let stopped = session.system.processes.ended_by_signal();
    tokio::pin!(stopped);
    let begun = tokio::select! {
        begun = serve_server(Server(Arc::clone(session)), transport) => begun,
        () = &mut stopped => return Ok(()),
    };
    let mut running = match begun {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => {
            let what = match error {
                ServerInitializeError::ExpectedInitializeRequest(_) => "its first message is no request",
                ServerInitializeError::InitializeFailed(_) => {
                    "it speaks no version of the protocol that jit knows"
                }
                _ => "the protocol did not begin",
            };
            return Err(Failure::failed("the client does not speak the Model Context Protocol").cause(what));
        }
    };
    tokio::select! {
        () = session.left() => {}
        () = &mut stopped => session.leave(),
    }
    // Every call has seen the end: the answers that are there are sent. A client in a hurry kills this process within seconds, so
    // the access is ended meanwhile.
    let (_, ()) = tokio::join!(running.close(), ending::end_all(session));
    Ok(())
}
