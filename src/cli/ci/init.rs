use std::path::PathBuf;

use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::github::Download;
use crate::flow::github::setup::init;
use crate::flow::github::setup::init::Plan;
use crate::github::api::Slug;
use crate::grant::Digest;
use crate::grant::text::sanitise;
use crate::policy::LogWriter;
use crate::system::System;

/// Set up a repository on GitHub that decides and issues credentials
#[derive(Debug, Args)]
#[command(
    long_about = "Set up a repository on GitHub that decides and issues credentials.

Run it in a checkout that contains a policy. It writes the workflows, CODEOWNERS and the folder of requests, and prints the \
settings for GitHub and the trust policy for each role. With --apply and a GITHUB_TOKEN that may administer the repository, it \
also sets environments, rulesets, the subjects of ID tokens, and the log.",
    after_long_help = "Examples:
  jit ci init --repository acme/access --owners @acme/security \\
      --download https://… --sha256 …
  GITHUB_TOKEN=$(gh auth token) jit ci init … --apply \\
      --log-writer app:12345 --key-file ~/jit-log.key"
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
    download: String,
    /// The SHA-256 of that file
    #[arg(long, value_name = "HEX")]
    sha256: String,
    /// Change the settings at GitHub
    #[arg(long)]
    apply: bool,
    /// The only writer of the log: app:ID or team:ID
    #[arg(long, value_name = "WHO", requires = "apply")]
    log_writer: Option<LogWriter>,
    /// The file for the log's new private key, outside the repository
    #[arg(long, value_name = "FILE", requires = "apply")]
    key_file: Option<PathBuf>,
}

impl Init {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let slug = Slug::parse(&self.repository).ok_or_else(|| {
            Failure::usage("that is not a repository").hint("name it as OWNER/NAME: --repository acme/access")
        })?;
        let sha256: Digest =
            self.sha256.parse().map_err(|_| Failure::usage("--sha256 takes 64 hexadecimal characters"))?;
        let plan = Plan {
            slug,
            download: Download::new(&self.download, sha256)?,
            owners: self.owners.join(" "),
            writer: self.log_writer,
        };
        let (policy, mut prepared) = init::write(system, &plan)?;
        if self.apply {
            init::apply(system, &plan, &policy, self.key_file.as_deref(), &mut prepared).await?;
        } else {
            init::describe(&plan, &policy, &mut prepared);
        }
        if system.environment.get("GITHUB_TOKEN").is_some() {
            init::trust(system, &plan, &policy, &mut prepared).await?;
        } else {
            prepared.left.push(
                "run it again with GITHUB_TOKEN set: it then prints what each cloud must trust".to_owned(),
            );
        }
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
        for what in &prepared.set {
            ui.say(&format!("set    {what}"));
        }
        for what in &prepared.left {
            ui.say(&format!("to do  {what}"));
        }
        for document in &prepared.trust {
            ui.say(&format!("{}:", document.title));
            ui.line(&document.text)?;
        }
        Ok(())
    }
}
