use clap::Args;
use clap::ValueEnum;

use super::folder::PolicyFolder;
use crate::cli::ui::Ui;
use crate::cli::ui::table::width;
use crate::flow::Failure;
use crate::flow::policy;
use crate::policy::Layout as Written;
use crate::system::System;

/// Show which people may request which roles
#[derive(Debug, Args)]
#[command(
    after_long_help = "The text depends only on the policy, so you can commit and review it. By default, up to 16 roles and 200 people are shown as \
a grid if it fits the terminal, and more as a list.

Examples:
  jit policy matrix
  jit policy matrix access --layout list > docs/who-may-what.txt"
)]
pub struct Matrix {
    #[command(flatten)]
    folder: PolicyFolder,
    /// The layout; default: a grid where it fits, else a list
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// Write JSON
    #[arg(long, conflicts_with = "layout")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// One line per person, one column per role
    Grid,
    /// A paragraph per role, then the groups
    List,
}

impl Matrix {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let folder = policy::locate(system, self.folder.named()?)?;
        let working = system.console.working("deciding for everybody");
        let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
        let matrix = loaded.matrix();
        drop(working);
        let layout = match self.layout {
            None => Written::Fitting,
            Some(Layout::Grid) => Written::Grid,
            Some(Layout::List) => Written::List,
        };
        if self.json {
            ui.json(&matrix)?;
        } else {
            let text = matrix.text(layout);
            let is_wider = |columns: usize| {
                text.lines().filter(|line| !line.starts_with('#')).any(|line| width(line) > columns)
            };
            // A grid wider than the terminal is unreadable. A list can be wrapped.
            match ui.columns() {
                Some(columns) if self.layout.is_none() && is_wider(columns) => {
                    ui.prose(&matrix.text(Written::List))?;
                }
                _ if self.layout == Some(Layout::Grid) => ui.print(&text)?,
                _ => ui.prose(&text)?,
            }
        }
        Ok(0)
    }
}
