//! Maps a byte of a TOML string to its position in the file. Escapes make the string shorter than its literal.

/// The byte offset within the literal `raw` (including quotes) of the byte `wanted` of its value `decoded`.
pub(super) fn raw_offset(raw: &str, decoded: &str, wanted: usize) -> usize {
    let (quotes, basic) = match raw {
        _ if raw.starts_with("\"\"\"") => (3, true),
        _ if raw.starts_with("'''") => (3, false),
        _ => (1, raw.starts_with('"')),
    };
    let end = raw.len().saturating_sub(quotes);
    let mut at = quotes;
    if quotes == 3 {
        // A line end right after the opening quotes is not part of the value.
        let rest = raw.get(at..).unwrap_or_default();
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let mut passed = 0;
    while at < end {
        let rest = raw.get(at..end).unwrap_or_default();
        let (written, meant) = step(rest, basic, decoded.get(passed..).unwrap_or_default());
        // Skips parts without a value (a backslash at the end of a line) up to the next byte's position.
        if written == 0 || (passed >= wanted && meant > 0) {
            break;
        }
        at += written;
        passed += meant;
    }
    at
}

/// The bytes that the next piece of a literal takes, and the bytes of value that it stands for.
fn step(rest: &str, basic: bool, decoded: &str) -> (usize, usize) {
    let Some(first) = rest.chars().next() else { return (0, 0) };
    if rest.starts_with("\r\n") {
        return (2, if decoded.starts_with('\r') { 2 } else { 1 });
    }
    if first != '\\' || !basic {
        return (first.len_utf8(), first.len_utf8());
    }
    let digits = match rest.as_bytes().get(1) {
        Some(b'x') => 2,
        Some(b'u') => 4,
        Some(b'U') => 8,
        Some(b' ' | b'\t' | b'\r' | b'\n') => {
            let blank = rest.get(1..).unwrap_or_default();
            return (1 + blank.len() - blank.trim_start().len(), 0);
        }
        _ => return (2, 1),
    };
    let code = rest.get(2..2 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    (2 + digits, code.and_then(char::from_u32).map_or(1, char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escapes_are_counted_as_written() {
        let at = |raw: &str, decoded: &str, needle: &str| {
            let offset = raw_offset(raw, decoded, decoded.find(needle).unwrap());
            raw[offset..].chars().next().unwrap()
        };
        assert_eq!(at(r#""a == \"x\" && y""#, r#"a == "x" && y"#, "y"), 'y');
        assert_eq!(at(r#""\u00e9\U0001F600\x41\ty""#, "\u{e9}\u{1F600}A\ty", "y"), 'y');
        assert_eq!(at("'''\n\\\"y'''", "\\\"y", "y"), 'y');
        assert_eq!(at("\"\"\"\r\na\r\nb \\\n   \r\n  y\"\"\"", "a\nb y", "y"), 'y');
        assert_eq!(at("'é y'", "é y", "y"), 'y');
        assert_eq!(raw_offset("\"\"", "", 0), 1);
        assert_eq!(raw_offset("\"ab\"", "ab", 99), 3);
    }

    proptest! {
        /// Compared with `toml` itself: a letter that occurs once is found at its position.
        #[test]
        fn agrees_with_the_parser(
            before in "(\\\\u00e9|\\\\\"|\\\\n|\\\\\\\\|\\\\t|é|a|\u{1F600}|\\\\U0001F600|\r?\n|\\\\\n  |\\\\x41){0,12}",
            after in "(\\\\u00e9|a|\\\\t){0,4}",
        ) {
            let raw = format!("\"\"\"{before}Z{after}\"\"\"");
            let table: toml::Table = format!("x = {raw}").parse().unwrap();
            let decoded = table["x"].as_str().unwrap();
            let offset = raw_offset(&raw, decoded, decoded.find('Z').unwrap());
            prop_assert_eq!(&raw[offset..=offset], "Z");
        }
    }
}
