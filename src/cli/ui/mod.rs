//! What people see: data on standard output, words on standard error, colour only where it can be read.

pub mod request;
pub mod table;

use std::io;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::arguments::Colour;
use crate::flow::Failure;
use crate::grant::span::local;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::grant::text::sanitise_json;
use crate::system::Console;
use crate::system::System;
use table::Table;

/// The terminal with the user's taste in colour.
pub struct Ui<'a> {
    console: &'a dyn Console,
    zone: &'a TimeZone,
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
            zone: &system.zone,
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

    /// Writes a table, no wider than the terminal.
    pub fn table(&self, table: &Table) -> Result<(), Failure> {
        self.print(&table.text(self.console.columns(), |title| self.heading(title)))
    }

    /// Writes lines for people, wrapped at the terminal's width.
    pub fn prose(&self, text: &str) -> Result<(), Failure> {
        self.print(&table::prose(text, self.console.columns()))
    }

    /// The width of the terminal; `None` when standard output is no terminal.
    pub fn columns(&self) -> Option<usize> {
        self.console.columns()
    }

    /// The person's time zone.
    pub fn zone(&self) -> &TimeZone {
        self.zone
    }

    /// An instant for people: their local time, and how far off it is.
    pub fn when(&self, instant: Timestamp, now: Timestamp) -> String {
        let shown = local(instant, self.zone);
        if instant > now {
            format!("{shown} (in {})", time_left(now, instant))
        } else {
            format!("{shown} ({})", time_since(instant, now))
        }
    }

    /// The end of something that is in use: the local time, and how much is left.
    pub fn until(&self, end: Timestamp, now: Timestamp) -> String {
        if end <= now {
            self.when(end, now)
        } else {
            format!("{} ({} left)", local(end, self.zone), time_left(now, end))
        }
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
