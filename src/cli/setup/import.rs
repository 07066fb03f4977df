use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::import;
use crate::flow::import_names;

/// Propose direct roles from the profiles of AWS's own files
#[derive(Debug, Args)]
#[command(
    long_about = "Propose direct roles from the profiles of AWS's own files.

Reads ~/.aws/config, as aws-vault, granted and aws-sso leave it, and prints a direct role for each profile that assumes a \
role. Changes nothing unless --write is given; then the roles are added at the end of config.toml. Where a role that is asked for \
has the name already, a question says what becomes of it.",
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
