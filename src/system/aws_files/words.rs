//! Splits words as Python's `shlex.split` does. AWS's CLI uses it for a section's name and for a command.

enum Quoting {
    Between,
    Plain,
    Quoted(char),
}

/// The words of a text. `None` if a quote is not closed or the text ends in a backslash.
pub fn split(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut state = Quoting::Between;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match state {
            Quoting::Between | Quoting::Plain => match character {
                ' ' | '\t' | '\r' | '\n' => {
                    if matches!(state, Quoting::Plain) {
                        words.push(std::mem::take(&mut word));
                    }
                    state = Quoting::Between;
                }
                '\'' | '"' => state = Quoting::Quoted(character),
                '\\' => {
                    word.push(characters.next()?);
                    state = Quoting::Plain;
                }
                _ => {
                    word.push(character);
                    state = Quoting::Plain;
                }
            },
            Quoting::Quoted(quote) if character == quote => state = Quoting::Plain,
            Quoting::Quoted('"') if character == '\\' => {
                let escaped = characters.next()?;
                // Within quotes a backslash is literal, except before the quote and before another backslash.
                if !matches!(escaped, '"' | '\\') {
                    word.push('\\');
                }
                word.push(escaped);
            }
            Quoting::Quoted(_) => word.push(character),
        }
    }
    match state {
        Quoting::Quoted(_) => None,
        Quoting::Between => Some(words),
        Quoting::Plain => {
            words.push(word);
            Some(words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_pythons_shlex() {
        let of = |text: &str| split(text).map(|words| words.join("|"));
        for (text, words) in [
            ("profile a", Some("profile|a")),
            (" profile\t\ta ", Some("profile|a")),
            ("profile 'a b'", Some("profile|a b")),
            ("profile \"a 'b'\"", Some("profile|a 'b'")),
            ("profile a\\ b", Some("profile|a b")),
            ("profile \"a\\b\\\"c\"", Some("profile|a\\b\"c")),
            ("profile 'a\\'", Some("profile|a\\")),
            ("profile ''", Some("profile|")),
            ("profile #a", Some("profile|#a")),
            ("profile a\u{a0}b", Some("profile|a\u{a0}b")),
            ("profile 'a", None),
            ("profile a\\", None),
            ("", Some("")),
        ] {
            assert_eq!(of(text).as_deref(), words, "{text:?}");
        }
    }
}
