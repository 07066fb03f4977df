//! `jit init SHELL`: the text that keeps a shell's prompt up to date. The user puts it into a start file.
//!
//! A hook starts `EXECUTABLE prompt --hook [--since SECONDS]`, reads [`super::report::Report::lines`], and shows the
//! text through a variable, so that the shell never evaluates printed text.

use jiff::Timestamp;

use super::overruled;
use super::overruled::GRANT;
use super::report::Asking;
use super::report::report;
use super::segment::Shell;
use crate::grant::Name;
use crate::state::index;
use crate::system::System;

/// The variable with the account of the shell's credentials.
const ACCOUNT: &str = "AWS_ACCOUNT_ID";

/// The place of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placing {
    /// Before the existing prompt.
    #[default]
    Prompt,
    /// Only, without colour, into the exported variable `JIT_PROMPT`, for a prompt that the user writes.
    Variable,
}

/// The hook for a shell; none for [`Shell::Plain`], which is no shell.
///
/// `executable` is the path of this program, or a name on `PATH`; `index` is the path of `grants.json`: see
/// [`crate::state::index::path`]. Both are quoted exactly.
pub fn text(shell: Shell, executable: &str, index: &str, placing: Placing) -> Option<String> {
    let template = match shell {
        Shell::Plain => return None,
        Shell::Bash => include_str!("hooks/hook.bash"),
        Shell::Zsh => include_str!("hooks/hook.zsh"),
        Shell::Fish => include_str!("hooks/hook.fish"),
        Shell::PowerShell => include_str!("hooks/hook.ps1"),
        Shell::Nu => include_str!("hooks/hook.nu"),
    };
    let place = match (shell, placing) {
        (Shell::PowerShell, Placing::Prompt) => "$true".to_owned(),
        (Shell::PowerShell, Placing::Variable) => "$false".to_owned(),
        (Shell::Nu, placing) => (placing == Placing::Prompt).to_string(),
        (_, Placing::Prompt) => "yes".to_owned(),
        (_, Placing::Variable) => "no".to_owned(),
    };
    let values = [("executable", quote(shell, executable)), ("index", quote(shell, index)), ("place", place)];
    let filled = fill(template, &values);
    Some(match shell {
        // zsh applies options and aliases both when it reads a text and when it runs it. Here it uses its own defaults.
        Shell::Zsh => format!("emulate zsh -o noaliases -o extendedglob -c {}\n", quote(shell, &filled)),
        _ => filled,
    })
}

/// The output of `prompt --hook`: everything that a hook needs until the next change. `since` is the first number of
/// the previous output; see [`Asking::since`].
pub fn answer(system: &System, since: Option<i64>) -> String {
    let index = index::read(&system.files);
    let reviews: Vec<Timestamp> = index.reviews.iter().map(|review| review.until).collect();
    let here: Option<Name> = system.environment.get(GRANT).and_then(|role| role.parse().ok());
    let asking = Asking {
        since,
        here: here.as_ref(),
        place: system.environment.get(ACCOUNT),
        overruled: overruled::by(&system.environment, &index),
        reviews: &reviews,
        ..Asking::at(system.clock.now())
    };
    report(&index.entries, &asking).lines()
}

/// Replaces each `@name@` by its value, in one pass, because a path may look like a name.
fn fill(template: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some(start) = rest.find('@') {
        let (before, after) = rest.split_at(start);
        filled.push_str(before);
        let found = values.iter().find_map(|(name, value)| {
            let rest = after.strip_prefix('@')?.strip_prefix(name)?.strip_prefix('@')?;
            Some((value, rest))
        });
        rest = match found {
            Some((value, rest)) => {
                filled.push_str(value);
                rest
            }
            None => {
                filled.push('@');
                &after[1..]
            }
        };
    }
    filled.push_str(rest);
    filled
}

/// The text as one literal word of the shell.
fn quote(shell: Shell, text: &str) -> String {
    match shell {
        Shell::Plain => text.to_owned(),
        Shell::Bash | Shell::Zsh => format!("'{}'", text.replace('\'', "'\\''")),
        Shell::Fish => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        // PowerShell also treats typographic single quotes as quotes: see about_Quoting_Rules and its tokenizer.
        Shell::PowerShell => {
            let mut quoted = String::from("'");
            for character in text.chars() {
                quoted.push(character);
                if matches!(character, '\'' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}') {
                    quoted.push(character);
                }
            }
            quoted.push('\'');
            quoted
        }
        Shell::Nu => quote_nu(text),
    }
}

/// A raw string of nu. It is closed by more `#` than the text has in a row after a quote.
fn quote_nu(text: &str) -> String {
    let mut fence = String::from("#");
    while text.contains(&format!("'{fence}")) {
        fence.push('#');
    }
    format!("r{fence}'{text}'{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::Clock;
    use crate::system::fake::FakeClock;
    use crate::system::fake::FakeHttp;
    use crate::system::fake::FakeWorld;

    #[test]
    fn answers_from_the_index_and_the_role_of_this_shell() {
        let folder = tempfile::tempdir().unwrap();
        let clock = FakeClock::at("2026-11-23T10:00:00Z");
        let mut system = FakeWorld::new(folder.path(), &clock, &FakeHttp::default(), 7).system;
        let now = clock.now().as_second();
        assert_eq!(answer(&system, None), format!("jit1 {now} 0\n\n\n\n\n"));
        let entry = index::example("prod", "2026-11-23T10:30:00Z");
        index::put(&system.files, &entry).unwrap();
        assert_eq!(answer(&system, None), format!("jit1 {now} {}\n\n\nprod 30m\n\n", now + 1));
        system.environment.set(GRANT, "prod");
        assert_eq!(answer(&system, Some(now)), format!("jit1 {now} {}\n\n\n[prod] 30m\n\n", now + 1));
        system.environment.set("AWS_PROFILE", "personal");
        assert_eq!(
            answer(&system, Some(now)),
            format!("jit1 {now} {}\n[prod] overruled by AWS_PROFILE\n\n[prod] 30m\n\n", now + 1)
        );
        system.environment.set(GRANT, "$(id)");
        assert_eq!(answer(&system, None), format!("jit1 {now} {}\n\n\nprod 30m\n\n", now + 1));
    }

    #[test]
    fn quoting_is_exact() {
        for (shell, expected) in [
            (Shell::Bash, "'a '\\''b\\$`'"),
            (Shell::Zsh, "'a '\\''b\\$`'"),
            (Shell::Fish, "'a \\'b\\\\$`'"),
            (Shell::PowerShell, "'a ''b\\$`'"),
            (Shell::Nu, "r#'a 'b\\$`'#"),
        ] {
            assert_eq!(quote(shell, "a 'b\\$`"), expected, "{shell:?}");
        }
        assert_eq!(quote(Shell::Nu, "'# '##"), "r###''# '##'###");
        assert_eq!(quote(Shell::PowerShell, "a\u{2019}b"), "'a\u{2019}\u{2019}b'");
    }

    #[test]
    fn a_path_that_looks_like_a_place_is_left_alone() {
        let text = text(Shell::Bash, "/a@index@b", "/c@place@d@", Placing::Prompt).unwrap();
        assert!(text.contains("__jit_executable='/a@index@b'\n"));
        assert!(text.contains("__jit_index='/c@place@d@'\n"));
        assert!(text.contains("__jit_place=yes\n"));
        assert_eq!(super::text(Shell::Plain, "jit", "/i", Placing::Prompt), None);
    }
}
