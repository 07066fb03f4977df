//! Signals, stops and exits of one child, on Unix.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::thread;

use rustix::io::retry_on_intr;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::process::WaitId;
use rustix::process::WaitIdOptions;
use rustix::process::WaitIdStatus;
use signal_hook::iterator::Handle;
use signal_hook::iterator::SignalsInfo;
use signal_hook::iterator::exfiltrator::WithOrigin;
use signal_hook::low_level::siginfo::Cause;
use signal_hook::low_level::siginfo::Origin;
use tokio::sync::mpsc;
use tokio::sync::mpsc::UnboundedReceiver;

use super::CHILD_COMMAND;
use super::keeper;
use super::witness;
use super::witness::Witness;
use crate::system::Environment;
use crate::system::broken_pipe;
use crate::system::processes::Command;

/// The word after [`CHILD_COMMAND`] for a command that is bound to its parent's life. The parent's id and the command
/// line follow.
const BOUND: &str = "bound";
/// The same for a command whose caller ignored SIGPIPE.
const BOUND_IGNORING: &str = "bound-ignoring-pipe";
/// The word after [`CHILD_COMMAND`] for a witness.
pub const WITNESS: &str = "witness";

/// Signals that are passed on. Left out are those that cannot be caught (KILL, STOP) or that mean a fault of this
/// process; CHLD, which is for this process; PIPE and URG, which concern a process's own streams; TTIN and TTOU, which
/// stop both by themselves, because the kernel sends them to the whole group and a process that catches TTOU while it
/// writes never ends; real-time signals, which cannot be sent without unsafe code.
const PASSED_ON: &[Signal] = &[
    Signal::HUP,
    Signal::INT,
    Signal::QUIT,
    Signal::TERM,
    Signal::USR1,
    Signal::USR2,
    Signal::ALARM,
    Signal::VTALARM,
    Signal::PROF,
    Signal::IO,
    Signal::WINCH,
    Signal::TSTP,
    Signal::CONT,
    #[cfg(target_os = "linux")]
    Signal::POWER,
];

/// Ends the signal thread when the child has ended.
struct Listening(Handle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.close();
    }
}

pub async fn supervise(command: &Command, program: Option<&Path>) -> io::Result<i32> {
    // Runs before the child starts, so that no signal ends this process and leaves the child alone.
    let (mut signals, _listening) = listen()?;
    let mut witness = program.and_then(Witness::call);
    let child = match program {
        Some(program) if cfg!(target_os = "linux") => build(&bind(command, program)).spawn()?,
        _ => build(command).spawn()?,
    };
    let child = Pid::from_child(&child);
    let _ = leave_streams();
    let terminal = has_terminal();
    loop {
        if let Some(code) = ended(child)? {
            return Ok(code);
        }
        if terminal && is_stopped(child) {
            stop_and_continue_with(child)?;
            continue;
        }
        match signals.recv().await {
            // With a terminal, this process stops and continues together with the child, so there is nothing to pass
            // on.
            Some(origin) if terminal && is_continuing(&origin) => {}
            Some(origin) => pass_on(&origin, child, &mut witness).await,
            None => return Err(io::Error::other("signals are no longer received")),
        }
    }
}

fn build(command: &Command) -> std::process::Command {
    let mut child = std::process::Command::new(&command.program);
    child.args(&command.arguments).env_clear().envs(command.environment.iter());
    child
}

/// Receives signals with their senders from now on. Signals that this process ignores, as after `nohup`, stay ignored:
/// the child inherits that, and would not if they were caught.
fn listen() -> io::Result<(UnboundedReceiver<Origin>, Listening)> {
    let ignored = ignored();
    let wanted = PASSED_ON.iter().map(|signal| signal.as_raw()).filter(|signal| !ignored.contains(signal));
    let mut caught = SignalsInfo::<WithOrigin>::new(wanted.chain([Signal::CHILD.as_raw()]))?;
    let listening = Listening(caught.handle());
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for origin in caught.forever() {
            if sender.send(origin).is_err() {
                return;
            }
        }
    })?;
    Ok((receiver, listening))
}

/// The numbers of the signals that this process ignores. Only Linux shows them without unsafe code (proc(5), `SigIgn`).
pub fn ignored() -> BTreeSet<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    (1..=64).filter(|signal| mask & (1 << (signal - 1)) != 0).collect()
}

/// Whether this process has a terminal, and so perhaps a shell with job control.
fn has_terminal() -> bool {
    std::fs::File::open("/dev/tty").is_ok()
}

/// Gives up standard input and output, which are the child's now. A reader of its output must see the end when the
/// child closes it, and a writer of its input must be told when the child stops reading. Standard error is kept for
/// notices.
fn leave_streams() -> io::Result<()> {
    let nothing = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    rustix::stdio::dup2_stdout(&nothing)?;
    Ok(())
}

/// The exit code of the child. `None` if it has not ended. The child is then removed from the process table.
fn ended(child: Pid) -> io::Result<Option<i32>> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let status = retry_on_intr(|| rustix::process::waitid(WaitId::Pid(child), options))?;
    let signalled = |status: &WaitIdStatus| status.terminating_signal().map(|signal| 128 + signal);
    Ok(status.and_then(|status| status.exit_status().or_else(|| signalled(&status))))
}

/// Whether the child is stopped now. Leaves the report in place, so that a later call shows whether it still is.
fn is_stopped(child: Pid) -> bool {
    let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(retry_on_intr(|| rustix::process::waitid(WaitId::Pid(child), options)), Ok(Some(_)))
}

fn is_continuing(origin: &Origin) -> bool {
    Signal::from_named_raw(origin.signal) == Some(Signal::CONT)
}

/// Stops like the child, so that the shell sees the job stop. Returns when this process is continued. A shell continues
/// the whole group; a signal to only this process is meant for the child too.
fn stop_and_continue_with(child: Pid) -> io::Result<()> {
    // Takes away the report of this stop, so that a later one is new: the child was continued, or stopped again by a
    // Ctrl-Z before this process woke up. Such a child stays stopped.
    let taken = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
    let _ = retry_on_intr(|| rustix::process::waitid(WaitId::Pid(child), taken));
    // Raised on this thread, so that the stop happens before the call returns.
    signal_hook::low_level::raise(Signal::STOP.as_raw())?;
    let news = taken | WaitIdOptions::CONTINUED | WaitIdOptions::NOWAIT;
    if !matches!(retry_on_intr(|| rustix::process::waitid(WaitId::Pid(child), news)), Ok(Some(_))) {
        let _ = rustix::process::kill_process(child, Signal::CONT);
    }
    Ok(())
}

/// Passes a signal on, unless the child already has it. The kernel sends a terminal's signals to the whole group, and
/// so do `kill 0` and a shell's `kill %1`. A second Ctrl-C or SIGTERM makes many tools abandon their clean-up.
async fn pass_on(origin: &Origin, child: Pid, witness: &mut Option<Witness>) {
    let signal = match Signal::from_named_raw(origin.signal) {
        Some(Signal::CHILD) | None => return,
        Some(signal) => signal,
    };
    // A shell already continued the whole group.
    let is_carried_out = signal == Signal::CONT && !is_stopped(child);
    let from_terminal =
        origin.cause == Cause::Kernel || (cfg!(not(target_os = "linux")) && origin.process.is_none());
    let from_child = origin.process.is_some_and(|process| process.pid == child.as_raw_nonzero().get());
    if is_carried_out || from_terminal || from_child {
        if let Some(watching) = witness {
            watching.forget(signal);
        }
        return;
    }
    if let Some(watching) = witness
        && watching.saw(signal).await
    {
        watching.replace(signal);
        return;
    }
    // A child that has just ended does not need it.
    let _ = rustix::process::kill_process(child, signal);
}

/// The command started through this program. The program first asks for SIGTERM at its parent's death, even by SIGKILL,
/// and then becomes the command. Nothing else can run between fork and exec without unsafe code.
fn bind(command: &Command, program: &Path) -> Command {
    let own = std::process::id().to_string();
    let bound = if broken_pipe::was_ignored() { BOUND_IGNORING } else { BOUND };
    let mut arguments: Vec<OsString> =
        vec![CHILD_COMMAND.into(), bound.into(), own.into(), command.program.clone()];
    arguments.extend(command.arguments.iter().cloned());
    Command { program: program.into(), arguments, environment: command.environment.clone() }
}

/// The child's side of [`bind`], of [`Witness::call`] and of [`keeper::under`]. Returns an exit code.
pub fn internal_child(arguments: &[OsString], environment: &Environment) -> io::Result<i32> {
    match arguments {
        [what] if what == WITNESS => witness::stand().map(|()| 0),
        [what, program, arguments @ ..] if what == keeper::KEEP => {
            keeper::keep(program, arguments, environment)
        }
        [what, parent, program, arguments @ ..] if what == BOUND || what == BOUND_IGNORING => {
            end_with_parent(parent)?;
            let command = Command {
                program: program.clone(),
                arguments: arguments.to_vec(),
                environment: environment.clone(),
            };
            #[cfg(target_os = "linux")]
            if what == BOUND_IGNORING {
                return Err(broken_pipe::become_ignoring(&command));
            }
            Err(build(&command).exec())
        }
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn end_with_parent(parent: &OsStr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    // The parent may have died before the line above.
    let now = rustix::process::getppid().map(|now| now.as_raw_nonzero().to_string());
    if now.as_deref().map(OsStr::new) == Some(parent) {
        Ok(())
    } else {
        Err(io::Error::other("the process that started this command is gone"))
    }
}
