//! Running a command as a parent that nobody notices.
//!
//! The child stays in this process's own process group: then the terminal sends Ctrl-C, Ctrl-Z and a new window size to
//! both, a pipeline stays one job of the shell, and when this process is killed the shell takes the terminal back. What
//! remains is to pass on the signals that were meant for the command and reached only this process, to stop when the
//! command stops, and to end as it ended.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use async_trait::async_trait;

use super::Environment;
use super::processes::Command;

#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod witness;

/// Runs commands as their parent.
#[async_trait]
pub trait Supervisor: Send + Sync {
    /// Runs a command with the same standard streams, working folder, process group and ignored signals, passes signals
    /// on to it, stops when it stops, and answers its exit code, `128 + n` after signal `n`.
    ///
    /// The last thing that a process does: its own standard input and output belong to the command from here on, and
    /// signals do not end the process by themselves any more.
    ///
    /// # Errors
    ///
    /// When the command cannot be started.
    async fn supervise(&self, command: &Command) -> io::Result<i32>;
}

/// The hidden command by which a supervisor calls its own program back; [`internal_child`] carries it out.
pub const CHILD_COMMAND: &str = "internal-child";

/// Real children.
#[derive(Debug, Default)]
pub struct RealSupervisor {
    /// The path of a program that answers to [`CHILD_COMMAND`]. Without one a command is not told when this process is
    /// killed, and one that is signalled together with this process gets the signal twice.
    pub program: Option<PathBuf>,
}

impl RealSupervisor {
    /// A supervisor whose program is the running one.
    pub fn of_process() -> Self {
        Self { program: std::env::current_exe().ok() }
    }
}

#[async_trait]
impl Supervisor for RealSupervisor {
    #[cfg(unix)]
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        unix::supervise(command, self.program.as_deref()).await
    }

    #[cfg(not(unix))]
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        // The console sends Ctrl-C to both. Taking it here leaves the answer to the command.
        let mut child = tokio::process::Command::new(&command.program);
        child.args(&command.arguments).env_clear().envs(command.environment.iter()).kill_on_drop(true);
        let mut child = child.spawn()?;
        loop {
            tokio::select! {
                status = child.wait() => return status.map(|status| status.code().unwrap_or(1)),
                _ = tokio::signal::ctrl_c() => {}
            }
        }
    }
}

/// Carries out [`CHILD_COMMAND`] with the arguments that follow it, before anything else has started a thread. It
/// answers when its work is done or, with the reason, when the command cannot be started.
pub fn internal_child(arguments: &[OsString], environment: &Environment) -> io::Result<()> {
    #[cfg(unix)]
    return unix::internal_child(arguments, environment);
    #[cfg(not(unix))]
    {
        let _ = (arguments, environment);
        Err(io::ErrorKind::Unsupported.into())
    }
}
