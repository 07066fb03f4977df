//! Desktop notices through the terminal: the terminal shows them, on the machine on which the person sits, over SSH too.

use super::Environment;

/// The escape sequence by which a terminal shows a desktop notice. Only terminals known to take it get one: others would
/// print it or do something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Desktop {
    /// `OSC 9 ; TEXT ST`: iTerm2's, which WezTerm, Ghostty and kitty take too.
    Text,
    /// `OSC 777 ; notify ; TITLE ; TEXT ST`: rxvt-unicode's, which foot takes too.
    Notify,
}

/// The most characters of a notice.
const LONGEST: usize = 160;

impl Desktop {
    /// The sequence of the terminal that the environment describes. `None` if it is not known to have one, or inside
    /// a multiplexer, which does not pass it on.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let term = environment.get("TERM").unwrap_or_default();
        let multiplexed = environment.get("TMUX").is_some() || environment.get("STY").is_some();
        if multiplexed || ["tmux", "screen", "dumb"].iter().any(|start| term.starts_with(start)) {
            return None;
        }
        match (environment.get("TERM_PROGRAM").unwrap_or_default(), term) {
            ("iTerm.app" | "WezTerm" | "ghostty", _) => Some(Self::Text),
            (_, "xterm-kitty" | "xterm-ghostty" | "wezterm") => Some(Self::Text),
            (_, term) if term == "foot" || term.starts_with("foot-") || term.starts_with("rxvt-unicode") => {
                Some(Self::Notify)
            }
            _ => None,
        }
    }

    /// The bytes that show a text. Nothing in it can end the sequence or begin another one.
    pub(super) fn show(self, text: &str) -> String {
        let shown = |character: &char| !character.is_control() && *character != ';';
        let text: String = text.chars().filter(shown).take(LONGEST).collect();
        match self {
            // The words before the text keep it from being a command such as `9;4`, the progress of ConEmu.
            Self::Text => format!("\x1b]9;jit: {text}\x1b\\"),
            Self::Notify => format!("\x1b]777;notify;jit;{text}\x1b\\"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<Desktop> {
        let mut environment = Environment::default();
        for (name, value) in variables {
            environment.set(name, *value);
        }
        Desktop::of(&environment)
    }

    #[test]
    fn only_known_terminals_get_a_sequence() {
        assert_eq!(of(&[("TERM_PROGRAM", "iTerm.app"), ("TERM", "xterm-256color")]), Some(Desktop::Text));
        assert_eq!(of(&[("TERM_PROGRAM", "WezTerm")]), Some(Desktop::Text));
        assert_eq!(of(&[("TERM", "xterm-kitty")]), Some(Desktop::Text));
        assert_eq!(of(&[("TERM", "xterm-ghostty")]), Some(Desktop::Text));
        assert_eq!(of(&[("TERM", "foot")]), Some(Desktop::Notify));
        assert_eq!(of(&[("TERM", "foot-direct")]), Some(Desktop::Notify));
        assert_eq!(of(&[("TERM", "rxvt-unicode-256color")]), Some(Desktop::Notify));
        for other in ["xterm-256color", "linux", "dumb", "footless", "vt100", ""] {
            assert_eq!(of(&[("TERM", other)]), None, "{other}");
        }
        assert_eq!(of(&[("TERM_PROGRAM", "Apple_Terminal"), ("TERM", "xterm-256color")]), None);
        // A multiplexer keeps the variables of the terminal around it.
        assert_eq!(of(&[("TERM_PROGRAM", "iTerm.app"), ("TMUX", "/tmp/tmux-0/default,1,0")]), None);
        assert_eq!(of(&[("TERM_PROGRAM", "WezTerm"), ("TERM", "screen-256color")]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_text_cannot_leave_its_sequence() {
        let hostile = "prod\x1b\\\x07\x1b]0;owned\u{9c}\u{9d}9;4;1\r\nok";
        assert_eq!(Desktop::Text.show(hostile), "\x1b]9;jit: prod\\]0owned941ok\x1b\\");
        assert_eq!(Desktop::Notify.show(hostile), "\x1b]777;notify;jit;prod\\]0owned941ok\x1b\\");
        assert_eq!(Desktop::Text.show(&"x".repeat(9_000)).len(), LONGEST + 11);
    }
}
