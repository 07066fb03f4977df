use std::ffi::OsString;

use clap::Args;
use clap::ValueEnum;
use jiff::Timestamp;
use serde::Serialize;

use super::ui::Ui;
use crate::flow::Failure;
use crate::grant::Cloud;
use crate::grant::Name;
use crate::grant::Place;
use crate::prompt::hook;
use crate::prompt::overruled;
use crate::prompt::segment;
use crate::prompt::segment::Shell;
use crate::state::index;
use crate::state::index::Entry;
use crate::state::index::Index;
use crate::system::System;

/// Print active access for a shell prompt (empty if none)
#[derive(Debug, Args)]
#[command(
    long_about = "Print active access for a shell prompt (empty if none).

Reads one small file: no network, no keychain, no settings.",
    after_long_help = "Examples:
  jit prompt
  jit prompt --shell zsh
  jit prompt --format '{role}@{account} {left}'"
)]
pub struct Prompt {
    /// The text for each role; {role}, {account} and {left} are filled in
    #[arg(long, value_name = "TEXT", default_value = segment::FORMAT)]
    format: String,
    /// Escape for the prompt of this shell
    #[arg(long, value_enum, value_name = "SHELL", default_value_t)]
    shell: ShellName,
    /// Write all active access as JSON
    #[arg(long)]
    json: bool,
    /// Answer the hook of `jit init`
    #[arg(long, hide = true)]
    hook: bool,
    /// When the hook last asked, in seconds since 1970
    #[arg(long, hide = true, requires = "hook")]
    since: Option<i64>,
}

/// A shell whose prompt has special characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ShellName {
    /// No escaping
    #[default]
    Plain,
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
}

#[derive(Debug, Serialize)]
struct Active<'a> {
    role: &'a Name,
    cloud: Cloud,
    place: &'a Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    until: Timestamp,
    direct: bool,
}

impl Prompt {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        if self.hook {
            return ui.print(&hook::answer(system, self.since));
        }
        let index = index::read(&system.files);
        let entries = &index.entries;
        let now = system.clock.now();
        if self.json {
            let active: Vec<Active<'_>> = segment::active(entries, now).into_iter().map(Active::of).collect();
            return ui.json(&active);
        }
        let shell = match self.shell {
            ShellName::Plain => Shell::Plain,
            ShellName::Bash => Shell::Bash,
            ShellName::Zsh => Shell::Zsh,
            ShellName::Fish => Shell::Fish,
            ShellName::Powershell => Shell::PowerShell,
            ShellName::Nu => Shell::Nu,
        };
        let text = text(system, &index, &self.format, shell);
        if text.is_empty() { Ok(()) } else { ui.line(&text) }
    }
}

impl<'a> Active<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            role: &entry.role,
            cloud: entry.cloud,
            place: &entry.place,
            account: entry.place.as_account(),
            until: entry.until,
            direct: entry.is_direct(),
        }
    }
}

/// The prompt's segment. Before it, variables that override the access in this shell.
fn text(system: &System, index: &Index, format: &str, shell: Shell) -> String {
    let overruled = shell.escape(&overruled::words(&system.environment, index));
    let segment = segment::segment(&index.entries, system.clock.now(), format, shell);
    let parts: Vec<String> = [overruled, segment].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

/// The fast path of every prompt: before the parser, with only the index. Anything but plain flags takes the slow path,
/// which gives the same result.
pub fn fast(arguments: &[OsString], system: &System) -> Option<u8> {
    let (first, rest) = arguments.split_first()?;
    if first != "prompt" {
        return None;
    }
    let mut format = segment::FORMAT;
    let mut shell = Shell::Plain;
    let mut hooked = false;
    let mut since = None;
    let mut rest = rest.iter();
    while let Some(flag) = rest.next() {
        match flag.to_str()? {
            "--format" => format = rest.next()?.to_str()?,
            "--shell" => shell = Shell::named(rest.next()?.to_str()?)?,
            "--hook" => hooked = true,
            "--since" => since = Some(rest.next()?.to_str()?.parse().ok()?),
            _ => return None,
        }
    }
    if hooked {
        let _ = system.console.print(&hook::answer(system, since));
        return Some(0);
    }
    let text = text(system, &index::read(&system.files), format, shell);
    if !text.is_empty() {
        // A prompt has nobody to report an error to.
        let _ = system.console.print(&format!("{text}\n"));
    }
    Some(0)
}
