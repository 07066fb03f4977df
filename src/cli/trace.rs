//! Logging to standard error, for whoever sets `JIT_LOG`.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::variables;
use crate::system::Environment;

/// Begins to log what `JIT_LOG` asks for, once a process.
pub fn begin(environment: &Environment) {
    let Some(wanted) = environment.get(variables::LOG) else { return };
    let Ok(filter) = EnvFilter::try_new(wanted) else { return };
    #[expect(
        clippy::disallowed_methods,
        reason = "a log goes beside the console, which asks and shows progress"
    )]
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(io::stderr).finish();
    // A second run in one process keeps the first one's log.
    let _ = tracing::subscriber::set_global_default(subscriber);
}
