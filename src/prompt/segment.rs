//! The text that a shell shows in its prompt: what access is active, and for how long.

use jiff::Timestamp;

use super::index::Entry;
use crate::grant::span::time_left;

/// How the text is escaped for whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shell {
    /// As it is.
    #[default]
    Plain,
    /// For `PS1` of bash, where `\`, `$` and the backtick act.
    Bash,
    /// For `PROMPT` of zsh, where `%` acts too when `PROMPT_SUBST` is set.
    Zsh,
    /// For `fish_prompt`, which prints what it is given.
    Fish,
    /// For PowerShell's `prompt`, which prints what it is given.
    PowerShell,
    /// For `PROMPT_COMMAND` of nu, which prints what it is given.
    Nu,
}

impl Shell {
    /// The shell of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "bash" => Some(Self::Bash),
            "zsh" => Some(Self::Zsh),
            "fish" => Some(Self::Fish),
            "powershell" => Some(Self::PowerShell),
            "nu" => Some(Self::Nu),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }

    pub(super) fn escape(self, text: &str) -> String {
        let mut escaped = String::with_capacity(text.len());
        for character in text.chars() {
            match (self, character) {
                (Self::Bash | Self::Zsh, '\\' | '$' | '`') => {
                    escaped.push('\\');
                    escaped.push(character);
                }
                (Self::Zsh, '%') => escaped.push_str("%%"),
                _ => escaped.push(character),
            }
        }
        escaped
    }
}

/// The format when none is given.
pub const FORMAT: &str = "{role} {left}";

/// What is active, the soonest to end first.
pub fn active(entries: &[Entry], now: Timestamp) -> Vec<&Entry> {
    let mut active: Vec<&Entry> = entries.iter().filter(|entry| entry.is_active(now)).collect();
    active.sort_by_key(|entry| (entry.until, entry.role.clone()));
    active
}

/// The segment: empty when nothing is active. `format` is written once for each, with `{role}`, `{left}` and `{account}`
/// filled in, and parted by two blanks.
pub fn segment(entries: &[Entry], now: Timestamp, format: &str, shell: Shell) -> String {
    let parts: Vec<String> = active(entries, now)
        .into_iter()
        .map(|entry| text_of(entry, entry.role.as_str(), now, format))
        .collect();
    shell.escape(&parts.join("  "))
}

/// The text of one grant in this format, with its role written so.
pub(super) fn text_of(entry: &Entry, role: &str, now: Timestamp, format: &str) -> String {
    format
        .replace("{role}", role)
        .replace("{left}", &time_left(now, entry.until))
        .replace("{account}", &entry.account)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::State;
    use crate::prompt::index::example as entry;

    #[test]
    fn shows_what_is_active_and_nothing_else() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let mut pending = entry("waits", "2026-11-23T12:00:00Z");
        pending.state = State::Pending;
        let entries = [
            entry("stage", "2026-11-23T11:05:00Z"),
            entry("prod", "2026-11-23T10:42:00Z"),
            entry("over", "2026-11-23T10:00:00Z"),
            pending,
        ];
        assert_eq!(segment(&entries, now, FORMAT, Shell::Plain), "prod 42m  stage 1h 5m");
        assert_eq!(segment(&entries[2..], now, FORMAT, Shell::Plain), "");
        assert_eq!(segment(&entries[1..2], now, "$({role}) 5%", Shell::Zsh), "\\$(prod) 5%%");
        assert_eq!(segment(&entries[1..2], now, "`{account}`\\", Shell::Bash), "\\`111122223333\\`\\\\");
    }
}
