//! Child processes: running one to its end, and replacing this process by one.

use std::ffi::OsString;
use std::io;
use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::io::AsyncWriteExt;

use super::Console;
use super::Environment;
use super::Supervisor;
use super::captured;
use super::captured::Captured;
use super::captured::Kept;
use super::captured::Within;
use super::contained;
use super::contained::Bounds;

/// A program, its arguments and its whole environment. No shell is involved.
#[derive(Debug, Clone)]
pub struct Command {
    /// The program's path or name. A name is looked up in the `PATH` of `environment`.
    pub program: OsString,
    /// Its arguments, unchanged.
    pub arguments: Vec<OsString>,
    /// The child's whole environment.
    pub environment: Environment,
}

/// The result of a finished child.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `128 + n` after signal `n`.
    pub code: i32,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

/// Starts child processes.
#[async_trait]
pub trait Processes: Send + Sync {
    /// Replaces this process by the command, if the platform can. Otherwise runs it with the same standard streams and
    /// returns its exit code. On Unix it returns only if the command could not be started.
    fn become_command(&self, command: &Command) -> io::Result<i32>;

    /// A command's exit code as that of this process. On Windows, where codes have 32 bits, one that does not fit here ends the
    /// process at once; elsewhere there is none, and this returns `None`. So call it last.
    fn end_as(&self, code: i32) -> Option<u8> {
        u8::try_from(code).ok()
    }

    /// Runs a command with the same standard streams and waits for its exit code.
    async fn run_attached(&self, command: &Command) -> io::Result<i32>;

    /// Runs a command on this input and collects its output. Kills it when the limit runs out.
    async fn run_collected(&self, command: &Command, input: &[u8], limit: Duration) -> io::Result<Output>;

    /// Starts a command that continues by itself, like a browser: without standard streams, without the terminal's
    /// signals, and not ended with this process. Returns its exit code if it ends within `patience`.
    async fn launch(&self, command: &Command, patience: Duration) -> io::Result<Option<i32>> {
        self.run_collected(command, &[], patience).await.map(|output| Some(output.code))
    }

    /// Like `run_collected`, for a command that reads strangers' data: it has limits, and ends together with all
    /// processes that it started. An error of kind `FileTooLarge` means that it wrote too much.
    async fn run_contained(
        &self,
        command: &Command,
        input: &[u8],
        bounds: &Bounds<'_>,
    ) -> io::Result<Output> {
        let output = self.run_collected(command, input, bounds.time).await?;
        if output.stdout.len() > bounds.output { Err(contained::too_much(bounds.output)) } else { Ok(output) }
    }

    /// Runs a command without input and keeps its output. It ends together with the processes that it started: when its
    /// time runs out, or when the future is dropped.
    async fn run_captured(&self, command: &Command, within: &Within<'_>) -> io::Result<Captured> {
        let output = self.run_collected(command, &[], within.time).await?;
        let kept = |bytes: &[u8]| Kept::of(bytes, within.kept);
        Ok(Captured { code: Some(output.code), stdout: kept(&output.stdout), stderr: kept(&output.stderr) })
    }

    /// Keeps other processes of this user from reading this one's memory, if the platform can.
    fn protect_memory(&self);

    /// Returns when the person presses Ctrl-C or the process is asked to stop. After the first call neither ends the
    /// process by itself, so call it only where the wait can end in good order.
    async fn interrupted(&self);

    /// The same, and also for the other signals by which a terminal or a parent ends a process: SIGHUP and SIGQUIT. A signal that
    /// this process was told to ignore, as after `nohup`, stays ignored on Linux.
    async fn ended_by_signal(&self) {
        self.interrupted().await;
    }
}

/// Ends this process with a code if it panics, with the message on standard error.
#[expect(clippy::exit, reason = "a panic has no caller that could return a code")]
pub fn exit_on_panic(code: i32) {
    std::panic::set_hook(Box::new(move |problem| {
        // Nobody may be there to read it.
        let _ = writeln!(io::stderr(), "jit: {problem}");
        std::process::exit(code);
    }));
}

/// Real children.
pub struct RealProcesses;

impl RealProcesses {
    pub(super) fn build(command: &Command) -> std::process::Command {
        #[cfg(unix)]
        let program = &command.program;
        #[cfg(windows)]
        let program = super::command_name::resolve(&command.program, &command.environment);
        let mut child = std::process::Command::new(program);
        child.args(&command.arguments).env_clear().envs(command.environment.iter());
        child
    }
}

#[async_trait]
impl Processes for RealProcesses {
    #[cfg(unix)]
    fn become_command(&self, command: &Command) -> io::Result<i32> {
        use std::os::unix::process::CommandExt;
        // `execve` drops buffered output.
        io::stdout().flush()?;
        io::stderr().flush()?;
        #[cfg(target_os = "linux")]
        if super::broken_pipe::was_ignored() {
            return Err(super::broken_pipe::become_ignoring(command));
        }
        Err(Self::build(command).exec())
    }

    #[cfg(windows)]
    fn become_command(&self, command: &Command) -> io::Result<i32> {
        super::supervise::windows::run(command)
    }

    #[cfg(windows)]
    fn end_as(&self, code: i32) -> Option<u8> {
        if u8::try_from(code).is_err() {
            end_process(code);
        }
        u8::try_from(code).ok()
    }

    async fn run_attached(&self, command: &Command) -> io::Result<i32> {
        tokio::process::Command::from(Self::build(command)).status().await.map(code_of)
    }

    async fn run_collected(&self, command: &Command, input: &[u8], limit: Duration) -> io::Result<Output> {
        let mut child = tokio::process::Command::from(Self::build(command))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut stdin = child.stdin.take();
        let feed = async {
            if let Some(stdin) = stdin.as_mut() {
                // A child need not read its input.
                let _ = stdin.write_all(input).await;
            }
            drop(stdin);
        };
        let finish = async { tokio::join!(feed, child.wait_with_output()).1 };
        let output = tokio::time::timeout(limit, finish)
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "the command did not finish in time"))??;
        Ok(Output { code: code_of(output.status), stdout: output.stdout, stderr: output.stderr })
    }

    async fn launch(&self, command: &Command, patience: Duration) -> io::Result<Option<i32>> {
        let mut child = Self::build(command);
        child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut child, 0);
        let mut child = tokio::process::Command::from(child).spawn()?;
        match tokio::time::timeout(patience, child.wait()).await {
            Ok(status) => Ok(Some(code_of(status?))),
            Err(_) => Ok(None),
        }
    }

    async fn run_contained(
        &self,
        command: &Command,
        input: &[u8],
        bounds: &Bounds<'_>,
    ) -> io::Result<Output> {
        contained::run(Self::build(command), input, bounds).await
    }

    async fn run_captured(&self, command: &Command, within: &Within<'_>) -> io::Result<Captured> {
        captured::run(command, within).await
    }

    fn protect_memory(&self) {
        #[cfg(target_os = "linux")]
        {
            use rustix::process::DumpableBehavior;
            let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
        }
    }

    #[cfg(unix)]
    async fn interrupted(&self) {
        use tokio::signal::unix::SignalKind;
        let Ok(mut stop) = tokio::signal::unix::signal(SignalKind::terminate()) else {
            let _ = tokio::signal::ctrl_c().await;
            return;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = stop.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn interrupted(&self) {
        let _ = tokio::signal::ctrl_c().await;
    }

    #[cfg(unix)]
    async fn ended_by_signal(&self) {
        use tokio::signal::unix::SignalKind;
        let ignored = super::supervise::ignored();
        let wanted = [SignalKind::hangup(), SignalKind::quit()].into_iter();
        let wanted = wanted.filter(|kind| !ignored.contains(&kind.as_raw_value()));
        let mut signals: Vec<_> = wanted.filter_map(|kind| tokio::signal::unix::signal(kind).ok()).collect();
        let any = std::future::poll_fn(|context| {
            if signals.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
                return std::task::Poll::Ready(());
            }
            std::task::Poll::Pending
        });
        tokio::select! {
            () = self.interrupted() => {}
            () = any => {}
        }
    }
}

#[cfg(windows)]
#[expect(clippy::exit, reason = "`main` can return eight bits of an exit code")]
fn end_process(code: i32) -> ! {
    use std::io::Write;
    let _ = io::stdout().flush();
    std::process::exit(code)
}

/// Children that never replace this process: a caller that asks for it gets a child and its exit code. The
/// demonstration runs people's commands in its own process, which must continue.
pub struct ChildProcesses {
    /// The console that shows the collected output of children. Children that inherit the terminal write to it
    /// themselves.
    pub console: Arc<dyn Console>,
}

impl ChildProcesses {
    /// Passes a child's output on. Returns its exit code. A reader that has gone away does not turn the child's success
    /// into a failure.
    fn show(&self, output: &std::process::Output) -> io::Result<i32> {
        match self.console.print(&String::from_utf8_lossy(&output.stdout)) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            self.console.say(line);
        }
        Ok(code_of(output.status))
    }
}

#[async_trait]
impl Processes for ChildProcesses {
    fn become_command(&self, command: &Command) -> io::Result<i32> {
        let mut child = RealProcesses::build(command);
        if self.console.is_inherited() {
            return child.status().map(code_of);
        }
        self.show(&child.stdin(Stdio::null()).output()?)
    }

    async fn run_attached(&self, command: &Command) -> io::Result<i32> {
        RealProcesses.run_attached(command).await
    }

    async fn run_collected(&self, command: &Command, input: &[u8], limit: Duration) -> io::Result<Output> {
        RealProcesses.run_collected(command, input, limit).await
    }

    async fn launch(&self, command: &Command, patience: Duration) -> io::Result<Option<i32>> {
        RealProcesses.launch(command, patience).await
    }

    async fn run_contained(
        &self,
        command: &Command,
        input: &[u8],
        bounds: &Bounds<'_>,
    ) -> io::Result<Output> {
        RealProcesses.run_contained(command, input, bounds).await
    }

    async fn run_captured(&self, command: &Command, within: &Within<'_>) -> io::Result<Captured> {
        RealProcesses.run_captured(command, within).await
    }

    async fn interrupted(&self) {
        RealProcesses.interrupted().await;
    }

    async fn ended_by_signal(&self) {
        RealProcesses.ended_by_signal().await;
    }

    fn protect_memory(&self) {
        RealProcesses.protect_memory();
    }
}

#[async_trait]
impl Supervisor for ChildProcesses {
    async fn supervise(&self, command: &Command) -> io::Result<i32> {
        if self.console.is_inherited() {
            return self.run_attached(command).await;
        }
        let mut child = tokio::process::Command::from(RealProcesses::build(command));
        let output = child.stdin(Stdio::null()).kill_on_drop(true).output().await?;
        self.show(&output)
    }
}

/// The exit code as a shell reports it: `128 + n` after signal `n`.
pub(super) fn code_of(status: std::process::ExitStatus) -> i32 {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return 128 + signal;
        }
    }
    status.code().unwrap_or(1)
}
