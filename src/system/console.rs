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

    /// Whether questions can be asked: standard input and standard error are terminals.
    fn is_interactive(&self) -> bool;

    /// Whether a child that inherits the standard streams writes to where this console writes.
    fn is_inherited(&self) -> bool;

    /// Whether standard output may be coloured.
    fn colours_output(&self) -> bool;

    /// Whether standard error may be coloured.
    fn colours_messages(&self) -> bool;

    /// Asks yes or no.
    fn confirm(&self, question: &str, default: bool) -> Result<bool, ConsoleError>;

    /// Asks for a line of text. `offered` are earlier answers, the most likely first.
    fn ask(&self, question: &str, offered: &[String]) -> Result<String, ConsoleError>;

    /// Asks for a secret, without showing it.
    fn ask_secret(&self, question: &str) -> Result<Secret<String>, ConsoleError>;

    /// Asks to choose one of several; answers its index.
    fn choose(&self, question: &str, choices: &[String]) -> Result<usize, ConsoleError>;
}
