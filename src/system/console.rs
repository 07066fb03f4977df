//! The person at the terminal. Standard output is data, standard error is people.

use std::io;

use crate::secret::Secret;

/// Why a question got no answer.
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

/// What commands print and ask. Text from other people must be sanitised before it comes here.
pub trait Console: Send + Sync {
    /// Writes data to standard output, exactly as given.
    fn print(&self, text: &str) -> io::Result<()>;

    /// Writes one line to standard error, stopping a running [`Console::progress`] first.
    fn say(&self, line: &str);

    /// Shows what is being waited for, in one line that replaces the one before. Without a terminal it is written only
    /// when it changes.
    fn progress(&self, line: &str);

    /// Ends [`Console::progress`] and removes its line.
    fn settle(&self);

    /// The width of the terminal that standard output is, in columns; `None` when it is not a terminal.
    fn columns(&self) -> Option<usize> {
        None
    }

    /// Whether questions can be asked: standard input and standard error are terminals.
    fn is_interactive(&self) -> bool;

    /// Whether a child that inherits the standard streams writes to where this console writes.
    fn is_inherited(&self) -> bool;

    /// Whether standard output may be coloured.
    fn colours_output(&self) -> bool;

    /// Whether standard error may be coloured.
    fn colours_messages(&self) -> bool;

    /// The width of the terminal that standard error is, in columns; `None` when it is not a terminal.
    fn message_columns(&self) -> Option<usize> {
        self.columns()
    }

    /// Whether standard output is a terminal, so that a person reads it and no program.
    fn is_output_read(&self) -> bool {
        self.columns().is_some()
    }

    /// Rings the terminal's bell, where standard error is a terminal.
    fn ring(&self) {}

    /// Asks yes or no. Takes a whole line: `y`, `yes`, `n`, `no`, or nothing for the default; anything else asks again. What
    /// was typed before the question stands there is dropped.
    fn confirm(&self, question: &str, default: bool) -> Result<bool, ConsoleError>;

    /// Asks for a line of text. `offered` are earlier answers, the most likely first. What was typed before is dropped.
    fn ask(&self, question: &str, offered: &[String]) -> Result<String, ConsoleError>;

    /// Asks for a secret, without showing it.
    fn ask_secret(&self, question: &str) -> Result<Secret<String>, ConsoleError>;

    /// Asks to choose one of several; answers its index. Typing narrows the list. What was typed before is dropped.
    fn choose(&self, question: &str, choices: &[String]) -> Result<usize, ConsoleError>;
}

/// What a whole line says to a yes-or-no question: nothing is the default, and `None` where it says neither.
pub(super) fn yes_or_no(line: &str, default: bool) -> Option<bool> {
    match line.trim().to_ascii_lowercase().as_str() {
        "" => Some(default),
        "y" | "yes" => Some(true),
        "n" | "no" => Some(false),
        _ => None,
    }
}

/// A console that nobody reads and nobody answers, for work that goes on without a person. Only standard output is left.
pub struct Unattended(pub std::sync::Arc<dyn Console>);

impl Console for Unattended {
    fn print(&self, text: &str) -> io::Result<()> {
        self.0.print(text)
    }

    fn say(&self, _line: &str) {}

    fn progress(&self, _line: &str) {}

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
