//! Where a command names a profile, a context or a place.

use super::program;

/// Words after which a program takes a name: the program, and the word. An empty word stands for the program itself.
const SETTINGS: [(&str, &str); 10] = [
    ("gcloud", "project"),
    ("gcloud", "core/project"),
    ("gcloud", "activate"),
    ("az", "-s"),
    ("az", "-n"),
    ("az", "--name"),
    ("aws-vault", "exec"),
    ("aws-vault", "login"),
    ("kubectx", ""),
    ("kubie", "ctx"),
];

/// The name at a place of a command, and the value that it has there: `--profile=x`, `--profile x`, `$env:AWS_PROFILE = "x"`.
pub(super) fn pair(command: &[String], place: usize) -> Option<(&str, &str)> {
    let word = command[place].as_str();
    let word = match word.get(..5) {
        Some(sign) if sign.eq_ignore_ascii_case("$env:") => &word[5..],
        _ => word,
    };
    match word.split_once('=') {
        Some((name, "")) => Some((name, command.get(place + 1)?.as_str())),
        Some((name, value)) => Some((name, value)),
        None => {
            let mut rest = command[place + 1..].iter().filter(|word| *word != "=");
            Some((word, rest.next()?.as_str()))
        }
    }
}

/// Whether the command's program takes a name after this word.
pub(super) fn is_naming(command: &[String], word: &str) -> bool {
    let is_it = |wanted: &str| command.iter().take(16).any(|word| program(word).eq_ignore_ascii_case(wanted));
    let takes = |(name, after): &(&str, &str)| {
        if after.is_empty() { program(word) == *name } else { word == *after && is_it(name) }
    };
    SETTINGS.iter().any(takes)
}
