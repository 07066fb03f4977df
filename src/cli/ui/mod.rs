//! Output: data on standard output, messages on standard error, and colour only on a terminal that shows it.

pub mod request;
mod reviews;
pub mod table;

use std::io;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use tracing::Level;

use super::arguments::Colour;
use super::trace::json;
use super::trace::json::Fields;
use crate::flow::Failure;
use crate::grant::span::local;
use crate::grant::span::time_left;
use crate::grant::span::time_since;
use crate::grant::text::sanitise_json;
use crate::system::Clock;
use crate::system::Console;
use crate::system::System;
use crate::system::screen::Screen;
use table::Table;

/// The target of messages in a log for programs.
const OWN: &str = "jit::serve";

/// The terminal with the user's choice of colour.
pub struct Ui<'a> {
    console: &'a dyn Console,
    zone: &'a TimeZone,
    coloured_output: bool,
    coloured_messages: bool,
    /// The clock of a log for programs, if messages are its lines.
    log: Option<&'a dyn Clock>,
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
            log: None,
        }
    }

    /// The same, with each message as a line of a log for programs.
    pub fn logging(system: &'a System) -> Self {
        Self { log: Some(system.clock.as_ref()), ..Self::new(system, Colour::Never) }
    }

    /// Whether messages are lines of a log for programs.
    #[cfg(feature = "broker")]
    pub fn is_log(&self) -> bool {
        self.log.is_some()
    }

    /// Writes a line with fields, if messages are lines of a log for programs. Returns whether they are.
    pub fn log(&self, level: Level, message: &str, fields: &Fields) -> bool {
        let Some(clock) = self.log else { return false };
        self.console.line(&json::line(clock.now(), level, OWN, message, fields));
        true
    }

    /// Writes data unchanged. A closed pipe is no failure.
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

    /// The width of the terminal in columns. `None` if standard output is not a terminal.
    pub fn columns(&self) -> Option<usize> {
        self.console.columns()
    }

    /// The whole window of the terminal. `None` if standard input, output and error are not all one.
    pub fn screen(&self) -> Option<Box<dyn Screen>> {
        self.console.screen(self.coloured_output).ok()
    }

    /// The person's time zone.
    pub fn zone(&self) -> &TimeZone {
        self.zone
    }

    /// An instant in the person's local time, with the distance from now.
    pub fn when(&self, instant: Timestamp, now: Timestamp) -> String {
        let shown = local(instant, self.zone);
        if instant > now {
            format!("{shown} (in {})", time_left(now, instant))
        } else {
            format!("{shown} ({})", time_since(instant, now))
        }
    }

    /// The end of an access in local time, with the time left.
    pub fn until(&self, end: Timestamp, now: Timestamp) -> String {
        if end <= now {
            self.when(end, now)
        } else {
            format!("{} ({} left)", local(end, self.zone), time_left(now, end))
        }
    }

    /// The width of the terminal for messages, in columns. `None` if standard error is not a terminal.
    pub fn message_columns(&self) -> Option<usize> {
        self.console.message_columns()
    }

    /// Writes data as JSON, with invisible characters escaped.
    pub fn json<T: Serialize>(&self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(|error| {
            Failure::failed("the answer cannot be written as JSON").cause(error.to_string())
        })?;
        self.line(&sanitise_json(&text))
    }

    /// Prints one line for the person on standard error.
    pub fn say(&self, line: &str) {
        if !self.log(Level::INFO, line, &Fields::new()) {
            self.console.say(line);
        }
    }

    /// Prints a mistake of the command line, which clap has put into lines.
    pub fn say_whole(&self, text: &str) {
        if !self.log(Level::ERROR, text, &Fields::new()) {
            self.console.line(text);
        }
    }

    /// A word in the colour of alarms, for standard error.
    pub fn alarm(&self, text: &str) -> String {
        paint(text, "1;31", self.coloured_messages)
    }

    /// A word in the colour of help, for standard error.
    pub fn help(&self, text: &str) -> String {
        paint(text, "1;36", self.coloured_messages)
    }

    /// A state's name in its colour, for standard output.
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

    /// A heading in its style, for standard output.
    pub fn heading(&self, text: &str) -> String {
        paint(text, "1", self.coloured_output)
    }
}

fn paint(text: &str, colour: &str, wanted: bool) -> String {
    if wanted { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}
