//! Parses the output of `jit ci` in a job's log. Anybody may have written it, so it is sanitised, truncated, and
//! decides nothing.

use crate::github::job_log::plain;
use crate::grant::text::sanitise;

/// The most characters shown of one line.
const MOST: usize = 400;

/// A job's last error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// The error, with its causes.
    pub said: Option<String>,
    /// The hint.
    pub hint: Option<String>,
    /// The code for programs of the rule that refused.
    pub rule: Option<String>,
    /// The exit code of its last step.
    pub code: Option<u8>,
}

/// Parses a log: the last error in the format of `jit`, and the exit code that the runner printed.
pub fn read(log: &str) -> Words {
    let mut words = Words::default();
    let mut causes: Vec<String> = Vec::new();
    for line in log.lines() {
        let line = plain(line);
        if let Some(said) = line.strip_prefix("error: ") {
            words = Words { said: Some(short(said)), hint: None, ..words };
            causes.clear();
        } else if let Some(cause) = line.strip_prefix("  cause: ").filter(|_| words.said.is_some()) {
            causes.push(short(cause));
        } else if let Some(hint) = line.strip_prefix("  hint: ").filter(|_| words.said.is_some()) {
            words.hint.get_or_insert_with(|| short(hint));
        } else if let Some(rule) = line.strip_prefix("refused: ").filter(|rule| is_word(rule)) {
            words.rule = Some(rule.to_owned());
        } else if let Some((_, code)) = line.split_once("Process completed with exit code ") {
            words.code = code.trim_end_matches('.').parse().ok();
        }
    }
    if let Some(said) = &mut words.said {
        for cause in causes.iter().take(4) {
            said.push_str(": ");
            said.push_str(cause);
        }
    }
    words
}

/// Whether a text has the form of a code for programs, such as `too_many`.
fn is_word(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn short(text: &str) -> String {
    sanitise(&text.chars().take(MOST).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_is_read_and_made_harmless() {
        let log = "2026-11-23T12:00:01.0000000Z ##[group]Run ./jit ci decide\n\
                   2026-11-23T12:00:02.0000000Z error: main moved since this was dispatched\u{1b}[2J\n\
                   2026-11-23T12:00:02.0000000Z   cause: because\n\
                   2026-11-23T12:00:02.0000000Z   hint: `jit wait` dispatches it again\n\
                   2026-11-23T12:00:02.0000000Z ##[error]Process completed with exit code 5.\n";
        let words = read(log);
        assert!(words.said.as_ref().unwrap().starts_with("main moved since this was dispatched"));
        assert!(words.said.as_ref().unwrap().ends_with(": because"));
        assert!(!words.said.unwrap().contains('\u{1b}'));
        assert_eq!((words.hint.as_deref(), words.code), (Some("`jit wait` dispatches it again"), Some(5)));
        assert_eq!(read("curl: (22) 404\nError: Process completed with exit code 22.\n").code, Some(22));
        assert_eq!(read("refused: too_many\nerror: a\n").rule.as_deref(), Some("too_many"));
        assert_eq!(read("refused: \u{1b}[2J\nrefused: by me\nerror: a\n").rule, None);
        assert_eq!(read("error: a\n  cause: b\nerror: c\n").said.as_deref(), Some("c"));
        let long = format!("error: {}", "x".repeat(10_000));
        assert_eq!(read(&long).said.unwrap().len(), MOST);
    }
}
