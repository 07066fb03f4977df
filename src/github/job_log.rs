//! The log of a job: the form of GitHub's lines, and the block in which the job `mint` hands over what it sealed.
//!
//! Everybody who may read the repository may read a log, and the person who starts a run chooses a part of it: the
//! runner prints a step's variables. A block therefore proves nothing. The ID token inside proves who sealed it
//! ([`Delivered::check`]).

use data_encoding::BASE64URL_NOPAD;

use crate::github::lease::Delivered;
use crate::github::lease::MAX_FILE;

/// The line before the block.
const BEGIN: &str = "-----BEGIN JIT SEALED CREDENTIALS-----";
/// The line after the block.
const END: &str = "-----END JIT SEALED CREDENTIALS-----";
/// The most characters of a line of the block. A multiple of four, so that each line is whole base64url.
const WIDTH: usize = 1000;
/// The largest log that is read, in bytes. The log of `mint` has a few lines besides the block.
pub const MAX_LOG: usize = 1024 * 1024;

/// Why a log holds no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogFault {
    /// It has no block.
    #[error("the log has no sealed credentials")]
    Nothing,
    /// It is too long.
    #[error("the log is longer than {MAX_LOG} bytes")]
    TooLong,
    /// It has more than one beginning or end.
    #[error("the log has two blocks of sealed credentials")]
    Several,
    /// The block has no end, or no beginning.
    #[error("the block of sealed credentials was cut off")]
    Torn,
    /// GitHub replaced a part of the block, because a secret of the repository has the same characters.
    #[error(
        "GitHub masked a part of the sealed credentials, because it looks like a secret of the repository"
    )]
    Masked,
    /// The block has other characters than a run writes.
    #[error("the block does not hold sealed credentials")]
    Foreign,
}

/// The block, with its marks, for the log of `mint`.
pub fn write(delivered: &Delivered) -> String {
    let text = BASE64URL_NOPAD.encode(delivered.write().as_bytes());
    let mut block = format!("{BEGIN}\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(WIDTH.min(rest.len()));
        block.push_str(line);
        block.push('\n');
        rest = more;
    }
    block.push_str(END);
    block.push('\n');
    block
}

/// The result in a log: its only block.
///
/// # Errors
/// The log has no block, more than one, or a block that no run writes.
pub fn read(log: &[u8]) -> Result<Delivered, LogFault> {
    if log.len() > MAX_LOG {
        return Err(LogFault::TooLong);
    }
    let log = String::from_utf8_lossy(log);
    let lines: Vec<&str> = log.lines().map(plain).collect();
    let at = |mark: &str| -> Vec<usize> {
        lines.iter().enumerate().filter(|(_, line)| **line == mark).map(|(index, _)| index).collect()
    };
    let (begin, end) = match (at(BEGIN).as_slice(), at(END).as_slice()) {
        ([], []) => return Err(LogFault::Nothing),
        ([begin], [end]) if begin < end => (*begin, *end),
        ([_] | [], [_] | []) => return Err(LogFault::Torn),
        _ => return Err(LogFault::Several),
    };
    let block = lines.get(begin + 1..end).unwrap_or_default();
    if block.iter().any(|line| line.contains("***")) {
        return Err(LogFault::Masked);
    }
    if block.iter().any(|line| line.is_empty() || line.len() > WIDTH) {
        return Err(LogFault::Foreign);
    }
    let text = block.concat();
    if text.len() > MAX_FILE * 4 / 3 + 4 {
        return Err(LogFault::Foreign);
    }
    let content = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| LogFault::Foreign)?;
    Delivered::read(&content).ok_or(LogFault::Foreign)
}

/// A line without the byte order mark and the time that GitHub writes before it, and without spaces at its end. GitHub
/// joins a log from pages, and each page may begin with a mark.
pub fn plain(line: &str) -> &str {
    let line = line.trim_start_matches('\u{feff}').trim_end();
    let Some((time, rest)) = line.split_once(' ') else { return line };
    if time.ends_with('Z') && time.parse::<jiff::Timestamp>().is_ok() { rest } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn delivered() -> Delivered {
        Delivered {
            run: "9001".to_owned(),
            number: 3,
            sealed: "c2VhbGVk".repeat(400),
            expires: "2026-11-23T12:15:00Z".parse().unwrap(),
            active_until: "2026-11-23T13:00:00Z".parse().unwrap(),
            token: Secret::from("eyJ.eyJ.sig"),
        }
    }

    /// The log as GitHub serves it: a mark and a time before each line.
    fn served(text: &str) -> String {
        let lines = text.lines().map(|line| format!("2026-11-23T12:00:01.1234567Z {line}\n"));
        format!("\u{feff}{}", lines.collect::<String>())
    }

    #[test]
    fn the_only_block_is_read_whatever_stands_around_it() {
        let block = write(&delivered());
        assert!(block.lines().all(|line| line.len() <= WIDTH) && block.lines().count() > 3);
        let group = "##[group]Run ./jit ci mint\nenv:\n  JIT_PROOF: ***\n##[endgroup]\nminted\n";
        for log in [
            block.clone(),
            block.replace('\n', "\r\n"),
            served(&block),
            served(&format!("{group}{block}bye\n")),
            served(&format!("{group}{block}")).replace(END, &format!("{END}  ")),
            // A page that begins in the middle of the block.
            served(&block).replacen("2026-11-23T12:00:01.1234567Z c", "\u{feff}2026-11-23T12:00:01Z c", 1),
        ] {
            let read = read(log.as_bytes()).unwrap();
            assert_eq!(read.write(), delivered().write());
        }
        let foreign = [b"\xff\xfe \x1b[2J\n".as_slice(), served(&block).as_bytes()].concat();
        assert!(read(&foreign).is_ok());
    }

    #[test]
    fn a_log_that_a_run_does_not_write_is_refused() {
        let block = write(&delivered());
        let lines: Vec<&str> = block.lines().collect();
        let without = |at: usize| {
            let kept = lines.iter().enumerate().filter(|(index, _)| *index != at);
            kept.map(|(_, line)| format!("{line}\n")).collect::<String>()
        };
        let last = lines.len() - 1;
        for (log, fault) in [
            (String::new(), LogFault::Nothing),
            ("minted credentials 1\n".to_owned(), LogFault::Nothing),
            // A mark inside a line is no mark.
            (format!("  JIT_PROOF: {BEGIN}\n"), LogFault::Nothing),
            (format!("{block}{block}"), LogFault::Several),
            (format!("{BEGIN}\n{block}"), LogFault::Several),
            (format!("{block}{END}\n"), LogFault::Several),
            (without(0), LogFault::Torn),
            (without(last), LogFault::Torn),
            (format!("{END}\n{BEGIN}\n"), LogFault::Torn),
            (without(1), LogFault::Foreign),
            (format!("{BEGIN}\n{END}\n"), LogFault::Foreign),
            (block.replacen(END, &format!("\n{END}"), 1), LogFault::Foreign),
            (block.replacen(END, &format!("warning: x\n{END}"), 1), LogFault::Foreign),
            (block.replacen('\n', "\n***", 1), LogFault::Masked),
            (format!("{BEGIN}\n{}\n{END}\n", lines[1..last].concat()), LogFault::Foreign),
            (format!("{BEGIN}\ne30\n{END}\n"), LogFault::Foreign),
            ("x".repeat(MAX_LOG + 1), LogFault::TooLong),
        ] {
            assert_eq!(read(log.as_bytes()).unwrap_err(), fault, "{log:.120}");
            assert!(read(served(&log).as_bytes()).is_err());
        }
        let cut = &block.as_bytes()[..block.len() / 2];
        assert_eq!(read(cut).unwrap_err(), LogFault::Torn);
    }
}
