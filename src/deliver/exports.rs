//! The output of `jit env`: text that a shell evaluates.

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::deliver::environment;
use crate::deliver::environment::Held;
use crate::grant::Lease;
use crate::grant::Name;
use crate::secret::Secret;

/// The shell whose syntax to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// sh, bash, zsh.
    Posix,
    /// fish.
    Fish,
    /// PowerShell.
    PowerShell,
    /// nu, which does not evaluate text: a JSON object for `from json | load-env`.
    Nu,
}

impl Syntax {
    /// Quotes a text. Within single quotes POSIX shells take everything literally. fish does so except for `\` and `'`.
    /// PowerShell does so except for quotes, which are doubled; typographic ones count as quotes there. nu reads a JSON
    /// string.
    fn quote(self, text: &str) -> Zeroizing<String> {
        if self == Self::Nu {
            return Zeroizing::new(serde_json::Value::from(text).to_string());
        }
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
            Self::Nu => format!("  \"{name}\": {}", *quoted),
        })
    }

    fn unset(self, name: &str) -> String {
        match self {
            Self::Posix => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name};\n"),
            Self::PowerShell => format!("Remove-Item Env:{name} -ErrorAction Ignore\n"),
            // nu does not pass a null variable on to programs.
            Self::Nu => format!("  \"{name}\": null"),
        }
    }

    /// Joins the lines.
    fn join(self, lines: &[Zeroizing<String>]) -> String {
        let mut text = String::with_capacity(lines.iter().map(|line| line.len() + 2).sum::<usize>() + 8);
        if self == Self::Nu {
            text.push_str("{\n");
        }
        for (index, line) in lines.iter().enumerate() {
            if self == Self::Nu && index > 0 {
                text.push_str(",\n");
            }
            text.push_str(line);
        }
        if self == Self::Nu {
            text.push_str("\n}\n");
        }
        text
    }
}

/// Text that sets the lease in a shell, after unsetting the variables that would lead to other credentials.
pub fn set(syntax: Syntax, role: &Name, lease: &Lease, until: Timestamp) -> Secret<String> {
    let scrubbed = environment::of(lease.credentials.cloud()).scrubbed;
    let named = scrubbed.iter().filter(|name| !name.ends_with('*'));
    let mut lines: Vec<Zeroizing<String>> = named.map(|name| Zeroizing::new(syntax.unset(name))).collect();
    for (name, value) in environment::variables(Held { role, lease, until }) {
        lines.push(syntax.set(name, value.expose()));
    }
    Secret::new(syntax.join(&lines))
}

/// Text that removes from a shell what [`set`] set.
pub fn unset(syntax: Syntax) -> String {
    let lines: Vec<Zeroizing<String>> =
        environment::names().map(|name| Zeroizing::new(syntax.unset(name))).collect();
    syntax.join(&lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_exact() {
        assert_eq!(*Syntax::Posix.quote("a'b\\$`c"), "'a'\\''b\\$`c'");
        assert_eq!(*Syntax::Fish.quote("a'b\\$c"), "'a\\'b\\\\$c'");
        assert_eq!(*Syntax::PowerShell.quote("a'b\u{2019}$c"), "'a''b\u{2019}\u{2019}$c'");
        assert_eq!(*Syntax::Nu.quote("a\"b\\$c\n"), "\"a\\\"b\\\\$c\\n\"");
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
