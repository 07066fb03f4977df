//! Access as code, on this machine. Needs no broker.

mod check;
mod init;

use clap::Args;
use clap::Subcommand;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;

/// Write and check access as code
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit policy init access
  jit policy check access")]
pub struct Policy {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
}

impl Policy {
    pub(super) fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::Init(command) => command.run(client, ui),
            Command::Check(command) => command.run(ui),
        }
    }
}
