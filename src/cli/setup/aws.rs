use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws_profiles;
use crate::grant::Name;

/// Write AWS profiles that take their credentials from jit
#[derive(Debug, Args)]
#[command(
    long_about = "Write AWS profiles that take their credentials from jit.

One profile for each role that you may use, in a marked block of ~/.aws/config (or of the file that AWS_CONFIG_FILE names); \
each calls `jit credentials`. Prints what would change, and changes nothing unless --write is given. Everything else in the \
file stays as it is, byte for byte; where you have a profile by the same name, the file is left alone and the name is shown.",
    after_long_help = "Examples:
  jit setup aws --diff
  jit setup aws prod-admin --write
  jit setup aws --remove --write"
)]
pub struct Aws {
    /// The roles, and no others; all that you may use when none is named
    #[arg(value_name = "ROLE")]
    roles: Vec<Name>,
    /// Print what would change, and change nothing; so does leaving out --write
    #[arg(long, conflicts_with = "write")]
    diff: bool,
    /// Change the file
    #[arg(long)]
    write: bool,
    /// Take the block out again
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
                ui.say(&format!("nothing was changed; type it with `--write` to change {path} so"));
            }
            return Ok(());
        }
        change.make(client)?;
        ui.say(&format!("{path} is written"));
        Ok(())
    }
}
