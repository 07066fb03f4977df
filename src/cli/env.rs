use clap::Args;
use clap::ValueEnum;

use super::ui::Ui;
use crate::deliver::exports::Syntax;
use crate::flow::Client;
use crate::flow::Failure;
use crate::flow::choose;
use crate::flow::env;
use crate::flow::exec;
use crate::flow::start;
use crate::grant::Name;

/// Write the access as text for a shell to evaluate
#[derive(Debug, Args)]
#[command(
    long_about = "Write the access as text for a shell to evaluate.

Prefer `jit exec`: what is in a shell's environment stays until it expires. Never asks for access; `jit request` does.",
    after_long_help = "Examples:
  eval \"$(jit env prod-admin)\"
  jit env prod-admin --shell fish | source
  eval \"$(jit env --unset)\""
)]
pub struct Env {
    /// The role; when not named: JIT_ROLE, or the one that is active
    #[arg(value_name = "ROLE")]
    role: Option<Name>,
    /// Whose syntax to write; by SHELL when not named
    #[arg(long, value_enum, value_name = "SHELL")]
    shell: Option<Shell>,
    /// Take the access out of the shell again
    #[arg(long, conflicts_with = "role")]
    unset: bool,
}

/// A shell that can evaluate what is written.
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
        start::say_regions(client, &access);
        ui.print(env::set(syntax, &access).expose())
    }
}
