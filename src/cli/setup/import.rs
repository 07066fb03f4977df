use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::import;
use crate::flow::aws::import_names;

/// Propose direct roles from your AWS profiles
#[derive(Debug, Args)]
#[command(
    long_about = "Propose direct roles from your AWS profiles.

jit reads ~/.aws/config, also as aws-vault, granted and aws-sso write it, and prints a direct role for each profile that \
assumes a role. Without --write, jit changes nothing. With it, jit adds the roles to the end of config.toml, and \
asks what to do where another role has the name already.",
    after_long_help = "Examples:
  jit setup import
  jit setup import --write"
)]
pub struct Import {
    /// Add the roles to config.toml
    #[arg(long)]
    write: bool,
}

impl Import {
    /// Shows the proposal, and writes it if the person agrees.
    pub(in crate::cli) fn guided(client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let shown = import_names::settle(client, import::propose(client)?, false)?;
        Self { write: false }.run(client, ui)?;
        if shown.roles.is_empty() {
            ui.say("no profile of ~/.aws/config assumes a role; `jit demo` needs none");
            return Ok(());
        }
        if !client.console().confirm("Add these roles to config.toml?", true)? {
            return Ok(());
        }
        Self { write: true }.run(client, ui)
    }

    pub(super) fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let proposal = import_names::settle(client, import::propose(client)?, self.write)?;
        for line in &proposal.left_out {
            ui.say(&format!("left out  {line}"));
        }
        if proposal.roles.is_empty() {
            ui.say("there is nothing to import");
            return Ok(());
        }
        let path = client.system.files.config.join("config.toml");
        if !self.write {
            ui.print(&proposal.toml)?;
            ui.say(&format!(
                "nothing was changed; `jit setup import --write` adds this to {}",
                path.display()
            ));
            return Ok(());
        }
        import::write(client, &proposal)?;
        for role in &proposal.roles {
            ui.line(role.as_str())?;
        }
        ui.say(&format!(
            "added to {}; try one: `jit exec ROLE -- aws sts get-caller-identity`",
            path.display()
        ));
        Ok(())
    }
}
