//! Tells a signal to the whole process group from a signal to this process alone.
//!
//! The kernel tells the receiver who sent a signal, but not to whom. So a second process in the group, the witness,
//! blocks every signal and does nothing else. A signal that is pending there was sent to the whole group (proc(5),
//! `ShdPnd`).

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;

use super::CHILD_COMMAND;
use super::unix::WITNESS;

/// How long to wait for a sender that signals a tree of processes one by one, as service managers do.
const GRACE: Duration = Duration::from_millis(20);

/// A second `jit` process in the same group.
pub struct Witness {
    program: PathBuf,
    process: Child,
    /// The signals that earlier witnesses saw and that nobody has asked about yet, as a mask of proc(5).
    before: u64,
    /// The signals that this witness may have seen, but that were dealt with without asking it. They are not
    /// remembered.
    done: u64,
}

impl Witness {
    /// Starts one. `None` if the system cannot report its pending signals.
    pub fn call(program: &Path) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let process = start(program).ok()?;
        Some(Self { program: program.to_owned(), process, before: 0, done: 0 })
    }

    /// Whether a signal that has just reached this process was also sent to the witness.
    pub async fn saw(&mut self, signal: Signal) -> bool {
        if self.has(signal) {
            return true;
        }
        tokio::time::sleep(GRACE).await;
        self.has(signal)
    }

    fn has(&mut self, signal: Signal) -> bool {
        if self.before & bit(signal) != 0 {
            return true;
        }
        // A witness that got the signal before it blocked signals has died of it.
        if let Ok(Some(status)) = self.process.try_wait() {
            return status.signal() == Some(signal.as_raw());
        }
        self.pending() & bit(signal) != 0
    }

    fn pending(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("ShdPnd:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }

    /// Puts a fresh witness in its place once it was asked about a signal, for what is pending stays pending. Other signals
    /// that it saw are remembered: this process has yet to get to them.
    pub fn replace(&mut self, asked: Signal) {
        // The fresh one stands before the old one is read, so that no signal falls between the two.
        if let Ok(process) = start(&self.program) {
            self.before = (self.before | self.pending() & !self.done) & !bit(asked);
            self.done = 0;
            self.dismiss();
            self.process = process;
        }
    }

    /// Nobody needs to ask about this signal: it was dealt with in another way.
    pub fn forget(&mut self, signal: Signal) {
        self.before &= !bit(signal);
        self.done |= bit(signal);
    }

    fn dismiss(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.dismiss();
    }
}

/// The bit of a signal in a mask as proc(5) has it.
fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}

fn start(program: &Path) -> io::Result<Child> {
    Command::new(program)
        .args([CHILD_COMMAND, WITNESS])
        .env_clear()
        // The pipe closes when this process ends, in whatever way.
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// Runs a witness: blocks every signal and waits until its parent is gone.
pub fn stand() -> io::Result<()> {
    nix::sys::signal::SigSet::all().thread_block()?;
    io::copy(&mut io::stdin().lock(), &mut io::sink()).map(|_| ())
}
