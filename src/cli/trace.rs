//! Logging to standard error: the events that `JIT_LOG` selects, and for a broker also those that its operator must
//! see.

use std::io;

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
use crate::system::System;

/// Starts logging, once per process. `serves` is for a broker: if its console is the process's own, it always logs
/// warnings, errors and one line per event.
pub fn begin(system: &System, serves: bool) {
    let serves = serves && system.console.is_inherited();
    let wanted = system.environment.get(variables::LOG);
    if wanted.is_none() && !serves {
        return;
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "a log goes beside the console, which asks and shows progress"
    )]
    let subscriber = subscriber(wanted, serves, io::stderr);
    // A second run in the same process keeps the first run's log.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Logs only this program's events. Libraries may log requests and signatures, which may contain secrets.
fn subscriber<W>(wanted: Option<&str>, serves: bool, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let wanted = wanted.and_then(|wanted| EnvFilter::try_new(wanted).ok());
    let wanted = wanted.unwrap_or_else(|| EnvFilter::new("off"));
    let own = filter_fn(|metadata| metadata.target() == "jit" || metadata.target().starts_with("jit::"));
    let always = filter_fn(move |metadata| {
        serves && (*metadata.level() <= Level::WARN || metadata.target() == EVENTS)
    });
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    tracing_subscriber::registry().with(lines.with_filter(wanted.or(always).and(own)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::Mutex;

    use super::*;

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

    fn logged(wanted: Option<&str>, serves: bool) -> Vec<String> {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = subscriber(wanted, serves, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "jit::broker", "the policy does not load");
            tracing::warn!(target: "jit::broker", "slow");
            tracing::info!(target: EVENTS, "ana asks");
            tracing::info!(target: "jit::broker", "asked");
            tracing::debug!(target: "jit::broker", "detail");
            tracing::error!(target: "hyper", "a library's own");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let last = |line: &str| line.rsplit(": ").next().unwrap_or_default().to_owned();
        text.lines().map(last).collect()
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
