//! The processes below a process: those that it started, those that these started, and so on.

use std::collections::BTreeSet;

use rustix::process::Pid;
use rustix::process::Signal;

/// The most rounds in which more of them are looked for before they are killed.
const ROUNDS: usize = 8;

/// Kills everything below a process, also what left its process group, and not the process itself. Returns how many it found.
pub(super) fn kill_below(root: i32) -> usize {
    let send = |id: i32, signal: Signal| {
        if let Some(id) = Pid::from_raw(id) {
            let _ = rustix::process::kill_process(id, signal);
        }
    };
    // Stopped processes start no others, so that none is missed.
    let mut found = BTreeSet::from([root]);
    for _ in 0..ROUNDS {
        let more: Vec<i32> = children_of(&found).into_iter().filter(|id| !found.contains(id)).collect();
        if more.is_empty() {
            break;
        }
        more.iter().for_each(|id| send(*id, Signal::STOP));
        found.extend(more);
    }
    found.remove(&root);
    found.iter().for_each(|id| send(*id, Signal::KILL));
    found.len()
}

/// The processes whose parent is among these. Those that have ended and wait for their parent do not count.
#[cfg(target_os = "linux")]
fn children_of(parents: &BTreeSet<i32>) -> Vec<i32> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let ids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    ids.filter(|id| parent_of(*id).is_some_and(|parent| parents.contains(&parent))).collect()
}

/// The third and the fourth field of `/proc/ID/stat` (proc_pid_stat(5)): the state and the parent. The second one, a name in
/// brackets, may hold anything.
#[cfg(target_os = "linux")]
fn parent_of(id: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace();
    let is_over = matches!(fields.next()?, "Z" | "X");
    fields.next()?.parse().ok().filter(|_| !is_over)
}

/// Elsewhere nobody says it without unsafe code.
#[cfg(not(target_os = "linux"))]
fn children_of(_: &BTreeSet<i32>) -> Vec<i32> {
    Vec::new()
}
