//! One child on Windows, which has no `execve` and no process groups as Unix has them.

use std::io;

use tokio::signal::windows::CtrlBreak;
use tokio::signal::windows::CtrlC;
use win32job::ExtendedLimitInfo;
use win32job::Job;
use win32job::JobError;

use crate::system::processes::Command;
use crate::system::processes::RealProcesses;

/// Runs a command and waits for its exit code.
pub async fn supervise(command: &Command) -> io::Result<i32> {
    let _deaf = Deaf::from_now()?;
    let _bond = Bond::tie();
    let mut child =
        tokio::process::Command::from(RealProcesses::build(command)).kill_on_drop(true).spawn()?;
    let status = child.wait().await?;
    Ok(status.code().unwrap_or(1))
}

/// The same, and blocks this thread.
pub fn run(command: &Command) -> io::Result<i32> {
    let _deaf = Deaf::from_now()?;
    let _bond = Bond::tie();
    let status = RealProcesses::build(command).status()?;
    Ok(status.code().unwrap_or(1))
}

/// While this lives, Ctrl-C and Ctrl-Break do not end this process. The console sends them to every process on it, so the command
/// has them too, and decides: see "CTRL+C and CTRL+BREAK Signals" in Microsoft's documentation of the console.
struct Deaf {
    _interrupt: CtrlC,
    _break: CtrlBreak,
}

impl Deaf {
    fn from_now() -> io::Result<Self> {
        Ok(Self {
            _interrupt: tokio::signal::windows::ctrl_c()?,
            _break: tokio::signal::windows::ctrl_break()?,
        })
    }
}

/// A job object with this process in it, and all that it starts from now on. Windows ends them all when the last handle to it is
/// closed, and only this process has one: so a command never outlives a `jit` that was killed. Dropped, it lets go of all of them: what
/// a command leaves running lives on, as on Unix.
struct Bond(Option<Job>);

impl Bond {
    /// Where no job can be made, as in one that forbids further ones, commands run all the same.
    fn tie() -> Self {
        let mut limits = ExtendedLimitInfo::new();
        // A program that starts another to outlive it, as editors and browsers do, may still do so.
        limits.limit_kill_on_job_close().limit_breakaway_ok();
        let tied = || -> Result<Job, JobError> {
            let job = Job::create()?;
            job.assign_current_process()?;
            job.set_extended_limit_info(&limits)?;
            Ok(job)
        };
        Self(tied().ok())
    }
}

impl Drop for Bond {
    fn drop(&mut self) {
        if let Some(job) = self.0.take()
            && job.set_extended_limit_info(&ExtendedLimitInfo::new()).is_err()
        {
            // Closing it would end this process before it can pass on the exit code.
            std::mem::forget(job);
        }
    }
}
