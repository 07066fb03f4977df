//! `jit agent`: coding agents that ask for their owner.

mod init;

use clap::Args;
use clap::Subcommand;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;

/// Give a coding agent an identity of its own
#[derive(Debug, Args)]
#[command(
    long_about = "Give a coding agent an identity of its own.

An agent asks and uses; only a person's key agrees. With JIT_AGENT=NAME, jit runs as that agent: with the agent's key, session, \
grants and settings, and never with yours.",
    after_long_help = "Examples:
  jit agent init ana-agent
  JIT_AGENT=ana-agent jit login https://jit.example.com
  JIT_AGENT=ana-agent jit exec staging -- terraform plan"
)]
pub struct Agent {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
}

impl Agent {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::Init(command) => command.run(client, ui),
        }
    }
}
