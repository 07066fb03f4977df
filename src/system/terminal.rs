//! The real terminal: dialoguer asks, indicatif shows progress.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::io::IsTerminal;
use std::io::Read;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use dialoguer::FuzzySelect;
use dialoguer::Input;
use dialoguer::Password;
use dialoguer::console::Term;
use dialoguer::console::truncate_str;
use dialoguer::theme::Theme;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use super::Environment;
use super::console::Console;
use super::console::ConsoleError;
use super::console::yes_or_no;
use super::desktop::Desktop;
use super::working::PATIENCE;
use super::working::Working;
use crate::secret::Secret;

/// The terminal on which this process was started.
pub struct Terminal {
    colour_allowed: bool,
    #[cfg(unix)]
    places_text: bool,
    output_is_terminal: bool,
    messages_are_terminal: bool,
    input_is_terminal: bool,
    desktop: Option<Desktop>,
    progress: Arc<Mutex<Progress>>,
    #[cfg(feature = "demo")]
    lines: super::line_editor::LineEditor,
}

#[derive(Default)]
struct Progress {
    bar: Option<ProgressBar>,
    last: String,
}

impl Terminal {
    /// Checks the standard streams, `NO_COLOR`, `CLICOLOR_FORCE`, and what the environment says of the terminal.
    pub fn new(environment: &Environment) -> Self {
        Self {
            colour_allowed: environment.get("NO_COLOR").is_none()
                && environment.get("TERM").is_none_or(|terminal| terminal != "dumb"),
            #[cfg(unix)]
            places_text: environment.get("TERM").is_some_and(|terminal| !matches!(terminal, "" | "dumb")),
            output_is_terminal: io::stdout().is_terminal(),
            messages_are_terminal: io::stderr().is_terminal(),
            input_is_terminal: io::stdin().is_terminal(),
            desktop: Desktop::of(environment),
            progress: Arc::default(),
            #[cfg(feature = "demo")]
            lines: super::line_editor::LineEditor::default(),
        }
    }

    fn ready_to_ask(&self) -> Result<(), ConsoleError> {
        self.settle();
        #[cfg(unix)]
        super::full_screen::give_back();
        if self.is_interactive() { Ok(()) } else { Err(ConsoleError::NotInteractive) }
    }

    /// The same, and drops input typed before the question, which was meant for something else.
    fn ready_for_an_answer(&self) -> Result<(), ConsoleError> {
        self.ready_to_ask()?;
        drop_typed_ahead().map_err(ConsoleError::Failed)
    }
}

#[cfg(unix)]
fn drop_typed_ahead() -> io::Result<()> {
    rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush).map_err(io::Error::from)
}

/// The console of Windows delivers keys one by one, so there is no queue to empty.
#[cfg(not(unix))]
fn drop_typed_ahead() -> io::Result<()> {
    Ok(())
}

/// Shows questions as written in the code. A colon follows only if no other sign ends them.
struct Plain;

impl Theme for Plain {
    fn format_input_prompt(
        &self,
        writer: &mut dyn fmt::Write,
        prompt: &str,
        default: Option<&str>,
    ) -> fmt::Result {
        match default {
            Some(default) => write!(writer, "{prompt} [{default}]: "),
            None => write!(writer, "{prompt}{} ", colon(prompt)),
        }
    }

    fn format_input_prompt_selection(
        &self,
        writer: &mut dyn fmt::Write,
        prompt: &str,
        chosen: &str,
    ) -> fmt::Result {
        write!(writer, "{prompt}{} {chosen}", colon(prompt))
    }

    fn format_fuzzy_select_prompt(
        &self,
        writer: &mut dyn fmt::Write,
        prompt: &str,
        typed: &str,
        at: usize,
    ) -> fmt::Result {
        let (before, after) = typed.split_at_checked(at).unwrap_or((typed, ""));
        write!(writer, "{prompt}{} {before}|{after}", colon(prompt))
    }
}

/// A line that turns until it is cleared.
fn spinner(template: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn clear(progress: &Mutex<Progress>) {
    if let Some(bar) = progress.lock().unwrap_or_else(PoisonError::into_inner).bar.take() {
        bar.finish_and_clear();
    }
}

fn colon(prompt: &str) -> &'static str {
    if prompt.ends_with(['?', ':', '$', ']']) { "" } else { ":" }
}

impl Console for Terminal {
    fn print(&self, text: &str) -> io::Result<()> {
        self.settle();
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    fn read_input(&self, most: usize) -> io::Result<Vec<u8>> {
        let mut input = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        io::stdin().lock().take(limit).read_to_end(&mut input)?;
        if input.len() > most { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(input) }
    }

    fn line(&self, line: &str) {
        #[cfg(unix)]
        if super::full_screen::keep(line) {
            return;
        }
        self.settle();
        // If standard error is closed, there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    fn progress(&self, line: &str) {
        // A window has its own place for what a command waits for.
        #[cfg(unix)]
        if super::full_screen::is_taken() {
            return;
        }
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if self.messages_are_terminal {
            let bar = progress.bar.get_or_insert_with(|| spinner("{spinner} {msg}"));
            bar.set_message(line.to_owned());
        } else if progress.last != line {
            line.clone_into(&mut progress.last);
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    fn working(&self, what: &str) -> Working {
        if !self.messages_are_terminal {
            return Working::unseen();
        }
        let what = what.to_owned();
        let (shown, hidden) = (Arc::clone(&self.progress), Arc::clone(&self.progress));
        let show = move || {
            let mut progress = shown.lock().unwrap_or_else(PoisonError::into_inner);
            // Something that says more stands there already.
            if progress.bar.is_none() {
                let bar = spinner("{spinner} {msg} {elapsed}").with_elapsed(PATIENCE);
                bar.set_message(what);
                progress.bar = Some(bar);
            }
        };
        Working::after(PATIENCE, show, move || clear(&hidden))
    }

    fn settle(&self) {
        clear(&self.progress);
    }

    fn columns(&self) -> Option<usize> {
        let size = if self.output_is_terminal { Term::stdout().size_checked() } else { None };
        size.map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
    }

    fn message_columns(&self) -> Option<usize> {
        let size = if self.messages_are_terminal { Term::stderr().size_checked() } else { None };
        size.map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
    }

    fn is_output_read(&self) -> bool {
        self.output_is_terminal
    }

    fn ring(&self, text: &str) {
        if self.messages_are_terminal {
            let notice = self.desktop.map_or_else(String::new, |desktop| desktop.show(text));
            // A closed terminal gets no bell.
            let _ = io::stderr().lock().write_all(format!("\x07{notice}").as_bytes());
        }
    }

    #[cfg(unix)]
    fn screen(&self, coloured: bool) -> Result<Box<dyn super::screen::Screen>, ConsoleError> {
        if !(self.is_interactive() && self.output_is_terminal && self.places_text) {
            return Err(ConsoleError::NotInteractive);
        }
        self.settle();
        Ok(Box::new(super::full_screen::FullScreen::new(coloured)?))
    }

    fn is_interactive(&self) -> bool {
        self.input_is_terminal && self.messages_are_terminal
    }

    fn is_inherited(&self) -> bool {
        true
    }

    fn colours_output(&self) -> bool {
        self.colour_allowed && self.output_is_terminal
    }

    fn colours_messages(&self) -> bool {
        self.colour_allowed && self.messages_are_terminal
    }

    fn confirm(&self, question: &str, default: bool) -> Result<bool, ConsoleError> {
        let choices = if default { "[Y/n]" } else { "[y/N]" };
        // Reads a whole line, so that neither a single key nor a line meant for another window answers. The rest of a
        // pasted text is dropped before the question is repeated.
        loop {
            self.ready_for_an_answer()?;
            let line = Input::<String>::with_theme(&Plain)
                .with_prompt(format!("{question} {choices}"))
                .allow_empty(true)
                .interact_text()
                .map_err(interrupted)?;
            match yes_or_no(&line, default) {
                Some(said) => return Ok(said),
                None => self.say("type y or n, then Enter"),
            }
        }
    }

    fn ask(&self, question: &str, offered: &[String]) -> Result<String, ConsoleError> {
        self.ready_for_an_answer()?;
        let mut input = Input::<String>::with_theme(&Plain).with_prompt(question).allow_empty(true);
        if let Some(first) = offered.first() {
            input = input.default(first.clone());
        }
        input.interact_text().map_err(interrupted)
    }

    #[cfg(feature = "demo")]
    fn ask_line(&self, prompt: &str, complete: &dyn Fn(&str) -> Vec<String>) -> Result<String, ConsoleError> {
        self.ready_to_ask()?;
        self.lines.read(prompt, complete)
    }

    fn ask_secret(&self, question: &str) -> Result<Secret<String>, ConsoleError> {
        self.ready_to_ask()?;
        Password::new()
            .with_prompt(question)
            .allow_empty_password(true)
            .interact()
            .map(Secret::new)
            .map_err(interrupted)
    }

    fn choose(&self, question: &str, choices: &[String]) -> Result<usize, ConsoleError> {
        self.ready_for_an_answer()?;
        let most = self.message_columns().map_or(usize::MAX, |columns| columns.saturating_sub(3));
        let choices = cut(choices, most);
        FuzzySelect::with_theme(&Plain)
            .with_prompt(question)
            .items(&choices)
            .default(0)
            .interact_opt()
            .map_err(interrupted)?
            .ok_or(ConsoleError::Interrupted)
    }
}

/// Cuts choices to one line each: the picker counts a line's bytes as columns, and draws a longer one over others.
/// Choices that would become equal stay whole, because the picker tells them apart by their text.
fn cut(choices: &[String], most: usize) -> Vec<String> {
    let shorten = |choice: &String| {
        let widths = (0..=most.min(choice.len())).rev();
        let cut = widths.map(|width| truncate_str(choice, width, "…")).find(|cut| cut.len() <= most);
        cut.map_or_else(|| choice.clone(), std::borrow::Cow::into_owned)
    };
    let short: Vec<String> = choices.iter().map(shorten).collect();
    let different: BTreeSet<&String> = short.iter().collect();
    if different.len() == choices.len() { short } else { choices.to_vec() }
}

fn interrupted(error: dialoguer::Error) -> ConsoleError {
    let dialoguer::Error::IO(error) = error;
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
            // The picker hides the cursor while it asks.
            let _ = Term::stderr().show_cursor();
            ConsoleError::Interrupted
        }
        _ => ConsoleError::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_fit_their_line_and_stay_different() {
        let choices = ["7F3KQ2M8ZD  ana  prod", "8G4KQ2M8ZD  ana  日本日本日本"].map(str::to_owned);
        let short = cut(&choices, 18);
        assert!(short.iter().all(|choice| choice.len() <= 18), "{short:?}");
        assert!(short[1].starts_with("8G4KQ2M8ZD"), "{short:?}");
        assert_eq!(cut(&choices, usize::MAX), choices);
        let alike = ["ana  prod one", "ana  prod two"].map(str::to_owned);
        assert_eq!(cut(&alike, 10), alike);
    }

    #[test]
    fn a_question_ends_with_one_sign() {
        assert_eq!(["Which role?", "Reason", "ana$", "Go on? [y/N]"].map(colon), ["", ":", "", ""]);
    }
}
