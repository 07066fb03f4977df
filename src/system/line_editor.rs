//! Reading command lines at the terminal with rustyline: history, editing keys, Tab.

use std::sync::Mutex;
use std::sync::PoisonError;

use rustyline::Context;
use rustyline::Editor;
use rustyline::Helper;
use rustyline::completion::Completer;
use rustyline::config::Config;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::MemHistory;
use rustyline::validate::Validator;

use super::console::ConsoleError;

/// The lines typed so far. They are kept only in memory.
#[derive(Default)]
pub struct LineEditor {
    history: Mutex<Vec<String>>,
}

impl LineEditor {
    /// Reads a line. Ctrl-C clears the input and asks again. Ctrl-D on an empty line is an interruption.
    ///
    /// # Errors
    /// The person left, or the terminal failed.
    pub fn read(&self, prompt: &str, complete: &dyn Fn(&str) -> Vec<String>) -> Result<String, ConsoleError> {
        let failed = |error: ReadlineError| match error {
            ReadlineError::Eof => ConsoleError::Interrupted,
            ReadlineError::Io(error) => ConsoleError::Failed(error),
            other => ConsoleError::Failed(std::io::Error::other(other.to_string())),
        };
        let config = Config::builder().completion_type(rustyline::CompletionType::List).build();
        let mut editor = Editor::with_history(config, MemHistory::new()).map_err(failed)?;
        editor.set_helper(Some(Offers(complete)));
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        for line in history.iter() {
            editor.add_history_entry(line.as_str()).map_err(failed)?;
        }
        loop {
            match editor.readline(prompt) {
                Err(ReadlineError::Interrupted) => {}
                Err(error) => return Err(failed(error)),
                Ok(line) => {
                    if !line.trim().is_empty() && history.last() != Some(&line) {
                        history.push(line.clone());
                    }
                    return Ok(line);
                }
            }
        }
    }
}

/// Asks the caller for the completions of a word.
struct Offers<'a>(&'a dyn Fn(&str) -> Vec<String>);

impl Completer for Offers<'_> {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..position).unwrap_or(line);
        let start = before.rfind(' ').map_or(0, |blank| blank + 1);
        Ok((start, (self.0)(before)))
    }
}

impl Hinter for Offers<'_> {
    type Hint = String;
}

impl Highlighter for Offers<'_> {}
impl Validator for Offers<'_> {}
impl Helper for Offers<'_> {}
