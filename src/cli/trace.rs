//! Logging to standard error, for whoever sets `JIT_LOG`.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::FilterExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;

use crate::config::variables;
use crate::system::Environment;

/// Begins to log what `JIT_LOG` asks for, once a process. Only this program's own events: what libraries log of requests
/// and signatures is theirs to choose, and may hold what must not be shown.
pub fn begin(environment: &Environment) {
    let Some(wanted) = environment.get(variables::LOG) else { return };
    let Ok(wanted) = EnvFilter::try_new(wanted) else { return };
    let own = filter_fn(|metadata| metadata.target() == "jit" || metadata.target().starts_with("jit::"));
    #[expect(
        clippy::disallowed_methods,
        reason = "a log goes beside the console, which asks and shows progress"
    )]
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(io::stderr);
    let subscriber = tracing_subscriber::registry().with(lines.with_filter(wanted.and(own)));
    // A second run in one process keeps the first one's log.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
