//! The text that a shell shows in its prompt: the active access and the time left.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::grant::span::time_left;
use crate::state::index;
use crate::state::index::Entry;

/// The shell or program for which the text is escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shell {
    /// Not escaped.
    #[default]
    Plain,
    /// For `PS1` of bash, where `\`, `$` and the backtick are special.
    Bash,
    /// For `PROMPT` of zsh, where `%` is special, and also `$` and the backtick if `PROMPT_SUBST` is set.
    Zsh,
    /// For `fish_prompt`, which prints the text unchanged.
    Fish,
    /// For PowerShell's `prompt`, which prints the text unchanged.
    PowerShell,
    /// For `PROMPT_COMMAND` of nu, which prints the text unchanged.
    Nu,
}

impl Shell {
    /// The shell of this name. `None` if there is none.
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

    /// Escapes the characters that are special in this shell's prompt.
    pub fn escape(self, text: &str) -> String {
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

/// The default format.
pub const FORMAT: &str = "{role} {left}";

/// The active entries, the soonest to end first. Each role appears once, with the grant that a command would use. A
/// direct role of the same name is separate.
pub fn active(entries: &[Entry], now: Timestamp) -> Vec<&Entry> {
    let mut seen = BTreeSet::new();
    let mut active = index::by_preference(entries, now);
    active.retain(|entry| seen.insert((&entry.role, entry.is_direct())));
    active.sort_by_key(|entry| (entry.until, entry.role.clone()));
    active
}

/// The role's name in the prompt. A direct role has a mark if an authority's role has the same name.
pub(super) fn name_of(entry: &Entry, active: &[&Entry]) -> String {
    let other = |one: &&Entry| one.role == entry.role && !one.is_direct();
    if entry.is_direct() && (entry.shadows || active.iter().any(other)) {
        format!("{} (direct)", entry.role)
    } else {
        entry.role.to_string()
    }
}

/// The segment: empty when nothing is active. `format` is written once for each, with `{role}`, `{left}`, `{place}`
/// and `{account}` (the same, for accounts) filled in, and parted by two blanks.
pub fn segment(entries: &[Entry], now: Timestamp, format: &str, shell: Shell) -> String {
    let active = active(entries, now);
    let parts: Vec<String> =
        active.iter().map(|entry| text_of(entry, &name_of(entry, &active), now, format)).collect();
    shell.escape(&parts.join("  "))
}

/// The text of one grant in this format, with this text for its role.
pub(super) fn text_of(entry: &Entry, role: &str, now: Timestamp, format: &str) -> String {
    format
        .replace("{role}", role)
        .replace("{left}", &time_left(now, entry.until))
        .replace("{place}", &entry.place.name)
        .replace("{account}", entry.place.as_account().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::State;
    use crate::state::index::example as entry;

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

    #[test]
    fn a_role_stands_there_once_and_a_direct_one_of_its_name_is_marked() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let whole = entry("prod", "2026-11-23T12:00:00Z");
        let id = Some(crate::grant::Digest::of(b"small").request_id());
        let asked = "2026-11-23T09:30:00Z".parse().unwrap();
        let small = Entry { id, asked, ..entry("prod", "2026-11-23T10:20:00Z") };
        let shown = |entries: &[Entry]| segment(entries, now, FORMAT, Shell::Plain);
        assert_eq!(shown(&[whole.clone(), small.clone()]), "prod 20m");
        assert_eq!(shown(&[small.clone(), whole.clone()]), "prod 20m");
        let elsewhere = Entry { elsewhere: true, ..small.clone() };
        assert_eq!(shown(&[whole.clone(), elsewhere]), "prod 2h");
        let direct = Entry { id: None, authority: None, ..small };
        assert_eq!(shown(&[whole, direct.clone()]), "prod (direct) 20m  prod 2h");
        assert_eq!(shown(std::slice::from_ref(&direct)), "prod 20m");
        assert_eq!(shown(&[Entry { shadows: true, ..direct }]), "prod (direct) 20m");
    }
}
