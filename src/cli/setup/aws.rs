use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws::aws_profiles;
use crate::grant::Name;

/// Write AWS profiles that take their credentials from jit
#[derive(Debug, Args)]
#[command(
    long_about = "Write AWS profiles that take their credentials from jit.

jit writes one profile for each role that you may use, in a marked block of ~/.aws/config (or of the file in \
AWS_CONFIG_FILE). Each profile calls `jit credentials`. Without --write, jit only prints the change. The rest of the file stays \
as it is, byte for byte. If you already have a profile with the name of a role, jit writes nothing and shows the name.",
    after_long_help = "Examples:
  jit setup aws --diff
  jit setup aws prod-admin --write
  jit setup aws --remove --write"
)]
pub struct Aws {
    /// Only these roles; default: all roles that you may use
    #[arg(value_name = "ROLE")]
    roles: Vec<Name>,
    /// Print the change only; this is the default
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    /// Change the file
    #[arg(long)]
    write: bool,
    /// Remove the block
    #[arg(long, conflicts_with = "roles")]
    remove: bool,
}

impl Aws {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let change = aws_profiles::plan(client, &self.roles, self.remove).await?;
        let path = change.path.display();
        if let Some(notice) = &change.notice {
            ui.say(notice);
        }
        if change.is_empty() {
            ui.say(&format!("{path} needs no change"));
            return Ok(());
        }
        if !self.write {
            change.lines().iter().try_for_each(|line| ui.line(line))?;
            if !self.diff {
                ui.say(&format!("dry run: nothing was changed; add --write to update {path}"));
            }
            return Ok(());
        }
        change.make(client)?;
        ui.say(&format!("{path} is written"));
        Ok(())
    }
}
