//! Finds the most common mistake in TOML: a string without quotes.

/// A string without quotes.
pub(in crate::policy) struct Unquoted {
    /// Its byte offset.
    pub(in crate::policy) at: usize,
    pub(in crate::policy) message: String,
    pub(in crate::policy) hint: String,
}

/// The longest string repeated in a hint.
const LONGEST: usize = 64;
/// The longest line that is examined. Nobody writes a longer one by hand, and examining it takes time.
const LONGEST_LINE: usize = 1024;

/// The string without quotes that caused a syntax error. `None` if the error has another cause.
pub(in crate::policy) fn find(text: &str, at: usize) -> Option<Unquoted> {
    let at = at.min(text.len());
    let begins = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(begins..)?.lines().next().filter(|line| line.len() <= LONGEST_LINE)?;
    let (key, value) = line.split_once('=')?;
    let is_key = |one: char| one.is_ascii_alphanumeric() || "-_. \"'".contains(one);
    if key.trim().is_empty() || !key.chars().all(is_key) || at < begins + key.len() {
        return None;
    }
    let bare = value.split_once(" #").map_or(value, |(value, _)| value).trim();
    if bare.is_empty() || bare.len() > LONGEST || bare.contains(['"', '\'', '{', '}', '\\']) {
        return None;
    }
    let start = begins + line.find(bare).filter(|found| *found > key.len())?;
    let message = |word: &str| format!("`{word}` is not in quotes");
    if let Some(items) = bare.strip_prefix('[') {
        let items: Vec<&str> = items.trim_end_matches(']').split(',').map(str::trim).collect();
        let wrong = items.iter().find(|item| !item.is_empty() && !is_value(item))?;
        let quoted: Vec<String> =
            items.iter().filter(|item| !item.is_empty()).map(|item| format!("\"{item}\"")).collect();
        let hint = format!("write {} = [{}]", key.trim(), quoted.join(", "));
        let at = start + bare.find(wrong).unwrap_or_default();
        return Some(Unquoted { at, message: message(wrong), hint });
    }
    if bare.starts_with('[') || is_value(bare) {
        return None;
    }
    let hint = format!("write {} = \"{bare}\"", key.trim());
    Some(Unquoted { at: start, message: message(bare), hint })
}

/// Whether this is a valid TOML value.
fn is_value(bare: &str) -> bool {
    format!("x = {bare}").parse::<toml::Table>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let (_, errors) = toml::de::DeTable::parse_recoverable(text);
        let at = errors.first().and_then(|error| error.span()).map_or(text.len(), |span| span.start);
        find(text, at).map_or_else(String::new, |found| {
            let word = &text[found.at..];
            format!("{} ({}): {}", found.message, &word[..word.len().min(4)], found.hint)
        })
    }

    #[test]
    fn a_text_without_quotes_is_named_with_what_to_write() {
        for (text, words) in [
            ("approval = none\n", "`none` is not in quotes (none): write approval = \"none\""),
            (
                "x = 1\napproval = 1 of group:sre # two\n",
                "`1 of group:sre` is not in quotes (1 of): write approval = \"1 of group:sre\"",
            ),
            ("duration = 4h\n", "`4h` is not in quotes (4h\n): write duration = \"4h\""),
            (
                "requesters = [group:dev]\n",
                "`group:dev` is not in quotes (grou): write requesters = [\"group:dev\"]",
            ),
            (
                "requesters = [dev, sre]\n",
                "`dev` is not in quotes (dev,): write requesters = [\"dev\", \"sre\"]",
            ),
            (
                "[aws]\nregion = eu-west-1\n",
                "`eu-west-1` is not in quotes (eu-w): write region = \"eu-west-1\"",
            ),
            ("for_each = env:prod", "`env:prod` is not in quotes (env:): write for_each = \"env:prod\""),
        ] {
            assert_eq!(said(text), words, "{text}");
        }
        for other in ["x = \"a\ny = 1\n", "x =\n", "[roles\n", "x = { a = b }\n", "= 1\n", "x y = 1\n"] {
            assert_eq!(said(other), "", "{other}");
        }
    }
}
