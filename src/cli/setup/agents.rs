use clap::Args;
use clap::ValueEnum;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::agents::settings;
use crate::flow::agents::settings::AgentClient;

/// Let a coding agent's client ask jit before it runs a command
#[derive(Debug, Args)]
#[command(
    long_about = "Let a coding agent's client ask jit before it runs a command.

jit prints the settings of each client, and with --write adds them to your own file of that client. Everything else in the file stays as \
it is. The hook blocks commands that belong behind `jit exec`; an agent that wants to evade it can. docs/agents.md says what it protects.",
    after_long_help = "Examples:
  jit setup agents
  jit setup agents claude --write
  jit setup agents codex --write"
)]
pub struct Agents {
    /// The clients; default: every client that jit knows
    #[arg(value_enum, value_name = "CLIENT")]
    clients: Vec<ClientName>,
    /// Change the files
    #[arg(long, requires = "clients")]
    write: bool,
}

/// A client with hooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ClientName {
    /// Claude Code
    Claude,
    /// Codex
    Codex,
}

impl From<ClientName> for AgentClient {
    fn from(name: ClientName) -> Self {
        match name {
            ClientName::Claude => Self::Claude,
            ClientName::Codex => Self::Codex,
        }
    }
}

impl Agents {
    pub(super) fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let named: Vec<AgentClient> = self.clients.into_iter().map(AgentClient::from).collect();
        let clients = if named.is_empty() { AgentClient::ALL.to_vec() } else { named };
        for agent in clients {
            if !self.write {
                ui.say(&format!("for {}, in {}:", agent.name(), agent.path(client.system).display()));
                ui.print(&agent.text())?;
                continue;
            }
            let change = settings::plan(client.system, agent)?;
            change.make()?;
            let path = change.path.display();
            match &change.after {
                _ if change.is_off => ui.say(&format!(
                    "warning: {path} has the hook, but \"disableAllHooks\": true switches it off: take that out"
                )),
                Some(_) => ui.say(&format!("{path} asks jit now")),
                None => ui.say(&format!("{path} needs no change")),
            }
            if agent == AgentClient::Codex {
                ui.say("Codex runs a new hook only after you have trusted it: type /hooks in Codex");
            }
        }
        if !self.write {
            ui.say("dry run: nothing was changed; name a client and add --write");
        }
        Ok(())
    }
}
