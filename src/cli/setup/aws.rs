use clap::Args;

use crate::cli::ui::Ui;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::aws_profiles;
use crate::grant::Name;
use crate::system::console::ConsoleError;

/// Write AWS profiles that take their credentials from jit
#[derive(Debug, Args)]
#[command(
    long_about = "Write AWS profiles that take their credentials from jit.

One profile for each role that you may use, in a marked block of ~/.aws/config (or the file that AWS_CONFIG_FILE names); each \
calls `jit credentials`. Everything else in the file stays as it is, byte for byte. A profile of your own by the same name is \
never covered: the command refuses and names it. Shows the change and asks before it is made.",
    after_long_help = "Examples:
  jit setup aws --diff
  jit setup aws prod-admin -y
  jit setup aws --remove"
)]
pub struct Aws {
    /// The roles; all that you may use when none is named
    #[arg(value_name = "ROLE")]
    roles: Vec<Name>,
    /// Print what would change, and change nothing
    #[arg(long)]
    diff: bool,
    /// Take the block out again
    #[arg(long, conflicts_with = "roles")]
    remove: bool,
    /// Do not ask whether to go on
    #[arg(short, long)]
    yes: bool,
}

impl Aws {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let change = aws_profiles::plan(client, &self.roles, self.remove).await?;
        let path = change.path.display();
        if change.is_empty() {
            ui.say(&format!("{path} needs no change"));
            return Ok(());
        }
        if self.diff {
            return change.lines().iter().try_for_each(|line| ui.line(line));
        }
        if !self.yes {
            ui.say(&format!("{path}:"));
            for line in change.lines() {
                ui.say(&line);
            }
            match client.console().confirm("Make this change?", true) {
                Ok(true) => {}
                Ok(false) => return Err(Failure::failed("nothing was changed")),
                Err(ConsoleError::NotInteractive) => {
                    return Err(Failure::usage("there is no terminal to ask on").hint("type it with `-y`"));
                }
                Err(error) => return Err(error.into()),
            }
        }
        change.make(client)?;
        ui.say(&format!("{path} is written"));
        Ok(())
    }
}
