//! The text that a shell shows in its prompt: what access is active, and for how long.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::grant::span::time_left;
use crate::state::index;
use crate::state::index::Entry;

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

    /// The text, with what would act in the prompt of this shell made harmless.
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

/// The format when none is given.
pub const FORMAT: &str = "{role} {left}";

/// What is active, the soonest to end first. A role stands there once, by the grant that a command would use; a direct role of
/// the same name is another one.
pub fn active(entries: &[Entry], now: Timestamp) -> Vec<&Entry> {
    let mut seen = BTreeSet::new();
    let mut active = index::by_preference(entries, now);
    active.retain(|entry| seen.insert((&entry.role, entry.is_direct())));
    active.sort_by_key(|entry| (entry.until, entry.role.clone()));
    active
}

/// The role's name as the prompt shows it: a direct role is marked where the name is also that of an authority's role.
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

/// The text of one grant in this format, with its role written so.
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

    /// Issue 9, A1 and A2.
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
