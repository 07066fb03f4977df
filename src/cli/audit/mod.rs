//! `jit audit`: reading the audit log.

mod list;

use clap::Args;
use clap::Subcommand;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;

/// Read the audit log
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit audit list
  jit audit list 3F7K2M9QXW
  jit audit list --all --json > log.json")]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::List),
}

impl Audit {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::List(command) => command.run(client, ui).await,
        }
    }
}
