//! The canary on every run can fail: a secret that is logged ends the process with a word about it.

use std::process::Command;

use crate::support::watched_log;

/// Logs a made-up secret, in a process of its own.
#[test]
#[ignore = "ends the process: `a_logged_secret_ends_the_run` starts it"]
fn leak() {
    std::thread::spawn(|| tracing::trace!(token = "canary-token", "a line that should not be"))
        .join()
        .unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "this program is run once more, to see it end")]
fn a_logged_secret_ends_the_run() {
    let this = std::env::current_exe().unwrap();
    let child =
        Command::new(this).args(["watched::leak", "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    assert!(!child.status.success(), "{said}");
    assert!(said.contains("a secret was logged") && said.contains("canary-token"), "{said}");
}

/// A reader of the log sees the lines of every thread, at every level.
#[test]
fn the_log_is_on_at_trace_level() {
    let log = watched_log::listen();
    std::thread::spawn(|| tracing::trace!("a line from a thread of its own")).join().unwrap();
    assert!(
        log.text().contains("TRACE") && log.text().contains("a line from a thread of its own"),
        "{}",
        log.text()
    );
}
