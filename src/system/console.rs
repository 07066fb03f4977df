//! The person at the terminal. Standard output is for data, standard error for people.

use std::io;

use super::folding::fold;
use super::screen::Screen;
use super::working::Working;
use crate::secret::Secret;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// There is no terminal to ask on.
    #[error("there is no terminal to ask on")]
    NotInteractive,
    /// The person pressed Ctrl-C, or the terminal went away.
    #[error("interrupted")]
    Interrupted,
    /// Reading or writing the terminal failed.
    #[error("the terminal failed: {0}")]
    Failed(#[from] io::Error),
}

/// Output and questions of commands. Other people's text must be sanitised before it comes here.
pub trait Console: Send + Sync {
    /// Writes data to standard output, exactly as given.
    fn print(&self, text: &str) -> io::Result<()>;

    /// All of standard input.
    ///
    /// # Errors
    /// It cannot be read, or is longer than `most` bytes.
    fn read_input(&self, _most: usize) -> io::Result<Vec<u8>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Writes one line to standard error, as it is. Stops a running [`Console::progress`] first.
    fn line(&self, line: &str);

    /// Writes a message for people to standard error. On a terminal it is folded to its width, without breaking a command to paste.
    fn say(&self, message: &str) {
        match self.message_columns() {
            Some(columns) => fold(message, columns).iter().for_each(|line| self.line(line)),
            None => self.line(message),
        }
    }

    /// Shows what the command waits for, in one line that replaces the one before. Without a terminal it is written
    /// only when it changes.
    fn progress(&self, line: &str);

    /// Shows this work and the time that it has taken, once that is more than a second, until the result is dropped.
    /// Without a terminal nothing is shown. The work may not ask questions.
    fn working(&self, _what: &str) -> Working {
        Working::unseen()
    }

    /// Ends [`Console::progress`] and removes its line.
    fn settle(&self);

    /// The width of the terminal on standard output, in columns. `None` if it is not a terminal.
    fn columns(&self) -> Option<usize> {
        None
    }

    /// Asks for a command line after this prompt, with editing, history and completion if the console has them.
    /// `complete` returns the possible completions of the last word.
    fn ask_line(
        &self,
        prompt: &str,
        _complete: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<String, ConsoleError> {
        self.ask(prompt.trim_end(), &[])
    }

    /// The whole window of the terminal, for a command that draws it. `coloured` allows colours. While the window is
    /// taken, [`Console::say`] keeps its lines back, and every question gives the terminal back first.
    ///
    /// # Errors
    /// Standard input, output and error are not all terminals, or the terminal cannot place text.
    fn screen(&self, _coloured: bool) -> Result<Box<dyn Screen>, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }

    /// Whether questions are possible: standard input and standard error are terminals.
    fn is_interactive(&self) -> bool;

    /// Whether a child that inherits the standard streams writes to the same place as this console.
    fn is_inherited(&self) -> bool;

    /// Whether standard output may be coloured.
    fn colours_output(&self) -> bool;

    /// Whether standard error may be coloured.
    fn colours_messages(&self) -> bool;

    /// The width of the terminal on standard error, in columns. `None` if it is not a terminal.
    fn message_columns(&self) -> Option<usize> {
        self.columns()
    }

    /// Whether standard output is a terminal, so that a person and no program reads it.
    fn is_output_read(&self) -> bool {
        self.columns().is_some()
    }

    /// Rings the terminal's bell, if standard error is a terminal, and shows the text as a desktop notice, if the
    /// terminal is known to have them.
    fn ring(&self, _text: &str) {}

    /// Asks yes or no. Reads a whole line: `y`, `yes`, `n`, `no`, or an empty one for the default. Anything else asks
    /// again. Drops input typed before the question.
    fn confirm(&self, question: &str, default: bool) -> Result<bool, ConsoleError>;

    /// Asks for a line of text. `offered` are earlier answers, the most likely first. Drops input typed before the
    /// question.
    fn ask(&self, question: &str, offered: &[String]) -> Result<String, ConsoleError>;

    /// Asks for a secret, without showing it.
    fn ask_secret(&self, question: &str) -> Result<Secret<String>, ConsoleError>;

    /// Asks to choose one of several. Returns its index. Typing narrows the list. Drops input typed before the
    /// question.
    fn choose(&self, question: &str, choices: &[String]) -> Result<usize, ConsoleError>;
}

/// The answer of a whole line to a yes-or-no question. An empty line is the default. `None` if it is neither yes nor
/// no.
pub(super) fn yes_or_no(line: &str, default: bool) -> Option<bool> {
    match line.trim().to_ascii_lowercase().as_str() {
        "" => Some(default),
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// The reader of the output of work without a person.
pub trait Listener: Send + Sync {
    /// Takes standard output.
    ///
    /// # Errors
    /// It cannot be written.
    fn print(&self, text: &str) -> io::Result<()>;

    /// Takes a message.
    fn line(&self, line: &str);

    /// Takes a line that the next one replaces.
    fn progress(&self, line: &str);
}

/// Passes standard output on, and drops messages.
pub struct OutputOnly(pub std::sync::Arc<dyn Console>);

impl Listener for OutputOnly {
    fn print(&self, text: &str) -> io::Result<()> {
        self.0.print(text)
    }

    fn line(&self, _line: &str) {}

    fn progress(&self, _line: &str) {}
}

/// A console for work without a person: every question fails.
pub struct Unattended<L>(pub L);

impl<L: Listener> Console for Unattended<L> {
    fn print(&self, text: &str) -> io::Result<()> {
        self.0.print(text)
    }

    fn line(&self, line: &str) {
        self.0.line(line);
    }

    fn progress(&self, line: &str) {
        self.0.progress(line);
    }

    fn settle(&self) {}

    fn is_interactive(&self) -> bool {
        false
    }

    fn is_inherited(&self) -> bool {
        false
    }

    fn colours_output(&self) -> bool {
        false
    }

    fn colours_messages(&self) -> bool {
        false
    }

    fn confirm(&self, _question: &str, _default: bool) -> Result<bool, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }

    fn ask(&self, _question: &str, _offered: &[String]) -> Result<String, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }

    fn ask_secret(&self, _question: &str) -> Result<Secret<String>, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }

    fn choose(&self, _question: &str, _choices: &[String]) -> Result<usize, ConsoleError> {
        Err(ConsoleError::NotInteractive)
    }
}
