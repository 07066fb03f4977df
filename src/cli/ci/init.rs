use std::path::PathBuf;

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::github::setup;
use crate::flow::github::setup::download;
use crate::flow::github::setup::init;
use crate::flow::github::setup::init::Plan;
use crate::flow::github::setup::init::Prepared;
use crate::github::api::Slug;
use crate::grant::text::sanitise;
use crate::policy::LogWriter;
use crate::system::System;

/// Set up a repository on GitHub that decides and issues credentials
#[derive(Debug, Args)]
#[command(
    long_about = "Set up a repository on GitHub that decides and issues credentials.

Run it in a folder that contains a policy. It writes the workflows, CODEOWNERS and the folder of requests there, and prints the \
settings for GitHub and the trust policy for each role. With --apply and a GITHUB_TOKEN that may administer the repository, it \
shows what it would change, asks once, and does it: the log and its key, the app that writes the log, the files on main in one \
commit, and then the rules that close main. Run it again after an interruption, for a new role, or for another version of jit.",
    after_long_help = "Examples:
  GITHUB_TOKEN=$(gh auth token) jit ci init --repository acme/access \\
      --owners @acme/security --download https://… --apply
  jit ci init … --apply -y --log-writer app:12345 --key-file ~/jit-log.key"
)]
pub(super) struct Init {
    /// The access repository
    #[arg(long, value_name = "OWNER/NAME")]
    repository: String,
    /// The owners of the policy: people and teams on GitHub
    #[arg(long, value_name = "@NAME", required = true, num_args = 1..)]
    owners: Vec<String>,
    /// The address from which the workflows download jit
    #[arg(long, value_name = "URL")]
    download: Option<String>,
    /// The SHA-256 of that file; without it, jit fetches the file once and says it
    #[arg(long, value_name = "HEX")]
    sha256: Option<String>,
    /// Set the repository up at GitHub
    #[arg(long)]
    apply: bool,
    /// Agree to what would change
    #[arg(short, long, requires = "apply")]
    yes: bool,
    /// The only writer of the log, instead of a new GitHub App: app:ID or team:ID
    #[arg(long, value_name = "WHO", requires = "apply")]
    log_writer: Option<LogWriter>,
    /// A file for the log's new private key, instead of the secret at GitHub
    #[arg(long, value_name = "FILE", requires = "apply")]
    key_file: Option<PathBuf>,
    /// Give the log another key; the old one still verifies what it signed
    #[arg(long, requires = "apply")]
    new_log_key: bool,
    /// Only print the address of the page that makes the app
    #[arg(long, requires = "apply")]
    no_browser: bool,
}

impl Init {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let slug = Slug::parse(&self.repository).ok_or_else(|| {
            Failure::usage("that is not a repository").hint("name it as OWNER/NAME: --repository acme/access")
        })?;
        let download = download::find(system, self.download.as_deref(), self.sha256.as_deref()).await?;
        let plan = Plan {
            slug,
            download,
            owners: self.owners.join(" "),
            writer: self.log_writer,
            key_file: self.key_file,
            new_log_key: self.new_log_key,
            no_browser: self.no_browser,
            yes: self.yes,
        };
        let (policy, mut prepared) = if self.apply {
            init::apply(system, &plan).await?
        } else {
            let (policy, mut prepared) = init::write(system, &plan)?;
            init::describe(&plan, &policy, &mut prepared);
            (policy, prepared)
        };
        for path in &prepared.written {
            ui.say(&format!("wrote  {path}"));
            let replaced = prepared.replaced.iter().filter(|(replaced, _)| replaced == path);
            for line in replaced.flat_map(|(_, lines)| lines) {
                ui.say(&format!("  {}", sanitise(line)));
            }
        }
        for path in &prepared.kept {
            ui.say(&format!("kept   {path}"));
        }
        if system.environment.get("GITHUB_TOKEN").is_some() {
            setup::trust(system, &plan, &policy, &mut prepared).await?;
            print_trust(&prepared, ui)?;
        } else {
            prepared.left.push(
                "run it again with GITHUB_TOKEN set: it then prints what each cloud must trust".to_owned(),
            );
        }
        if self.apply {
            init::examine(system, &plan, &policy, &mut prepared).await?;
        }
        for what in &prepared.left {
            ui.say(&format!("to do  {what}"));
        }
        Ok(())
    }
}

fn print_trust(prepared: &Prepared, ui: &Ui<'_>) -> Result<(), Failure> {
    for document in &prepared.trust {
        ui.say(&format!("{}:", document.title));
        ui.line(&document.text)?;
    }
    Ok(())
}
