use clap::Args;
use clap::ValueEnum;

use super::folder::PolicyFolder;
use crate::cli::ui::Ui;
use crate::flow::Failure;
use crate::flow::policy;
use crate::policy::Layout as Written;
use crate::system::System;

/// Write who may ask for what: people by roles
#[derive(Debug, Args)]
#[command(
    after_long_help = "The text depends on the policy alone, so it can be committed and reviewed. Up to 16 roles and
200 people make a grid, more a list by role; --layout settles it for good.

Examples:
  jit policy matrix
  jit policy matrix access --layout list > docs/who-may-what.txt"
)]
pub struct Matrix {
    #[command(flatten)]
    folder: PolicyFolder,
    /// One line a person, or a paragraph a role
    #[arg(long, value_enum)]
    layout: Option<Layout>,
    /// Write JSON
    #[arg(long, conflicts_with = "layout")]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Layout {
    /// One line a person, one column a role
    Grid,
    /// A paragraph a role, then the groups
    List,
}

impl Matrix {
    pub(super) fn run(self, system: &System, ui: &Ui<'_>) -> Result<u8, Failure> {
        let folder = policy::locate(system, self.folder.named()?)?;
        let loaded = folder.load().map_err(|problems| policy::does_not_load(&problems))?;
        let matrix = loaded.matrix();
        let layout = match self.layout {
            None => Written::Fitting,
            Some(Layout::Grid) => Written::Grid,
            Some(Layout::List) => Written::List,
        };
        if self.json {
            ui.json(&matrix)?;
        } else {
            ui.print(&matrix.text(layout))?;
        }
        Ok(0)
    }
}
