use clap::Args;

use super::arguments;
use super::ui::Ui;
use crate::flow::Failure;

/// Print a manual page
#[derive(Debug, Args)]
#[command(after_long_help = "Examples:
  jit man | man -l -
  jit man jit-request | man -l -")]
pub struct Man {
    /// The page, like jit-request
    #[arg(default_value = "jit")]
    page: String,
}

impl Man {
    pub(super) fn run(self, ui: &Ui<'_>) -> Result<(), Failure> {
        let found = pages().into_iter().find(|(name, _)| *name == self.page);
        let (_, text) = found.ok_or_else(|| {
            Failure::usage(format!("there is no page {:?}", self.page))
                .hint("`jit man jit` lists the commands")
        })?;
        ui.print(&text)
    }
}

/// Every manual page: its name and its text.
pub fn pages() -> Vec<(String, String)> {
    let mut whole = arguments::command().disable_help_subcommand(true);
    whole.build();
    let mut pages = Vec::new();
    collect(&whole, "jit", &mut pages);
    pages
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, String)>) {
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command.clone()).title(name).render(&mut text);
    pages.push((name.to_owned(), String::from_utf8_lossy(&text).into_owned()));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        collect(inner, &format!("{name}-{}", inner.get_name()), pages);
    }
}
