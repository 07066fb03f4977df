//! Waiting until the tasks of a test have nothing left to do, without waiting for a span of real time.

use std::fs;
use std::time::Duration;
use std::time::Instant;

/// Lets every task go on until it waits for the clock or for a call, however slow the machine is. For tests on a runtime
/// of one thread, in a process of their own (as `cargo nextest` runs them).
///
/// The tasks run on the test's own thread whenever it yields. The database and blocking work have threads of their own;
/// while one works, Linux shows it as running or as waiting for a disk. A thread that hands over its result wakes the task
/// before it sleeps.
pub async fn quiet() {
    /// Other tests in the same process would keep it busy for ever.
    const PATIENCE: Duration = Duration::from_secs(10);
    let began = Instant::now();
    let mut calm = 0;
    while calm < 3 && began.elapsed() < PATIENCE {
        for _ in 0..16 {
            tokio::task::yield_now().await;
        }
        if others_sleep() {
            calm += 1;
        } else {
            calm = 0;
            std::thread::yield_now();
        }
    }
}

/// Whether every other thread of this process sleeps: state `S` in `proc(5)`, `/proc/[pid]/task/[tid]/stat`.
fn others_sleep() -> bool {
    let own = fs::read_link("/proc/thread-self").unwrap();
    let mut others = fs::read_dir("/proc/self/task").unwrap().flatten().map(|entry| {
        // A thread may have ended since the folder was read.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
        entry.file_name() == own.file_name().unwrap() || matches!(state, None | Some('S'))
    });
    others.all(|sleeps| sleeps)
}
