use clap::Args;

use super::arguments;
use super::groups;
use super::ui::Ui;
use crate::flow::Failure;
use crate::system::System;
use crate::system::files;
use crate::system::processes::Command;

/// roff's apostrophe, as at the start of clap_mangen's texts.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// Show a manual page
#[derive(Debug, Args)]
#[command(
    long_about = "Show a manual page.

On a terminal, man shows the page. Elsewhere its source is printed, for `man -l -` or to be installed.",
    after_long_help = "Examples:
  jit man
  jit man request
  jit man policy check
  jit man request > jit-request.1"
)]
pub struct Man {
    /// The command, like request or policy check; default: jit itself
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    pub(super) async fn run(self, system: &System, ui: &Ui<'_>) -> Result<(), Failure> {
        let name = page_name(&self.command);
        let (_, text) = pages().into_iter().find(|(page, _)| *page == name).ok_or_else(|| {
            Failure::usage(format!("there is no manual page {name}"))
                .hint("`jit --help` lists the commands; write a page as `jit man request` or `jit man policy check`")
        })?;
        if ui.columns().is_some() && shown(system, &name, &text).await {
            return Ok(());
        }
        match ui.columns().and_then(|_| help(&name)) {
            // Without man nobody can read a page's source on a terminal.
            Some(help) => ui.print(&help),
            None => ui.print(&text),
        }
    }
}

/// The page for these words: accepts `request`, `jit-request` and `policy check`.
fn page_name(words: &[String]) -> String {
    let joined = words.join("-");
    match joined.as_str() {
        "" | "jit" => "jit".to_owned(),
        name if name.starts_with("jit-") => name.to_owned(),
        name => format!("jit-{name}"),
    }
}

/// Shows the page with man. Returns whether it worked. Passes the page as a file, because not every man reads standard
/// input.
async fn shown(system: &System, name: &str, text: &str) -> bool {
    let Ok(folder) = files::temporary_folder() else { return false };
    let path = folder.path().join(format!("{name}.1"));
    if files::replace_private(&path, text.as_bytes()).is_err() {
        return false;
    }
    let command = Command {
        program: "man".into(),
        arguments: vec![path.into()],
        environment: system.environment.clone(),
    };
    matches!(system.processes.run_attached(&command).await, Ok(0))
}

/// The long help of the page's command.
fn help(name: &str) -> Option<String> {
    let mut whole = arguments::command();
    whole.build();
    find(&whole, "jit", name).map(|mut command| command.render_long_help().to_string())
}

fn find(command: &clap::Command, page: &str, wanted: &str) -> Option<clap::Command> {
    if page == wanted {
        return Some(command.clone());
    }
    command.get_subcommands().find_map(|inner| find(inner, &format!("{page}-{}", inner.get_name()), wanted))
}

/// Every manual page, as its name and its text.
pub fn pages() -> Vec<(String, String)> {
    // Without the commit, because the pages are committed files.
    let mut whole = arguments::command().version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
    whole.build();
    let mut pages = Vec::new();
    collect(&whole, "jit", &mut pages);
    pages
}

fn collect(command: &clap::Command, name: &str, pages: &mut Vec<(String, String)>) {
    let page = clap_mangen::Man::new(command.clone()).title(name);
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = if name == "jit" { first_page(&page, command, &mut text) } else { page.render(&mut text) };
    let text = String::from_utf8_lossy(&text);
    // Each section of the first page repeats this preamble. Once is enough.
    pages.push((name.to_owned(), format!("{PREAMBLE}{}", text.replace(PREAMBLE, ""))));
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        collect(inner, &format!("{name}-{}", inner.get_name()), pages);
    }
}

/// The page of the whole program, with its commands in groups.
fn first_page(page: &clap_mangen::Man, command: &clap::Command, text: &mut Vec<u8>) -> std::io::Result<()> {
    page.render_title(text)?;
    page.render_name_section(text)?;
    page.render_synopsis_section(text)?;
    page.render_description_section(text)?;
    text.extend_from_slice(b".SH COMMANDS\n");
    for (group, commands) in groups::of(command) {
        text.extend_from_slice(format!(".SS {group}\n").as_bytes());
        for (name, about) in commands {
            let line = format!(".TP\njit\\-{}(1)\n{}\n", escaped(name), escaped(&about));
            text.extend_from_slice(line.as_bytes());
        }
    }
    page.render_options_section(text)?;
    page.render_extra_section(text)?;
    page.render_version_section(text)
}

/// Escapes text for roff. An about never begins with a control character.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_as_people_name_its_command() {
        let named =
            |words: &[&str]| page_name(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(named(&[]), "jit");
        assert_eq!(named(&["jit"]), "jit");
        assert_eq!(named(&["request"]), "jit-request");
        assert_eq!(named(&["jit-request"]), "jit-request");
        assert_eq!(named(&["jit", "request"]), "jit-request");
        assert_eq!(named(&["policy", "check"]), "jit-policy-check");
        let pages = pages();
        for name in ["jit", "jit-request", "jit-policy-check"] {
            assert!(pages.iter().any(|(page, _)| page == name), "{name}");
            assert!(help(name).unwrap().contains("Usage: "), "{name}");
        }
    }
}
