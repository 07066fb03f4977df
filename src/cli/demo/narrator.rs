//! A console that shows the output of people's commands, indented under each command, and remembers it.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use crate::secret::Secret;
use crate::system::Console;
use crate::system::console::ConsoleError;
use crate::system::folding::fold;

/// The indentation of a command's output.
const INDENT: &str = "    ";

/// The shared console of the people in the demonstration.
pub struct Narrator {
    terminal: Arc<dyn Console>,
    seen: Mutex<String>,
    is_closed: AtomicBool,
}

impl Narrator {
    /// A narrator that prints to this terminal.
    pub fn on(terminal: Arc<dyn Console>) -> Self {
        Self { terminal, seen: Mutex::default(), is_closed: AtomicBool::default() }
    }

    /// Returns the text shown since the last call.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether standard output is closed.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// A line as lines that fit the terminal. No command in it is broken.
    fn fitted(&self, line: &str) -> Vec<String> {
        self.columns().map_or_else(|| vec![line.to_owned()], |columns| fold(line, columns))
    }

    fn show(&self, text: &str) -> io::Result<()> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        for line in text.lines().flat_map(|line| self.fitted(line)) {
            let line = if line.is_empty() { "\n".to_owned() } else { format!("{INDENT}{line}\n") };
            self.terminal.print(&line).inspect_err(|error| {
                if error.kind() == io::ErrorKind::BrokenPipe {
                    self.is_closed.store(true, Ordering::Relaxed);
                }
            })?;
        }
        Ok(())
    }
}

impl Console for Narrator {
    fn print(&self, text: &str) -> io::Result<()> {
        self.show(text)
    }

    fn line(&self, line: &str) {
        // If standard output is closed, the demonstration ends: see `is_closed`.
        let _ = self.show(&format!("{line}\n"));
    }

    fn progress(&self, _line: &str) {}

    fn settle(&self) {}

    fn columns(&self) -> Option<usize> {
        self.terminal.columns().map(|columns| columns.saturating_sub(INDENT.len()))
    }

    fn is_output_read(&self) -> bool {
        self.terminal.is_output_read()
    }

    fn is_interactive(&self) -> bool {
        false
    }

    fn is_inherited(&self) -> bool {
        false
    }

    fn colours_output(&self) -> bool {
        self.terminal.colours_output()
    }

    fn colours_messages(&self) -> bool {
        self.terminal.colours_output()
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
