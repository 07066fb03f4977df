//! `jit env`: text that a shell evaluates.

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::environment;
use crate::grant::Lease;
use crate::grant::Name;
use crate::secret::Secret;

/// Whose syntax to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// sh, bash, zsh.
    Posix,
    /// fish.
    Fish,
    /// PowerShell.
    PowerShell,
}

impl Syntax {
    /// Within single quotes POSIX shells read everything as it stands, fish all but `\` and `'`, and PowerShell all but
    /// the quotes themselves, which are doubled; it takes typographic ones for the same.
    fn quote(self, text: &str) -> Zeroizing<String> {
        let mut quoted = Zeroizing::new(String::with_capacity(text.len() + 2));
        quoted.push('\'');
        for character in text.chars() {
            match (self, character) {
                (Self::Posix, '\'') => quoted.push_str("'\\''"),
                (Self::Fish, '\'' | '\\') => {
                    quoted.push('\\');
                    quoted.push(character);
                }
                (Self::PowerShell, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') => {
                    quoted.push(character);
                    quoted.push(character);
                }
                _ => quoted.push(character),
            }
        }
        quoted.push('\'');
        quoted
    }

    fn set(self, name: &str, value: &str) -> Zeroizing<String> {
        let quoted = self.quote(value);
        Zeroizing::new(match self {
            Self::Posix => format!("export {name}={}\n", *quoted),
            Self::Fish => format!("set -gx {name} {};\n", *quoted),
            Self::PowerShell => format!("$Env:{name} = {}\n", *quoted),
        })
    }

    fn unset(self, name: &str) -> String {
        match self {
            Self::Posix => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name};\n"),
            Self::PowerShell => format!("Remove-Item Env:{name} -ErrorAction Ignore\n"),
        }
    }
}

/// Text that sets the lease in a shell, after unsetting what would lead elsewhere.
pub fn set(syntax: Syntax, role: &Name, lease: &Lease, until: Timestamp) -> Secret<String> {
    let mut text = String::new();
    for name in environment::SCRUBBED.iter().filter(|name| !name.ends_with('*')) {
        text.push_str(&syntax.unset(name));
    }
    for (name, value) in environment::variables(role, lease, until) {
        text.push_str(&syntax.set(name, value.expose()));
    }
    Secret::new(text)
}

/// Text that takes out of a shell what [`set`] put there.
pub fn unset(syntax: Syntax) -> String {
    environment::NAMES.iter().map(|name| syntax.unset(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_exact() {
        assert_eq!(*Syntax::Posix.quote("a'b\\$`c"), "'a'\\''b\\$`c'");
        assert_eq!(*Syntax::Fish.quote("a'b\\$c"), "'a\\'b\\\\$c'");
        assert_eq!(*Syntax::PowerShell.quote("a'b\u{2019}$c"), "'a''b\u{2019}\u{2019}$c'");
    }

    #[test]
    fn a_shell_reads_back_what_was_written() {
        let until = "2026-11-23T12:00:00Z".parse().unwrap();
        let text = set(Syntax::Posix, &"prod".parse().unwrap(), &environment::example(), until);
        #[expect(clippy::disallowed_methods, reason = "the test asks a real shell")]
        let output = std::process::Command::new("sh")
            .arg("-c")
            .arg(format!("{}printf %s \"$AWS_SESSION_TOKEN\"", text.expose()))
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "it's \\ `quiet` $here");
        assert!(unset(Syntax::Posix).contains("unset AWS_SESSION_TOKEN\n"));
    }
}
