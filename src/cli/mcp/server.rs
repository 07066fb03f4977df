//! The protocol's side of the tools: which one is called, progress, and the end of a call.

use std::sync::Arc;

use rmcp::ErrorData;
use rmcp::RoleServer;
use rmcp::ServerHandler;
use rmcp::model::CallToolRequestParams;
use rmcp::model::CallToolResponse;
use rmcp::model::Implementation;
use rmcp::model::ListToolsResult;
use rmcp::model::PaginatedRequestParams;
use rmcp::model::ProgressNotificationParam;
use rmcp::model::ProgressToken;
use rmcp::model::ProtocolVersion;
use rmcp::model::ServerCapabilities;
use rmcp::model::ServerConfig;
use rmcp::model::Tool;
use rmcp::service::Peer;
use rmcp::service::RequestContext;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc;

use super::answer;
use super::answer::Answer;
use super::answer::Problem;
use super::end;
use super::exec;
use super::notes::Notes;
use super::request;
use super::roles;
use super::session::Session;
use super::status;
use super::tools;
use super::wait;
use crate::system::System;

/// The server of one client.
pub struct Server(pub Arc<Session>);

/// The client behind a call.
pub struct Caller {
    /// The client, for notifications and questions.
    pub peer: Peer<RoleServer>,
    /// Whether it opens pages for its person (URL-mode elicitation).
    pub shows_pages: bool,
    /// Whether a question ends the call (protocol 2026-07-28 and later), and the client calls again with the answer.
    pub is_stateless: bool,
}

impl Caller {
    fn of(context: &RequestContext<RoleServer>) -> Self {
        let capabilities = context.client_capabilities();
        let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation);
        let version = context.protocol_version();
        Self {
            peer: context.peer.clone(),
            shows_pages: elicitation.is_some_and(|elicitation| elicitation.url.is_some()),
            is_stateless: version.is_some_and(|version| !version.has_initialize()),
        }
    }
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder().enable_tools().build();
        let implementation = Implementation::new("jit", env!("JIT_VERSION")).with_title("jit");
        ServerConfig::new(capabilities)
            .with_server_info(implementation)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
            .with_instructions(tools::INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let session = &self.0;
        let caller = Caller::of(&context);
        let (progress, lines) = mpsc::unbounded_channel();
        let notes = Arc::new(Notes::new(progress));
        let system = session.world(&notes);
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        let work = call(&request.name, arguments, session, &caller, &system);
        let told = telling(work, lines, context.meta.get_progress_token(), &caller.peer);
        tokio::select! {
            biased;
            // Dropping the work kills its command.
            () = context.ct.cancelled() => Err(ErrorData::internal_error("cancelled", None)),
            // The other tools answer within moments, and their answer may still be read.
            () = session.left(), if ends_with_its_client(&request.name) => {
                Err(ErrorData::internal_error("the client is gone", None))
            }
            answer = told => answer::response(answer, notes.said()),
        }
    }
}

/// Whether a tool may go on for long.
fn ends_with_its_client(name: &str) -> bool {
    matches!(name, "exec" | "wait")
}

async fn call(
    name: &str,
    arguments: Value,
    session: &Arc<Session>,
    caller: &Caller,
    system: &System,
) -> Answer {
    match name {
        "roles" => roles::call(input(arguments)?, system).await,
        "request" => request::call(input(arguments)?, session, system).await,
        "status" => status::call(input(arguments)?, system).await,
        "wait" => wait::call(input(arguments)?, session, caller, system).await,
        "exec" => exec::call(input(arguments)?, session, system).await,
        "end" => end::call(input(arguments)?, system).await,
        _ => Err(Problem::Input("there is no such tool".to_owned())),
    }
}

/// Reads a tool's input. Unknown members are refused.
fn input<T: DeserializeOwned>(arguments: Value) -> Result<T, Problem> {
    serde_json::from_value(arguments).map_err(|error| Problem::Input(error.to_string()))
}

/// Does the work, and tells the client of its progress if the client asked for that.
async fn telling(
    work: impl Future<Output = Answer>,
    mut lines: mpsc::UnboundedReceiver<String>,
    token: Option<ProgressToken>,
    peer: &Peer<RoleServer>,
) -> Answer {
    tokio::pin!(work);
    let mut count = 0.0;
    loop {
        tokio::select! {
            biased;
            answer = &mut work => return answer,
            Some(line) = lines.recv() => {
                let Some(token) = &token else { continue };
                count += 1.0;
                let param = ProgressNotificationParam::new(token.clone(), count).with_message(line);
                let _ = peer.notify_progress(param).await;
            }
        }
    }
}
