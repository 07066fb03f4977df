use clap::Args;
use clap::ValueEnum;
use clap_complete::Generator;
use clap_complete::Shell;
use clap_complete_nushell::Nushell;

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
    #[arg(value_enum, value_name = "SHELL")]
    shell: ShellName,
}

/// A shell with a completion script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// nu
    Nu,
    /// Elvish
    Elvish,
}

impl Completions {
    pub(super) fn run(self, ui: &Ui<'_>) -> Result<(), Failure> {
        ui.print(&script(self.shell))
    }
}

/// The completion script of a shell.
pub fn script(shell: ShellName) -> String {
    match shell {
        ShellName::Bash => naming::add(Shell::Bash, generated(Shell::Bash)),
        ShellName::Zsh => naming::add(Shell::Zsh, generated(Shell::Zsh)),
        ShellName::Fish => naming::add(Shell::Fish, generated(Shell::Fish)),
        ShellName::Powershell => generated(Shell::PowerShell),
        ShellName::Nu => generated(Nushell),
        ShellName::Elvish => generated(Shell::Elvish),
    }
}

/// The script as clap generates it.
fn generated(shell: impl Generator) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut arguments::command(), "jit", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
