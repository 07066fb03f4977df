use clap::Args;
use clap::ValueEnum;

use super::ui::Ui;
use crate::deliver::exports::Syntax;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::asking::choose;
use crate::flow::using::env;
use crate::flow::using::exec;
use crate::flow::using::start;
use crate::grant::Name;

/// Print the credentials as variables for a shell
#[derive(Debug, Args)]
#[command(
    long_about = "Print the credentials as variables for a shell.

Prefer `jit exec`: credentials in a shell's environment stay there until they expire. This command never requests access.",
    after_long_help = "Examples:
  eval \"$(jit env prod-admin)\"
  jit env prod-admin --shell fish | source
  eval \"$(jit env --unset)\""
)]
pub struct Env {
    /// The role; default: JIT_ROLE, or your only active role
    #[arg(value_name = "ROLE")]
    role: Option<Name>,
    /// The shell's syntax; default: by SHELL
    #[arg(long, value_enum, value_name = "SHELL")]
    shell: Option<Shell>,
    /// Remove the variables from the shell again
    #[arg(long, conflicts_with = "role")]
    unset: bool,
}

/// A shell that can evaluate the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash, and every POSIX shell
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// nu, as JSON for `from json | load-env`
    Nu,
}

impl Env {
    pub(super) async fn run(self, client: &Client<'_>, ui: &Ui<'_>) -> Result<(), Failure> {
        let fish = || client.system.environment.get("SHELL").is_some_and(|shell| shell.ends_with("/fish"));
        let syntax = match self.shell {
            Some(Shell::Bash | Shell::Zsh) => Syntax::Posix,
            Some(Shell::Fish) => Syntax::Fish,
            Some(Shell::Powershell) => Syntax::PowerShell,
            Some(Shell::Nu) => Syntax::Nu,
            None if fish() => Syntax::Fish,
            None => Syntax::Posix,
        };
        if self.unset {
            return ui.print(&env::unset(syntax));
        }
        let role = choose::role(client, self.role)?;
        let access = exec::access(client, &role, false).await?;
        start::say_region(client, &access);
        ui.print(env::set(syntax, &access)?.expose())
    }
}
