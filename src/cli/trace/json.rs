//! The log for programs: one JSON object a line, with `time`, `level`, `target`, `message` and `fields`.
//!
//! Invariant: text of others stays within a string of its line. Line ends and invisible characters are escaped in it, and
//! its members are below `fields`, so that none can pass for the line's own.

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Map;
use serde_json::Value;
use serde_json::json;
use tracing::Event;
use tracing::Level;
use tracing::Subscriber;
use tracing::field::Field;
use tracing::field::Visit;
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;

use crate::grant::text::sanitise_json;
use crate::system::Clock;

/// The members below `fields`.
pub type Fields = Map<String, Value>;

/// One line, without its end.
pub fn line(time: Timestamp, level: Level, target: &str, message: &str, fields: &Fields) -> String {
    let time = format!("{time:.6}");
    let members = [
        ("time", json!(time)),
        ("level", json!(level.as_str())),
        ("target", json!(target)),
        ("message", json!(message)),
        ("fields", json!(fields)),
    ];
    // Written in this order, whatever order this build of `serde_json` keeps.
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    sanitise_json(&format!("{{{}}}", members.join(",")))
}

/// Writes each event of this program as one line.
pub(super) struct JsonLines<W> {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) writer: W,
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let about = event.metadata();
        let mut seen = Seen::default();
        event.record(&mut seen);
        let text = line(self.clock.now(), *about.level(), about.target(), &seen.message, &seen.fields);
        // A log that cannot be written has no place to say so. One write, so that lines of two threads do not mix.
        let _ = self.writer.make_writer_for(about).write_all(format!("{text}\n").as_bytes());
    }
}

/// The message and the fields of an event.
#[derive(Default)]
struct Seen {
    message: String,
    fields: Fields,
}

impl Seen {
    fn add(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field, Value::from(text));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, Value::from(value));
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::from(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::from(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sender of a text gets neither a line nor a member of its own.
    #[test]
    fn text_of_others_stays_in_its_string() {
        let evil = "x\n{\"level\":\"ERROR\"}\r\u{2028}\u{85}\u{1b}[2J\u{202e}\",\"level\":\"ERROR";
        let mut fields = Fields::new();
        fields.insert("reason".to_owned(), json!(evil));
        fields.insert("level".to_owned(), json!("ERROR"));
        let time = "2026-11-23T12:00:00Z".parse().unwrap();
        let text = line(time, Level::INFO, "jit::broker", evil, &fields);
        assert!(text.chars().all(|character| (' '..='~').contains(&character)), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        let members: Vec<&str> = read.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members.len(), 5, "{text}");
        assert_eq!((&read["level"], &read["message"]), (&json!("INFO"), &json!(evil)));
        assert_eq!((&read["fields"]["reason"], &read["fields"]["level"]), (&json!(evil), &json!("ERROR")));
        assert!(text.starts_with("{\"time\":\"2026-11-23T12:00:00.000000Z\",\"level\":\"INFO\","), "{text}");
    }
}
