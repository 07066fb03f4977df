//! The terminal's state while a command draws its whole window. It is given back on every way out: by a return, an
//! error, a panic and a signal.

use std::io;
use std::io::Write;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::OnceLock;
use std::sync::PoisonError;

use rustix::termios::OptionalActions;
use rustix::termios::Termios;
use rustix::termios::tcgetattr;
use rustix::termios::tcsetattr;
use signal_hook::consts::SIGHUP;
use signal_hook::consts::SIGQUIT;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// The alternate screen without a cursor and without automatic wrapping (xterm's control sequences, "DEC Private Mode").
/// Without wrapping, a character that the terminal draws wider than expected stays in its line.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[2J";
/// The opposite.
const LEAVE: &str = "\u{1b}[0m\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// The modes of the terminal before it was taken. `None` while it is not taken.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);
/// The messages that were kept back while the terminal was taken.
static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the terminal: no echo, each key at once, and an empty window. Does nothing if it is taken. Returns whether it
/// was taken now.
///
/// # Errors
/// Standard input or output is no terminal, or it went away.
pub fn take() -> io::Result<bool> {
    give_back_on_the_way_out()?;
    let mut before = locked(&BEFORE);
    if before.is_some() {
        return Ok(false);
    }
    let modes = tcgetattr(io::stdin())?;
    let mut raw = modes.clone();
    raw.make_raw();
    tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
    *before = Some(modes);
    drop(before);
    write(ENTER)?;
    Ok(true)
}

/// Gives the terminal back as it was. Does nothing if it is not taken.
pub fn give_back() {
    let mut before = locked(&BEFORE);
    if let Some(modes) = before.take() {
        // A terminal that went away needs neither.
        let _ = write(LEAVE);
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
}

/// Whether the terminal is taken.
pub fn is_taken() -> bool {
    locked(&BEFORE).is_some()
}

/// Keeps a message back if the terminal is taken. Returns whether it did.
pub fn keep(line: &str) -> bool {
    let keeps = is_taken();
    if keeps {
        locked(&KEPT).push(line.to_owned());
    }
    keeps
}

/// The messages kept back since the last call.
pub fn kept() -> Vec<String> {
    std::mem::take(&mut locked(&KEPT))
}

/// Writes to standard output at once.
pub fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

/// Writes a line to standard error.
pub fn complain(line: &str) -> io::Result<()> {
    writeln!(io::stderr().lock(), "{line}")
}

/// Has a panic and the signals that end a process give the terminal back first. A process that was not asked to draw
/// its window never comes here.
fn give_back_on_the_way_out() -> io::Result<()> {
    static PREPARED: OnceLock<()> = OnceLock::new();
    if PREPARED.get().is_some() {
        return Ok(());
    }
    let mut signals = Signals::new([SIGHUP, SIGQUIT, SIGTERM])?;
    std::thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        for signal in signals.forever() {
            give_back();
            // Ends the process as the signal would have.
            let _ = emulate_default_handler(signal);
        }
    })?;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        before(panic);
    }));
    let _ = PREPARED.set(());
    Ok(())
}
