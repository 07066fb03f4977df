//! Running a command as an invisible parent.
//!
//! The child stays in this process's own process group. Then the terminal sends Ctrl-C, Ctrl-Z and a new window size to
//! both, a pipeline stays one job of the shell, and if this process is killed the shell takes the terminal back. The
//! rest of the work is to pass on signals for the command that reached only this process, to stop when the command
//! stops, and to end with its exit code.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use async_trait::async_trait;

use super::Environment;
use super::processes::Command;

#[cfg(unix)]
pub(super) mod keeper;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(super) use unix::ignored;
#[cfg(windows)]
pub(super) mod windows;
#[cfg(unix)]
mod witness;

/// Runs commands as their parent.
#[async_trait]
pub trait Supervisor: Send + Sync {
    /// Runs a command with the same standard streams, working folder, process group and ignored signals. Passes signals
    /// on to it and stops when it stops. Returns its exit code, `128 + n` after signal `n`.
    ///
    /// This is the last act of a process: from here on its standard input and output belong to the command, and signals
    /// no longer end the process by themselves.
    ///
    /// # Errors
    ///
    /// The command cannot be started.
    async fn supervise(&self, command: &Command) -> io::Result<i32>;
}

/// The hidden command with which a supervisor calls its own program; [`internal_child`] carries it out.
pub const CHILD_COMMAND: &str = "internal-child";

/// Real children.
#[derive(Debug, Default)]
pub struct RealSupervisor {
    /// The path of a program that answers to [`CHILD_COMMAND`]. Without one, a command is not told when this process is
    /// killed, and a signal to both reaches the command twice.
    pub program: Option<PathBuf>,
}

impl RealSupervisor {
    /// A supervisor with the running program.
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

    #[cfg(windows)]
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        windows::supervise(command).await
    }
}

/// Carries out [`CHILD_COMMAND`] with the arguments after it, before any thread has started. Returns when its work is
/// done, with an exit code, or with an error if the command cannot be started.
pub fn internal_child(arguments: &[OsString], environment: &Environment) -> io::Result<i32> {
    #[cfg(unix)]
    return unix::internal_child(arguments, environment);
    #[cfg(not(unix))]
    {
        let _ = (arguments, environment);
        Err(io::ErrorKind::Unsupported.into())
    }
}
