//! Commands inside GitHub Actions, and the setup of a repository for them.

mod check;
mod comment;
mod init;

use clap::Args;
use clap::Subcommand;

use super::ui::Ui;
use crate::flow::Failure;
use crate::flow::github::run::decide;
use crate::flow::github::run::mint;
use crate::github::job_log;
use crate::system::System;

/// Decide and issue credentials in GitHub Actions, without a broker
#[derive(Debug, Args)]
#[command(
    after_long_help = "The access repository's workflows run check, decide and mint; `jit ci init` writes these workflows.

Examples:
  jit ci init --repository acme/access --owners @acme/security \\
      --download https://… --sha256 …
  jit ci check"
)]
pub struct Ci {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Init),
    Check(check::Check),
    Decide(Decide),
    Mint(Mint),
}

/// Verify a request and record the decision
#[derive(Debug, Args)]
#[command(
    after_long_help = "The workflow sets the input as environment variables: JIT_ACTION, JIT_REQUEST, JIT_PULL, JIT_DIGEST, JIT_FORM, JIT_HEAD, JIT_STATEMENT, JIT_PROOF, \
JIT_LOG_KEY, JIT_LOG_APP, JIT_LOG_APP_KEY, JIT_LOG_TOKEN and GitHub's own.

Examples:
  jit ci decide
  JIT_LOG=debug jit ci decide"
)]
struct Decide {}

/// Verify a request again, get its credentials, seal them and print them
#[derive(Debug, Args)]
#[command(
    after_long_help = "The workflow sets the input as environment variables: JIT_ACTION, JIT_REQUEST, JIT_PULL, JIT_DIGEST, JIT_FORM, JIT_PROOF and GitHub's own.

Examples:
  jit ci mint
  JIT_LOG=debug jit ci mint"
)]
struct Mint {}

impl Ci {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        match self.command {
            Command::Init(command) => command.run(system, ui).await,
            Command::Check(command) => command.run(system, ui).await,
            Command::Decide(Decide {}) => {
                let decided = decide::decide(system).await.map_err(|failure| told(failure, ui))?;
                let (id, state) = (&decided.id, decided.state.as_str());
                ui.say(&format!("{} {id}: {state}", decided.action.as_str()));
                let head = &decided.head;
                ui.say(&format!("the log ends with event {}.{}", head.sequence, head.hash));
                ui.say(&format!("GitHub was asked {} times", decided.asked));
                Ok(())
            }
            Command::Mint(Mint {}) => {
                let minted = mint::mint(system).await.map_err(|failure| told(failure, ui))?;
                let (number, id, expires) = (minted.number, &minted.id, minted.expires);
                // One stream, because the runner may mix the lines of two.
                ui.print(&format!(
                    "minted credentials {number} of {id}, until {expires}\n{}",
                    job_log::write(&minted.delivered)
                ))
            }
        }
    }
}

/// Writes the rule's code into the job's log. The client that waits for the run reads it there.
fn told(failure: Failure, ui: &Ui<'_>) -> Failure {
    if let Some(code) = failure.code {
        ui.say(&format!("refused: {code}"));
    }
    failure
}
