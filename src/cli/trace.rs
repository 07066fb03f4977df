//! Logging to standard error: the events that `JIT_LOG` selects, and for a broker also those that its operator must
//! see. A broker writes text for people or JSON for programs.

pub mod json;

use std::io;
use std::panic;
use std::sync::Arc;

use clap::ValueEnum;

use tracing::Level;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;

use crate::audit::EVENTS;
use crate::config::variables;
use crate::system::Clock;
use crate::system::System;
use json::JsonLines;

/// The form of a broker's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// Starts logging, once per process. `broker` is the form of a broker's log, and `None` for any other command: if a
/// broker's console is the process's own, it always logs warnings, errors and one line per event.
pub fn begin(system: &System, broker: Option<LogFormat>) {
    let broker = broker.filter(|_| system.console.is_inherited());
    let wanted = system.environment.get(variables::LOG);
    if wanted.is_none() && broker.is_none() {
        return;
    }
    if broker == Some(LogFormat::Json) {
        tell_of_panics();
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a log goes beside the console, which asks and shows progress"
    )]
    let subscriber = subscriber(wanted, broker, &system.clock, io::stderr);
    // A second run in the same process keeps the first run's log.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Makes a panic a line of the log. The usual words about it are several lines, and no JSON.
fn tell_of_panics() {
    panic::set_hook(Box::new(|panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<&str>().copied();
        let cause =
            text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("unknown");
        let at = panic.location().map(tracing::field::display);
        tracing::error!(target: "jit::panic", at, cause, "the broker panicked, which is a bug");
    }));
}

/// Logs only this program's events. Libraries may log requests and signatures, which may contain secrets.
fn subscriber<W>(
    wanted: Option<&str>,
    broker: Option<LogFormat>,
    clock: &Arc<dyn Clock>,
    writer: W,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = wanted.and_then(|wanted| EnvFilter::try_new(wanted).ok());
    let wanted = wanted.unwrap_or_else(|| EnvFilter::new("off"));
    let own = filter_fn(|metadata| metadata.target() == "jit" || metadata.target().starts_with("jit::"));
    let always = filter_fn(move |metadata| {
        broker.is_some() && (*metadata.level() <= Level::WARN || metadata.target() == EVENTS)
    });
    let lines: Box<dyn Layer<_> + Send + Sync> = match broker {
        Some(LogFormat::Json) => Box::new(JsonLines { clock: Arc::clone(clock), writer }),
        _ => Box::new(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer)),
    };
    tracing_subscriber::registry().with(lines.with_filter(wanted.or(always).and(own)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Mutex;

    use serde_json::Value;
    use serde_json::json;

    use super::*;
    use crate::system::fake::FakeClock;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(wanted: Option<&str>, broker: Option<LogFormat>) -> String {
        let written = Written::default();
        let writer = written.clone();
        let clock: Arc<dyn Clock> = Arc::new(FakeClock::at("2026-11-23T12:00:00Z"));
        let subscriber = subscriber(wanted, broker, &clock, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "jit::broker", "the policy does not load");
            tracing::warn!(target: "jit::broker", seconds = 3, by = %"ana", "slow");
            tracing::info!(target: EVENTS, "ana asks");
            tracing::info!(target: "jit::broker", "asked");
            tracing::debug!(target: "jit::broker", "detail");
            tracing::error!(target: "hyper", "a library's own");
        });
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    fn logged(wanted: Option<&str>, serves: bool) -> Vec<String> {
        let text = written(wanted, serves.then_some(LogFormat::Text));
        let last = |line: &str| {
            let last = line.rsplit(": ").next().unwrap_or_default();
            last.split(" seconds=").next().unwrap_or_default().to_owned()
        };
        text.lines().map(last).collect()
    }

    /// Both forms tell the same events.
    #[test]
    fn json_has_one_object_a_line_with_the_same_events() {
        let text = written(Some("info"), Some(LogFormat::Json));
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let messages: Vec<&str> = lines.iter().filter_map(|line| line["message"].as_str()).collect();
        assert_eq!(messages, logged(Some("info"), true));
        let slow = json!({
            "time": "2026-11-23T12:00:00.000000Z",
            "level": "WARN",
            "target": "jit::broker",
            "message": "slow",
            "fields": { "seconds": 3, "by": "ana" },
        });
        assert_eq!(lines[1], slow);
        assert!(!written(None, Some(LogFormat::Json)).contains("asked"));
    }

    /// A broker logs whatever `JIT_LOG` says. Other commands log only if it asks them to.
    #[test]
    fn a_broker_always_tells_events_warnings_and_errors() {
        let always = ["the policy does not load", "slow", "ana asks"];
        for wanted in [None, Some("off"), Some("error"), Some("jit::cli=trace"), Some("]")] {
            assert_eq!(logged(wanted, true), always, "{wanted:?}");
        }
        let more = ["the policy does not load", "slow", "ana asks", "asked"];
        assert_eq!(logged(Some("info"), true), more);
        assert_eq!(logged(Some("info"), false), more);
        assert_eq!(logged(Some("off"), false), Vec::<String>::new());
        assert_eq!(logged(Some("trace"), true).last().unwrap(), "detail", "of libraries nothing");
    }
}
