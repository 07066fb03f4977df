//! Commands for access as code, on this machine. They need no broker.

pub(super) mod annotation;
mod check;
pub(super) mod diff;
mod explain;
mod folder;
mod import;
mod init;
pub(super) mod markdown;
mod matrix;
mod sarif;
mod schema;
mod test;

use clap::Args;
use clap::Subcommand;
use clap::ValueEnum;

use super::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::system::System;

/// Write, check, test and compare access as code
#[derive(Debug, Args)]
#[command(
    after_long_help = "None of these commands needs a broker. Each takes the policy's folder with --policy DIR, as `jit serve` does. By default, the \
folder is the current folder or its folder `access`, if it contains access.toml.

Examples:
  jit policy init access
  jit policy check
  jit policy diff origin/main HEAD --format github"
)]
pub struct Policy {
    #[command(subcommand)]
    command: Command,
}

/// `jit policy init access`, for somebody who chose it without typing it.
pub(super) fn begin(client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
    init::Init::into_access().run(client, ui)
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
    Test(test::Test),
    Explain(explain::Explain),
    Matrix(matrix::Matrix),
    Diff(diff::Diff),
    Schema(schema::Schema),
    Import(import::Import),
}

/// The format of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs.
    Json,
    /// For GitHub: notes on the changed lines, or a pull-request comment.
    Github,
}

impl Policy {
    /// Runs the command. Returns the exit code.
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        match self.command {
            Command::Init(command) => command.run(&Client::open(system)?, ui).map(|()| 0),
            Command::Check(command) => command.run(system, ui),
            Command::Test(command) => command.run(system, ui),
            Command::Explain(command) => command.run(system, ui),
            Command::Matrix(command) => command.run(system, ui),
            Command::Diff(command) => command.run(system, ui).await,
            Command::Schema(command) => command.run(system, ui),
            Command::Import(command) => command.run(system, ui).await,
        }
    }
}
