//! SIGPIPE as set by the caller of this program, for a command that runs with access. Rust's runtime ignores it in this
//! process, and its `Command` gives every child the default.

#[cfg(target_os = "linux")]
use std::ffi::CString;
#[cfg(target_os = "linux")]
use std::io;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

#[cfg(target_os = "linux")]
use super::processes::Command;

static IGNORED: AtomicBool = AtomicBool::new(false);

/// Records how it is set. Runs before `main`, when nothing of the standard library may be used: system calls only.
#[cfg(target_os = "linux")]
pub fn remember() {
    use rustix::fs::Mode;
    use rustix::fs::OFlags;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let Ok(file) = rustix::fs::open(c"/proc/self/status", flags, Mode::empty()) else { return };
    let mut text = [0_u8; 8192];
    let mut length = 0;
    while let Some(rest) = text.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match rustix::io::read(&file, rest) {
            Ok(0) | Err(_) => break,
            Ok(more) => length += more,
        }
    }
    IGNORED.store(is_ignored_in(text.get(..length).unwrap_or_default()), Ordering::Relaxed);
}

/// Whether a process ignores SIGPIPE, by its status in /proc: see proc(5), `SigIgn`.
#[cfg(any(target_os = "linux", test))]
fn is_ignored_in(status: &[u8]) -> bool {
    const PIPE: u64 = 1 << (13 - 1);
    let mut lines = status.split(|byte| *byte == b'\n');
    let mask = lines.find_map(|line| line.strip_prefix(b"SigIgn:")).unwrap_or_default();
    let digit = |byte: u8| char::from(byte).to_digit(16).map(u64::from);
    let mask = mask.iter().filter_map(|byte| digit(*byte)).fold(0_u64, |mask, digit| mask << 4 | digit);
    mask & PIPE != 0
}

/// Whether the caller ignored it. Only Linux shows this without unsafe code.
pub fn was_ignored() -> bool {
    IGNORED.load(Ordering::Relaxed)
}

/// Becomes a command that ignores SIGPIPE, as this process does. Returns only if the command cannot be started.
#[cfg(target_os = "linux")]
pub fn become_ignoring(command: &Command) -> io::Error {
    let word = |bytes: &[u8]| {
        CString::new(bytes).map_err(|_| {
            io::Error::new(io::ErrorKind::InvalidInput, "a word of the command holds a NUL byte")
        })
    };
    let pair = |(name, value): (&std::ffi::OsStr, &std::ffi::OsStr)| {
        word(&[name.as_bytes(), b"=", value.as_bytes()].concat())
    };
    let become_it = || -> io::Result<std::convert::Infallible> {
        let program = word(command.program.as_bytes())?;
        let arguments = command.arguments.iter().map(|argument| word(argument.as_bytes()));
        let words = std::iter::once(Ok(program.clone())).chain(arguments).collect::<io::Result<Vec<_>>>()?;
        let environment = command.environment.iter().map(pair).collect::<io::Result<Vec<_>>>()?;
        nix::unistd::execvpe(&program, &words, &environment).map_err(io::Error::from)
    };
    match become_it() {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read() {
        assert!(is_ignored_in(
            b"Name:\tsh\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001000\nSigCgt:\t0\n"
        ));
        assert!(!is_ignored_in(b"SigIgn:\t0000000000000fff\nSigCgt:\t0000000000001000\n"));
        assert!(!is_ignored_in(b"") && !is_ignored_in(b"SigIgn"));
    }
}
