//! What is wired up once.

mod aws_trust;

use clap::Args;
use clap::Subcommand;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;

/// Wire up a cloud
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit setup aws-trust prod-admin
  jit setup aws-trust prod-admin --policy access --url https://jit.example.com")]
pub struct Setup {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    AwsTrust(aws_trust::AwsTrust),
}

impl Setup {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::AwsTrust(command) => command.run(client, ui).await,
        }
    }
}
