use clap::Args;
use clap_complete::Shell;

use super::arguments;
use super::naming;
use super::ui::Ui;
use crate::flow::Failure;

/// Print the completion script of a shell
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit completions bash > ~/.local/share/bash-completion/completions/jit
  jit completions zsh > ~/.zfunc/_jit
  jit completions fish > ~/.config/fish/completions/jit.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, ui: &Ui<'_>) -> Result<(), Failure> {
        ui.print(&script(self.shell))
    }
}

/// The completion script of a shell.
pub fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "jit", &mut script);
    naming::add(shell, String::from_utf8_lossy(&script).into_owned())
}
