use clap::Args;
use clap::ValueEnum;

use super::ui::Ui;
use crate::flow::Failure;
use crate::prompt::hook;
use crate::prompt::hook::Placing;
use crate::prompt::segment::Shell;
use crate::state::index;
use crate::system::System;

/// Print the hook that shows your access in the shell's prompt
#[derive(Debug, Args)]
#[command(
    long_about = "Print the hook that shows your access in the shell's prompt.

jit changes no file: add the line to the end of your shell's start file. The hook starts no process unless something changed, \
and warns 15 and 5 minutes before access ends.",
    after_long_help = "Examples:
  eval \"$(jit init bash)\"   # at the end of ~/.bashrc
  eval \"$(jit init zsh)\"    # at the end of ~/.zshrc
  jit init fish | source    # at the end of ~/.config/fish/config.fish"
)]
pub struct Init {
    /// Your shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: ShellName,
    /// Only set the exported variable JIT_PROMPT, for a prompt of your own
    #[arg(long)]
    variable: bool,
}

/// A shell with a hook.
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
    /// Elvish, which has no hook yet: jit says what to do instead
    Elvish,
}

impl Init {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let shell = match self.shell {
            ShellName::Bash => Shell::Bash,
            ShellName::Zsh => Shell::Zsh,
            ShellName::Fish => Shell::Fish,
            ShellName::Powershell => Shell::PowerShell,
            ShellName::Nu => Shell::Nu,
            ShellName::Elvish => {
                return Err(Failure::usage("there is no prompt hook for Elvish yet")
                    .hint(
                        "call `jit prompt` from edit:prompt in rc.elv; it prints your active access, if any",
                    )
                    .hint("for completion, type `jit completions elvish`"));
            }
        };
        let placing = if self.variable { Placing::Variable } else { Placing::Prompt };
        let index = index::path(&system.files);
        // A shell may outlive this version.
        let program = system.program();
        let (Some(executable), Some(index)) = (program.to_str(), index.to_str()) else {
            return Err(Failure::failed("the path of jit or of its state folder is not UTF-8")
                .hint("move it, or set JIT_STATE_DIR to a folder whose path is"));
        };
        match hook::text(shell, executable, index, placing) {
            Some(text) => ui.print(&text),
            None => Ok(()),
        }
    }
}
