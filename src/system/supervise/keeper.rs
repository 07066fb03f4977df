//! A process between this one and a command, which ends the command with everything that it started: when the command ends,
//! and when this process ends, in whatever way.
//!
//! The two are joined by a pair of sockets, the line, as the keeper's standard input. The keeper writes one message to it: the
//! command's process id, or why the command did not start. The line closes when this process is killed, too. On Linux the
//! keeper adopts processes that detach themselves (`PR_SET_CHILD_SUBREAPER`, prctl(2)); elsewhere only the command's process
//! group is known.

use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::io::retry_on_intr;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::WaitOptions;
use rustix::process::WaitStatus;
use tokio::io::AsyncReadExt;

use super::CHILD_COMMAND;
use crate::system::Environment;
use crate::system::descendants;
use crate::system::processes::Command;

/// The word after [`CHILD_COMMAND`] for a keeper. The command line follows.
pub const KEEP: &str = "keep";
/// The exit code of a keeper whose parent is gone. Nobody reads it.
const ORPHANED: i32 = 125;
/// The most rounds in which a keeper ends processes, and its rest between two of them.
const ROUNDS: usize = 50;
const REST: Duration = Duration::from_millis(20);

/// This process's end of the line to a keeper. Dropping it ends the command.
pub struct Line(tokio::net::UnixStream);

/// The command under a keeper, and the end of the line that stays here.
///
/// # Errors
/// No pair of sockets can be made.
pub fn under(program: &Path, command: &Command) -> io::Result<(std::process::Command, UnixStream)> {
    let (here, there) = UnixStream::pair()?;
    let mut keeper = std::process::Command::new(program);
    keeper.args([CHILD_COMMAND, KEEP]).arg(&command.program).args(&command.arguments);
    keeper.env_clear().envs(command.environment.iter());
    // The command's own group is another one, so that a command that signals its group does not end its keeper.
    keeper.process_group(0).stdin(Stdio::from(OwnedFd::from(there)));
    Ok((keeper, here))
}

impl Line {
    /// Takes the end that [`under`] returned. Needs a tokio runtime.
    ///
    /// # Errors
    /// The runtime does not take it.
    pub fn take(here: UnixStream) -> io::Result<Self> {
        here.set_nonblocking(true)?;
        Ok(Self(tokio::net::UnixStream::from_std(here)?))
    }

    /// The command's process id, which is also the id of its process group.
    ///
    /// # Errors
    /// The operating system refuses the command, or the keeper has ended.
    pub async fn started(&mut self) -> io::Result<i32> {
        let number = self.0.read_i32().await?;
        if number > 0 { Ok(number) } else { Err(io::Error::from_raw_os_error(number.wrapping_neg())) }
    }
}

/// Kills the process group of a command.
pub fn kill_group(command: i32) {
    if let Some(group) = Pid::from_raw(command) {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
}

/// Lets a keeper go on that its command has stopped.
pub fn wake(keeper: i32) {
    if let Some(keeper) = Pid::from_raw(keeper) {
        let _ = rustix::process::kill_process(keeper, Signal::CONT);
    }
}

/// The keeper itself: runs the command to its end. Returns its exit code, `128 + n` after signal `n`.
pub fn keep(program: &OsStr, arguments: &[OsString], environment: &Environment) -> io::Result<i32> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let mut line = UnixStream::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 0)?);
    let mut child = std::process::Command::new(program);
    child.args(arguments).env_clear().envs(environment.iter()).stdin(Stdio::null()).process_group(0);
    let child = match child.spawn() {
        Ok(child) => Pid::from_child(&child),
        Err(error) => {
            let number = error.raw_os_error().unwrap_or(Errno::INVAL.raw_os_error());
            line.write_all(&number.wrapping_neg().to_be_bytes())?;
            return Ok(ORPHANED);
        }
    };
    let id = child.as_raw_nonzero().get();
    // A parent that is gone already is noticed below.
    let _ = line.write_all(&id.to_be_bytes());
    thread::Builder::new().name("line".to_owned()).spawn(move || wait_for_end(line, id))?;
    let code = loop {
        // Processes that were adopted are removed from the process table, too.
        match retry_on_intr(|| rustix::process::wait(WaitOptions::empty()))? {
            Some((ended, status)) if ended == child => break code_of(status),
            _ => {}
        }
    };
    end_all(id);
    Ok(code)
}

#[expect(clippy::exit, reason = "the main thread waits for a child")]
fn wait_for_end(mut line: UnixStream, command: i32) {
    let mut part = [0];
    // Nothing is ever sent, so every return means the end.
    while matches!(line.read(&mut part), Err(error) if error.kind() == io::ErrorKind::Interrupted) {}
    end_all(command);
    std::process::exit(ORPHANED);
}

/// Ends the command, and everything below this process. It gives up after a second: a process of another user cannot be killed.
fn end_all(command: i32) {
    kill_group(command);
    let own = rustix::process::getpid().as_raw_nonzero().get();
    for _ in 0..ROUNDS {
        if descendants::kill_below(own) == 0 {
            return;
        }
        while matches!(rustix::process::wait(WaitOptions::NOHANG), Ok(Some(_))) {}
        thread::sleep(REST);
    }
}

fn code_of(status: WaitStatus) -> i32 {
    status.exit_status().or_else(|| status.terminating_signal().map(|signal| 128 + signal)).unwrap_or(1)
}
