//! A console that shows what people's commands print, indented under the command that printed it, and remembers it.

use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::secret::Secret;
use crate::system::Console;
use crate::system::console::ConsoleError;

/// The console of everybody in the demonstration.
pub struct Narrator {
    terminal: Arc<dyn Console>,
    seen: Mutex<String>,
}

impl Narrator {
    /// Shows on this terminal.
    pub fn on(terminal: Arc<dyn Console>) -> Self {
        Self { terminal, seen: Mutex::default() }
    }

    /// What was shown since the last time somebody asked.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn show(&self, text: &str) -> io::Result<()> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        for line in text.lines() {
            let line = if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
            self.terminal.print(&line)?;
        }
        Ok(())
    }
}

impl Console for Narrator {
    fn print(&self, text: &str) -> io::Result<()> {
        self.show(text)
    }

    fn say(&self, line: &str) {
        // Whoever closed standard output has seen enough.
        let _ = self.show(&format!("{line}\n"));
    }

    fn progress(&self, _line: &str) {}

    fn settle(&self) {}

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
