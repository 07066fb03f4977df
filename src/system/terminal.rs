//! The real terminal: dialoguer asks, indicatif shows progress.

use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use dialoguer::Confirm;
use dialoguer::Input;
use dialoguer::Password;
use dialoguer::Select;
use indicatif::ProgressBar;
use indicatif::ProgressDrawTarget;
use indicatif::ProgressStyle;

use super::Environment;
use super::console::Console;
use super::console::ConsoleError;
use crate::secret::Secret;

/// The terminal that this process was started on.
pub struct Terminal {
    colour_allowed: bool,
    output_is_terminal: bool,
    messages_are_terminal: bool,
    input_is_terminal: bool,
    progress: Mutex<Progress>,
    #[cfg(feature = "demo")]
    lines: super::line_editor::LineEditor,
}

#[derive(Default)]
struct Progress {
    bar: Option<ProgressBar>,
    last: String,
}

impl Terminal {
    /// Looks at the standard streams and at `NO_COLOR`, `CLICOLOR_FORCE` and `TERM`.
    pub fn new(environment: &Environment) -> Self {
        Self {
            colour_allowed: environment.get("NO_COLOR").is_none()
                && environment.get("TERM").is_none_or(|terminal| terminal != "dumb"),
            output_is_terminal: io::stdout().is_terminal(),
            messages_are_terminal: io::stderr().is_terminal(),
            input_is_terminal: io::stdin().is_terminal(),
            progress: Mutex::default(),
            #[cfg(feature = "demo")]
            lines: super::line_editor::LineEditor::default(),
        }
    }

    fn ready_to_ask(&self) -> Result<(), ConsoleError> {
        self.settle();
        if self.is_interactive() { Ok(()) } else { Err(ConsoleError::NotInteractive) }
    }
}

impl Console for Terminal {
    fn print(&self, text: &str) -> io::Result<()> {
        self.settle();
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    fn say(&self, line: &str) {
        self.settle();
        // Nobody is left to be told when standard error is closed.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    fn progress(&self, line: &str) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if self.messages_are_terminal {
            let bar = progress.bar.get_or_insert_with(|| {
                let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
                if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                    bar.set_style(style);
                }
                bar.enable_steady_tick(Duration::from_millis(120));
                bar
            });
            bar.set_message(line.to_owned());
        } else if progress.last != line {
            line.clone_into(&mut progress.last);
            let _ = writeln!(io::stderr().lock(), "{line}");
        }
    }

    fn settle(&self) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = progress.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn columns(&self) -> Option<usize> {
        let size =
            if self.output_is_terminal { dialoguer::console::Term::stdout().size_checked() } else { None };
        size.map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
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
        self.ready_to_ask()?;
        Confirm::new()
            .with_prompt(question)
            .default(default)
            .interact_opt()
            .map_err(interrupted)?
            .ok_or(ConsoleError::Interrupted)
    }

    fn ask(&self, question: &str, offered: &[String]) -> Result<String, ConsoleError> {
        self.ready_to_ask()?;
        let mut input = Input::<String>::new().with_prompt(question).allow_empty(true);
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
        self.ready_to_ask()?;
        Select::new()
            .with_prompt(question)
            .items(choices)
            .default(0)
            .interact_opt()
            .map_err(interrupted)?
            .ok_or(ConsoleError::Interrupted)
    }
}

fn interrupted(error: dialoguer::Error) -> ConsoleError {
    let dialoguer::Error::IO(error) = error;
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => {
            // The prompt hides the cursor while it asks.
            let _ = dialoguer::console::Term::stderr().show_cursor();
            ConsoleError::Interrupted
        }
        _ => ConsoleError::Failed(error),
    }
}
