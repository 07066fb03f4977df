//! Commands for one-time setup.

mod agents;
mod aws;
mod aws_trust;
mod import;
mod issuer;
mod kubernetes;
mod trust;

use clap::Args;
use clap::Subcommand;

pub(super) use import::Import;

use super::begin;
use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;

/// Set up profiles, contexts, agents, trust or the issuer
#[derive(Debug, Args)]
#[command(
    long_about = "Set up profiles, contexts, agents, trust or the issuer.

Without a command, jit asks on a terminal how you want to begin.",
    after_long_help = "Examples:
  jit setup
  jit setup aws --diff
  jit setup kubernetes --write
  jit setup trust secrets
  jit setup issuer site --issuer https://jit-issuer.example.com"
)]
pub struct Setup {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Agents(agents::Agents),
    Aws(aws::Aws),
    AwsTrust(aws_trust::AwsTrust),
    Import(Import),
    Issuer(issuer::Issuer),
    Kubernetes(kubernetes::Kubernetes),
    Trust(trust::Trust),
}

impl Setup {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let Some(command) = self.command else { return Box::pin(begin::guide(client, ui)).await };
        match command {
            Command::Agents(command) => command.run(client, ui),
            Command::Aws(command) => command.run(client, ui).await,
            Command::AwsTrust(command) => command.run(client, ui).await,
            Command::Import(command) => command.run(client, ui),
            Command::Issuer(command) => command.run(client, ui).await,
            Command::Trust(command) => command.run(client, ui).await,
            Command::Kubernetes(command) => command.run(client, ui).await,
        }
    }
}
