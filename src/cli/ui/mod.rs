//! What people see: data on standard output, words on standard error, colour only where it can be read.

pub mod request;
pub mod table;

use std::io;

use jiff::Timestamp;
use serde::Serialize;

use super::arguments::Colour;
use crate::flow::Failure;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::grant::text::sanitise_json;
use crate::system::Console;
use crate::system::System;

/// The terminal with the user's taste in colour.
pub struct Ui<'a> {
    console: &'a dyn Console,
    coloured_output: bool,
    coloured_messages: bool,
}

impl<'a> Ui<'a> {
    /// The terminal of this world.
    pub fn new(system: &'a System, colour: Colour) -> Self {
        let console = system.console.as_ref();
        let choose = |automatic: bool| match colour {
            Colour::Auto => automatic,
            Colour::Always => true,
            Colour::Never => false,
        };
        Self {
            console,
            coloured_output: choose(console.colours_output()),
            coloured_messages: choose(console.colours_messages()),
        }
    }

    /// Writes data, exactly as given. That nobody reads any more is no failure.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        match self.console.print(text) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::failed("standard output cannot be written").cause(error.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// Writes one line of data.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        self.print(&format!("{text}\n"))
    }

    /// The width of the terminal; `None` when standard output is no terminal.
    pub fn columns(&self) -> Option<usize> {
        self.console.columns()
    }

    /// The width of the terminal that messages go to; `None` when standard error is no terminal.
    pub fn message_columns(&self) -> Option<usize> {
        self.console.message_columns()
    }

    /// Writes data as JSON, in which nothing reaches a terminal that cannot be seen.
    pub fn json<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| {
            Failure::failed("the answer cannot be written as JSON").cause(error.to_string())
        })?;
        self.line(&sanitise_json(&text))
    }

    /// Says one line to the person.
    pub fn say(&self, line: &str) {
        self.console.say(line);
    }

    /// A word that alarms, on standard error.
    pub fn alarm(&self, text: &str) -> String {
        paint(text, "1;31", self.coloured_messages)
    }

    /// A word that helps, on standard error.
    pub fn help(&self, text: &str) -> String {
        paint(text, "1;36", self.coloured_messages)
    }

    /// The name of a state, on standard output.
    pub fn state(&self, state: &str) -> String {
        let colour = match state {
            "active" => "32",
            "approved" => "36",
            "pending" => "33",
            "denied" | "revoked" => "31",
            _ => "2",
        };
        paint(state, colour, self.coloured_output)
    }

    /// A heading, on standard output.
    pub fn heading(&self, text: &str) -> String {
        paint(text, "1", self.coloured_output)
    }
}

fn paint(text: &str, colour: &str, wanted: bool) -> String {
    if wanted { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// An instant for people: the time itself, and how far off it is.
pub fn when(instant: Timestamp, now: Timestamp) -> String {
    let shown = crate::grant::span::whole_seconds(instant);
    if instant > now {
        format!("{shown} ({} left)", time_left(now, instant))
    } else {
        format!("{shown} ({})", time_since(instant, now))
    }
}
